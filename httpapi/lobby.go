package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
)

// Lobby answers in the server's place while the program starts: it lives, and is not ready, and why.
type Lobby struct{ why atomic.Pointer[string] }

// Say is the sentence that whoever asks is given from now on.
func (l *Lobby) Say(why string) { l.why.Store(&why) }

// Said is the sentence.
func (l *Lobby) Said() string {
	if why := l.why.Load(); why != nil {
		return *why
	}
	return "The server is starting."
}

// Run serves connections from the listener until ctx ends, and closes it then.
func (l *Lobby) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: l, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeaderBytes}
	server.SetKeepAlivesEnabled(false) // the next request is for the server itself
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve http while starting: %w", err)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (l *Lobby) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/livez" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(healthBody{Status: "ok"})
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", strconv.Itoa(retryAfterBusy))
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(newProblem(http.StatusServiceUnavailable, "not_ready", l.Said()))
}
