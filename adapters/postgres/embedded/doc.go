// Package embedded runs a real PostgreSQL server that belongs to this program: it keeps its data in the
// program's data folder, starts with the program and stops with it.
//
//	server, err := embedded.Start(ctx, embedded.Config{DataDir: "./.switchboard"})
//	if err != nil {
//		return err
//	}
//	defer server.Stop(context.WithoutCancel(ctx))
//	db, err := sqlx.Open("postgres", server.DSN(""))
//
// # Where things are
//
// Everything lives in DataDir/postgres: the cluster (data), its password (password, readable by the server's user
// only), what the server said (server.log), fetched binaries (binaries) and a lock. The server listens on 127.0.0.1
// only and asks everybody for the password, so other users of the machine stay outside.
//
// PostgreSQL refuses to run as root. A program started as root hands the server to the user who owns the cluster
// already, else to postgres, else to nobody. Where that user cannot reach DataDir (a folder under /root, say) the
// cluster is placed in SystemDir, and DataDir/postgres is a symbolic link to it: no folder that is not ours changes
// its permissions, and removing the link starts afresh.
//
// # Lives and deaths
//
// One program at a time holds the lock of a cluster. When the program is killed, Linux tells the server to shut down
// (elsewhere a small watcher does); the next start waits for that, or ends what is still running, and PostgreSQL
// recovers what was committed.
package embedded
