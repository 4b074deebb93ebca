package whatsapp_test

import (
	"os"
	"testing"

	"go.mau.fi/libsignal/logger"
)

// TestMain gives the Signal library its logger once, before tests run side by side.
func TestMain(m *testing.M) {
	var quiet logger.Loggable = silence{}
	logger.Setup(&quiet)
	os.Exit(m.Run())
}

type silence struct{}

func (silence) Debug(string, string)   {}
func (silence) Info(string, string)    {}
func (silence) Warning(string, string) {}
func (silence) Error(string, string)   {}
func (silence) Configure(string)       {}
