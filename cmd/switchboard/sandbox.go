package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"switchboard.example/sandbox"
)

// sandboxServer runs only the local WhatsApp.
func sandboxServer(ctx context.Context, p program) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(p.err)
	addr := flags.String("addr", "127.0.0.1:8090", "host:port to listen on")
	data := flags.String("data", filepath.Join(".switchboard", "sandbox"), "folder of the state file")
	noSync := flags.Bool("no-sync", false, "skip the disk flush at every commit; for benchmarks")
	if err := flags.Parse(p.args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	c, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	server, err := sandbox.Start(ctx, sandbox.Config{Addr: *addr, DataDir: *data, NoSync: *noSync, Log: newLogger(p.err, c.LogLevel)})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.out, "Phones:   http://%s/sandbox\nRoot key: %s\n", server.Addr(), server.RootKeyHex())
	return server.Run(ctx)
}
