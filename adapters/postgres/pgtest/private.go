package pgtest

import (
	"context"
	"os"
	"testing"

	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/migrations"
)

// PrivateServer is a durable server of one test's own, for crash tests. Its methods fail the test when they fail.
type PrivateServer struct {
	Database

	tb     testing.TB
	config embedded.Config
	server *embedded.Server
}

// Server starts a server with fsync on and a migrated database. Its address stays the same after Restart.
func Server(tb testing.TB) *PrivateServer {
	tb.Helper()
	folder, err := temporaryFolder(os.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := &PrivateServer{tb: tb, config: embedded.Config{
		DataDir: folder, FetchDir: fetchDir(folder), SystemDir: folder, Log: quiet(),
	}}
	tb.Cleanup(func() { s.Kill() })
	s.Restart()
	s.config.Port = s.server.Port()
	s.Database = open(tb, "switchboard", s.server.DSN(""))
	if err := migrations.Up(tb.Context(), s.DB.DB); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Kill ends the server as a crash would: no checkpoint, connections cut. A second call does nothing.
func (s *PrivateServer) Kill() {
	s.tb.Helper()
	if s.server == nil {
		return
	}
	if err := s.server.Kill(); err != nil {
		s.tb.Error(err)
	}
}

// Restart starts the server on the same folder and port, and returns when it has recovered.
func (s *PrivateServer) Restart() {
	s.tb.Helper()
	s.Kill()
	server, err := embedded.Start(context.WithoutCancel(s.tb.Context()), s.config)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.server = server
}
