// Command run gives one PostgreSQL server to all test processes of a command:
//
//	go run ./adapters/postgres/pgtest/run go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"switchboard.example/adapters/postgres/pgtest"
)

func main() {
	err := run(os.Args[1:])
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		os.Exit(max(failed.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts the server, runs the command with its address and stops the server. Ctrl-C reaches the command through
// the terminal; this program waits for its end.
func run(command []string) (err error) {
	if len(command) == 0 {
		return errors.New("name the command to run, such as go test")
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	ctx := context.Background()
	if os.Getenv(pgtest.EnvURL) == "" { //nolint:forbidigo // a program of its own
		dsn, stop, launchErr := pgtest.Launch(ctx)
		if launchErr != nil {
			return launchErr
		}
		defer func() { err = errors.Join(err, stop()) }()
		if err := os.Setenv(pgtest.EnvURL, dsn); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // running what was asked for is its purpose
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
