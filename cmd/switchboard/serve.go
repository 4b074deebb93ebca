package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// serve runs the product.
func serve(ctx context.Context, p program) error {
	c, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	if err := labelTraces(p.getenv); err != nil {
		return err
	}
	a, err := start(ctx, c, newLogger(p.err, c.LogLevel))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.out, "\n  Dashboard   http://%s\n\n", a.addr())
	return a.run(ctx)
}

// newLogger logs lines a person can read on a terminal and a program can parse.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
