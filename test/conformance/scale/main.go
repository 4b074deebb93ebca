package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"go.mau.fi/whatsmeow"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func main() {
	sessions := flag.Int("sessions", 1000, "how many accounts link a device")
	trips := flag.Int("trips", 4000, "how many round trips to make")
	lanes := flag.Int("lanes", 16, "how many of them at a time")
	rest := flag.Duration("rest", 20*time.Second, "how long to watch the idle process")
	serve := flag.String("serve", "", "be the sandbox, with this directory")
	addr := flag.String("addr", "127.0.0.1:0", "where to be it")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *serve != "" {
		err = beSandbox(ctx, *serve, *addr)
	} else {
		err = measure(ctx, *sessions, *trips, *lanes, *rest)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// beSandbox runs until it is killed.
func beSandbox(ctx context.Context, dir, addr string) error {
	server, err := sandbox.Start(ctx, sandbox.Config{Addr: addr, DataDir: dir, RootKey: sandboxtest.RootKey()})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(os.Stdout, server.Addr())
	return server.Run(ctx)
}

func measure(ctx context.Context, sessions, trips, lanes int, rest time.Duration) error {
	dir, err := os.MkdirTemp("", "scale")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	host, err := startSandbox(ctx, dir, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { host.kill() }()
	if err := trust(ctx); err != nil {
		return err
	}
	crowd := newCrowd(host.addr)
	took, err := crowd.link(ctx, sessions, lanes)
	if err != nil {
		return err
	}
	report("linked", took.Seconds(), "s", 40, atMost)

	share, err := host.idle(rest)
	if err != nil {
		return err
	}
	report("idle CPU", 100*share, "% of a core", 5, atMost)
	host.reportMemory("memory, idle")

	rate, slowest, cost, err := host.talk(ctx, crowd, trips, lanes)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(os.Stdout, "%-22s %9.2f ms of a core each, of the sandbox alone\n", "processor time", cost)
	report("round trips", rate, "/s", 200, atLeast)
	report("slowest of a hundred", float64(slowest.Milliseconds()), "ms", 2000, atMost)
	host.reportMemory("memory, after them")

	crowd.expectAll()
	host.kill()
	if host, err = startSandbox(ctx, dir, crowd.addr); err != nil {
		return err
	}
	back, err := crowd.awaitAll(time.Minute)
	if err != nil {
		return err
	}
	report("all back", back.Seconds(), "s after the server's return", 3, atMost)
	host.reportMemory("memory, then")
	return nil
}

// trust makes whatsmeow trust the root all sandboxes of tests share.
func trust(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "root")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := sandbox.Start(ctx, sandbox.Config{Addr: "127.0.0.1:0", DataDir: dir, RootKey: sandboxtest.RootKey()})
	if err != nil {
		return err
	}
	whatsmeow.WACertPubKey = server.RootKey()
	return server.Close()
}

type bound bool

const (
	atMost  bound = true
	atLeast bound = false
)

// report prints a figure beside the one that is wanted.
func report(what string, got float64, unit string, want float64, b bound) {
	word, fine := "at least", got >= want
	if b == atMost {
		word, fine = "at most", got <= want
	}
	verdict := "ok"
	if !fine {
		verdict = "MISSED"
	}
	_, _ = fmt.Fprintf(os.Stdout, "%-22s %9.1f %s (wanted %s %g: %s)\n", what, got, unit, word, want, verdict)
}
