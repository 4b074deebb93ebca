package ratchet

import (
	"sync"

	"go.mau.fi/libsignal/logger"
)

var quiet sync.Once //nolint:gochecknoglobals // guards the library's own global

// Quiet keeps the Signal library, which prints to standard output by itself, silent,
// unless the program already gave it a logger. Call it before any session is used.
func Quiet() {
	quiet.Do(func() {
		if logger.Logger != nil {
			return
		}
		var silent logger.Loggable = silence{}
		logger.Setup(&silent)
	})
}

type silence struct{}

func (silence) Debug(string, string)   {}
func (silence) Info(string, string)    {}
func (silence) Warning(string, string) {}
func (silence) Error(string, string)   {}
func (silence) Configure(string)       {}
