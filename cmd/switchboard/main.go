package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"switchboard.example/domain"
)

// subcommand is one thing the binary can do.
type subcommand struct {
	name, does string
	run        func(ctx context.Context, p program) error
}

// program is what a subcommand gets from outside.
type program struct {
	args   []string // after the subcommand's name
	getenv func(string) string
	out    io.Writer
	err    io.Writer
}

func subcommands() []subcommand {
	return []subcommand{
		{"serve", "run the product against the real WhatsApp, or the server named by SWITCHBOARD_WHATSAPP_ADDR", serve},
		{"demo", "run everything on this machine with simulated phones", demo},
		{"sandbox", "run only the local WhatsApp: --addr 127.0.0.1:8090 --data DIR", sandboxServer},
		{"audit", "print a workspace's history with the state after each event: --workspace ID [--until TIME]", audit},
		{"admin", "list workspaces, or issue a command for one: admin list; admin pause --workspace ID --reason WHY; admin dead-letters; admin replay", admin},
		{"match", "score the matcher: --set FILE --k N [--teach] > predictions.jsonl", matchSet},
		{"rebuild", "fill read models again from the log, while the product runs: rebuild all, or names", rebuild},
		{"migrate", "bring the database's schema up to date and stop", migrate},
		{"verify", "fold every read model from the log's beginning and compare it with the live one, row for row", verify},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], program{getenv: os.Getenv, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run carries out one subcommand and returns the process's exit code: 0 done, 1 failed, 2 misused.
func run(ctx context.Context, args []string, p program) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(p.out)
		return 0
	}
	for _, c := range subcommands() {
		if c.name != args[0] {
			continue
		}
		p.args = args[1:]
		return exitCode(p, c.run(ctx, p))
	}
	_, _ = fmt.Fprintf(p.err, "switchboard: there is no command %q.\n\n", args[0])
	usage(p.err)
	return 2
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Usage: switchboard COMMAND [flags]")
	for _, c := range subcommands() {
		_, _ = fmt.Fprintf(w, "  %-8s %s\n", c.name, c.does)
	}
}

// errUsage marks a mistake in how the program was called.
var errUsage = errors.New("see switchboard help")

func exitCode(p program, err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
		_, _ = fmt.Fprintf(p.err, "switchboard: %s (%s)\n", refusal.Message, refusal.Code)
		return 1
	}
	_, _ = fmt.Fprintf(p.err, "switchboard: %v\n", err)
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}
