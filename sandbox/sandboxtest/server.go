package sandboxtest

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"

	"go.mau.fi/whatsmeow"

	"switchboard.example/sandbox"
)

// rootSeed makes the certificate root the same in all tests: whatsmeow trusts one root
// per process.
const rootSeed = "switchboard sandbox test root"

var trusting sync.Once //nolint:gochecknoglobals // guards whatsmeow's own global

// RootKey is the private root key of every sandbox that New starts.
func RootKey() *[32]byte {
	key := sha256.Sum256([]byte(rootSeed))
	return &key
}

// New starts a sandbox that ends with the test. It makes whatsmeow trust it.
func New(tb testing.TB) *sandbox.Server {
	tb.Helper()
	return NewWith(tb, sandbox.Config{})
}

// NewWith is New with a configuration; what it leaves out is filled in for tests: a free
// port, a temporary directory, no disk flush, the shared root key, a short close lag.
func NewWith(tb testing.TB, config sandbox.Config) *sandbox.Server {
	tb.Helper()
	if config.Addr == "" {
		config.Addr = "127.0.0.1:0"
	}
	if config.DataDir == "" {
		config.DataDir = tb.TempDir()
		config.NoSync = true
	}
	if config.RootKey == nil {
		config.RootKey = RootKey()
	}
	if config.Behaviour == nil {
		b := sandbox.DefaultBehaviour()
		b.CloseLag = 100
		config.Behaviour = &b
	}
	server, err := sandbox.Start(context.Background(), config)
	if err != nil {
		tb.Fatalf("start a sandbox: %v", err)
	}
	tb.Cleanup(func() {
		// Whatever a test was about: the sandbox must have understood its clients.
		if unknown := server.Stats().Unknown; len(unknown) != 0 {
			tb.Errorf("the sandbox did not understand %v", unknown)
		}
		_ = server.Close()
	})
	trusting.Do(func() { whatsmeow.WACertPubKey = server.RootKey() })
	return server
}
