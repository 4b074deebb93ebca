package sandbox

import (
	"log/slog"
	"time"
)

// Config says where a sandbox listens and keeps its state.
type Config struct {
	// Addr is the host:port to listen on. Defaults to 127.0.0.1:8090; port 0 picks a free one.
	Addr string
	// DataDir is the directory of the state file, made if missing. Defaults to ./.sandbox.
	DataDir string
	// RootKey is the private key of the certificate root. Defaults to the stored one, made on first start.
	RootKey *[32]byte
	// NoSync skips the disk flush at every commit: state then survives the end of the
	// process, not of the machine. For tests and benchmarks. Defaults to false.
	NoSync bool
	// Behaviour holds the protocol's assumptions. Defaults to DefaultBehaviour().
	Behaviour *Behaviour
	// JournalLimit bounds how many journal entries are kept for each account. Defaults to 20000.
	JournalLimit int
	// Log receives what happens, never texts or numbers. Defaults to discarding.
	Log *slog.Logger
	// Now tells the time. Defaults to time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8090"
	}
	if c.DataDir == "" {
		c.DataDir = ".sandbox"
	}
	if c.Behaviour == nil {
		b := DefaultBehaviour()
		c.Behaviour = &b
	}
	if c.JournalLimit == 0 {
		c.JournalLimit = 20_000
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default of Now
	}
	return c
}
