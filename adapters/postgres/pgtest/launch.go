package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"switchboard.example/adapters/postgres/embedded"
)

// Launch starts a server without fsync in a temporary folder. The server ends and the folder goes when stop is called
// or this program ends, however it does.
func Launch(ctx context.Context) (dsn string, stop func() error, err error) {
	folder, err := temporaryFolder(fastTempDir())
	if err != nil {
		return "", nil, err
	}
	server, err := embedded.Start(ctx, embedded.Config{
		DataDir: folder, FetchDir: fetchDir(folder), SystemDir: folder, MaxConnections: 400, Unsafe: true, Log: quiet(),
	})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	hold, err := sweepAfterDeath(ctx, folder, server.Folder())
	if err != nil {
		return "", nil, errors.Join(err, server.Kill(), os.RemoveAll(folder))
	}
	stop = func() error { return errors.Join(server.Kill(), os.RemoveAll(folder), hold.Close()) }
	return server.DSN("postgres"), stop, nil
}

// temporaryFolder may be passed through by the unprivileged user whom root hands the server to.
func temporaryFolder(parent string) (string, error) {
	folder, err := os.MkdirTemp(parent, "switchboard-pgtest-")
	if err != nil {
		return "", fmt.Errorf("make a folder for a test server: %w", err)
	}
	return folder, os.Chmod(folder, 0o711) //nolint:gosec // its contents have their own permissions
}

// fetchDir keeps downloaded programs between runs, in a folder that nobody else can have put something into; failing
// that, in the server's own.
func fetchDir(folder string) string {
	shared := filepath.Join(os.TempDir(), "switchboard-postgres-"+strconv.Itoa(os.Geteuid()))
	_ = os.Mkdir(shared, 0o755) //nolint:gosec // programs, to be run by the server's user; it may exist already
	info, err := os.Lstat(shared)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return filepath.Join(folder, "binaries")
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return filepath.Join(folder, "binaries")
	}
	return shared
}

// sweepAfterDeath leaves a shell that removes the folders once this program has closed its end of a pipe, by ending
// if nothing else: a test process offers no other moment. It gives the server five seconds to go first.
func sweepAfterDeath(ctx context.Context, folders ...string) (hold io.Closer, err error) {
	const script = `read -r _; n=0; while [ -e "$2/data/postmaster.pid" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done; rm -rf "$@"`
	args := append([]string{"-c", script, "sh"}, folders...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", args...) //nolint:gosec // folders we have made
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	if hold, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the sweeper: %w", err)
	}
	go func() { _ = cmd.Wait() }()
	return hold, nil
}

// quiet keeps the server's starts out of test output; failures come back as errors.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
