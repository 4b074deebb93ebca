package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/httpapi"
)

// waiting is how a start bears with its database. One that is being started or restarted must not end the program, nor one
// that takes no writes, which needs a person: whoever asks is told, and the start goes on when it does.
type waiting struct {
	log   *slog.Logger
	lobby *httpapi.Lobby // nil: nobody asks
}

// awayWithin is how long a database that is away may take to come. One that never comes has another address.
const awayWithin = 60 * time.Second

// until tries a step of the start until it succeeds, or fails for a reason of its own.
func (w waiting) until(ctx context.Context, step func(context.Context) error) error {
	giveUp := time.Now().Add(awayWithin)
	said := ""
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := step(ctx)
		unwritable := postgres.Unwritable(err)
		if err == nil || ctx.Err() != nil || unwritable == "" && (!postgres.Away(err) || time.Now().After(giveUp)) {
			return err
		}
		why := cmp.Or(unwritable, "The database does not answer yet.") + " The start goes on as soon as it does."
		if w.lobby != nil {
			w.lobby.Say(why)
		}
		if why != said { // once, however long it lasts
			said = why
			w.log.WarnContext(ctx, "waiting for the database", "why", why, "error", err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// openLobby answers on the listener until the returned function is called, which leaves the listener as it was: the lobby
// takes its connections through a file of its own on the same socket.
func openLobby(ctx context.Context, listener net.Listener) (*httpapi.Lobby, func(), error) {
	file, err := listener.(*net.TCPListener).File() //nolint:forcetypeassert // we listen on tcp
	if err != nil {
		return nil, nil, fmt.Errorf("answer while starting: %w", err)
	}
	same, err := net.FileListener(file)
	_ = file.Close() // it was duplicated once more
	if err != nil {
		return nil, nil, fmt.Errorf("answer while starting: %w", err)
	}
	lobby := &httpapi.Lobby{}
	ctx, cancel := context.WithCancel(ctx)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = lobby.Run(ctx, same)
	}()
	return lobby, func() { cancel(); <-closed }, nil
}
