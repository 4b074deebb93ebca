package httpapi

import (
	"context"
	_ "embed" // the contract
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"switchboard.example/domain"
)

//go:embed openapi.yaml
var contract []byte

// Server answers the dashboard and other clients.
type Server struct {
	config    Config
	echo      *echo.Echo
	tokens    tokens
	passwords *passwords
	attempts  *attempts
	standings *standings
	hub       *hub
}

// New makes a Server; it listens once Run is called.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	attempts, err := newAttempts(c.Attempts, c.Now)
	if err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	standings, err := newStandings(c.Accounts, c.Now)
	if err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	s := &Server{
		config: c, tokens: tokens{keys: c.Keys, now: c.Now, id: c.NewID}, passwords: newPasswords(), attempts: attempts,
		standings: standings, hub: newHub(c.NewID()),
	}
	s.echo = s.newEcho()
	return s, nil
}

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect() // headers about where a request comes from are anybody's claim
	e.HTTPErrorHandler = s.fail
	e.Use(s.prepare)
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.serve(r))
	}
	if s.config.Dashboard != nil {
		files := newDashboard(s.config.Dashboard)
		e.GET("/*", files.serve)
		e.HEAD("/*", files.serve)
	}
	return e
}

// Handler is the API as an http.Handler.
func (s *Server) Handler() http.Handler { return s.echo }

// How long the server bears with slow clients, and how long it lets requests finish when it ends.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 15 * time.Second
	writeTimeout    = 30 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 32 << 10
	finishTimeout   = 10 * time.Second
	requestTimeout  = 10 * time.Second
	streamWriteTime = 10 * time.Second
)

// Run serves connections from the listener until ctx ends, then lets running requests finish; live streams are told to
// come again.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	s.hub.close()
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if err := server.Shutdown(finishing); err != nil {
		return errors.Join(fmt.Errorf("finish running requests: %w", err), server.Close())
	}
	return nil
}

// Streams is how many live streams are open.
func (s *Server) Streams() int { return s.hub.open() }

// Changed tells live streams that a read model has new rows up to a position. No workspaces at all means that they may be
// anybody's. It never waits.
func (s *Server) Changed(readModel string, workspaces []domain.WorkspaceID, position int64) {
	s.hub.changed(readModel, workspaces, position)
}
