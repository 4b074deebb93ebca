package sandbox

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/vault"
)

// Server is a running sandbox.
//
// Two kinds of locks guard it. Each phone's lock covers its Signal sessions and its
// messages; the server's covers accounts, links, queues and connections. A phone's lock
// is taken before the server's, never after, and no two phones' at once. What a lock
// covers is submitted to the vault while it is held, so the file sees changes in order.
type Server struct {
	config   Config
	vault    *vault.Vault
	keys     serverKeys
	counters *counters
	faults   *faults
	hub      *hub
	journal  *journal
	listener net.Listener
	http     *http.Server
	ctx      context.Context //nolint:containedctx // the life of the server, for its connections
	stop     context.CancelFunc

	mu          sync.Mutex
	behaviour   Behaviour
	phones      map[string]*Phone // by number
	lids        map[string]*Phone // by LID
	companions  map[string]*companion
	connections map[*connection]struct{}
	refs        map[string]*connection // by QR reference
	sequence    uint64                 // of queued stanzas and messages
	opened      uint64                 // connections so far
}

// Start opens the state and listens. The server works until Close, or until ctx ends
// for those who call Run.
func Start(ctx context.Context, config Config) (*Server, error) {
	config = config.withDefaults()
	ratchet.Quiet()
	if err := os.MkdirAll(config.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file, err := vault.Open(filepath.Join(config.DataDir, "sandbox.db"), config.NoSync, buckets()...)
	if err != nil {
		return nil, err
	}
	s := newServer(config, file)
	if err := s.begin(ctx); err != nil {
		s.stop()
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func newServer(config Config, file *vault.Vault) *Server {
	ctx, stop := context.WithCancel(context.Background())
	return &Server{
		config: config, vault: file, behaviour: *config.Behaviour, ctx: ctx, stop: stop,
		counters: newCounters(), faults: newFaults(config.Now), hub: newHub(),
		journal: newJournal(config.JournalLimit, func() time.Time { return config.Now().UTC().Round(0) }, file),
		phones:  map[string]*Phone{}, lids: map[string]*Phone{}, companions: map[string]*companion{},
		connections: map[*connection]struct{}{}, refs: map[string]*connection{},
	}
}

func (s *Server) begin(ctx context.Context) error {
	var err error
	if s.keys, err = loadKeys(ctx, s.vault, s.config); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return fmt.Errorf("load the state: %w", err)
	}
	var listen net.ListenConfig
	if s.listener, err = listen.Listen(ctx, "tcp", s.config.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w", s.config.Addr, err)
	}
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second,
		ConnContext: rememberConn,
		BaseContext: func(net.Listener) context.Context { return s.ctx },
	}
	go func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.config.Log.ErrorContext(s.ctx, "sandbox stopped serving", "error", err)
		}
	}()
	return nil
}

// Run blocks until ctx ends and then closes the server.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	return s.Close()
}

// Close drops all connections, writes what is pending and closes the file.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	for _, c := range s.allConnections() {
		c.abort()
	}
	return errors.Join(err, s.vault.Close())
}

// Addr is the host:port the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// RootKey is the public key clients must trust.
func (s *Server) RootKey() [32]byte { return s.keys.root.Public }

// RootKeyHex is RootKey as 64 hex digits.
func (s *Server) RootKeyHex() string { return hex.EncodeToString(s.keys.root.Public[:]) }

// Behaviour returns the assumptions in force.
func (s *Server) Behaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

// SetBehaviour changes the assumptions from now on. It is not stored.
func (s *Server) SetBehaviour(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

// now is the server's time without the monotonic part, as it is stored.
func (s *Server) now() time.Time { return s.config.Now().UTC().Round(0) }

// nextSequence numbers queue entries and messages. Callers hold s.mu.
func (s *Server) nextSequence() uint64 {
	s.sequence++
	return s.sequence
}

// nextConnection numbers connections. Callers hold s.mu.
func (s *Server) nextConnection() uint64 {
	s.opened++
	return s.opened
}

func (s *Server) allConnections() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*connection, 0, len(s.connections))
	for c := range s.connections {
		all = append(all, c)
	}
	return all
}

// randomText is n characters that need no escaping anywhere. Not for secrets.
func randomText(n int) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[rand.IntN(len(letters))] //nolint:gosec // ids only
	}
	return string(text)
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
