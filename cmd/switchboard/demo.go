package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"switchboard.example/sandbox"
)

// demo runs the product with a local WhatsApp in the same process, on a listener of its own.
func demo(ctx context.Context, p program) error {
	c, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	log := newLogger(p.err, c.LogLevel)
	// Made here so that the database's own user can pass through to its part, which the phones' private folder would prevent.
	if err := os.MkdirAll(c.Data, 0o711); err != nil { //nolint:gosec // see above
		return fmt.Errorf("make the data folder (SWITCHBOARD_DATA): %w", err)
	}
	phones, err := sandbox.Start(ctx, sandbox.Config{Addr: c.SandboxAddr, DataDir: filepath.Join(c.Data, "sandbox"), Log: log})
	if err != nil {
		return fmt.Errorf("start the phones (SWITCHBOARD_SANDBOX_ADDR): %w", err)
	}
	c.WhatsAppAddr, c.WhatsAppRoot = phones.Addr(), phones.RootKey()
	if err := labelTraces(p.getenv); err != nil {
		return err
	}
	a, err := start(ctx, c, log)
	if err != nil {
		_ = phones.Close()
		return err
	}
	_, _ = fmt.Fprintf(p.out, `
  Dashboard   http://%s
  Phones      http://%s/sandbox

  1. Sign up in the dashboard and press "Connect WhatsApp".
  2. In Phones, make a phone for the business and scan the code that is on screen.
  3. Write an FAQ. Make a second phone and ask the business.

  Ctrl-C stops everything; make demo continues where it was.

`, a.addr(), phones.Addr())
	// The phones outlive the product, so that it can say goodbye to them.
	phonesCtx, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	var running errgroup.Group
	running.Go(func() error { return phones.Run(phonesCtx) })
	err = a.run(ctx)
	hangUp()
	if phonesErr := running.Wait(); err == nil {
		err = phonesErr
	}
	return err
}
