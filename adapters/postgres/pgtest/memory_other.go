//go:build !linux

package pgtest

import "os"

// fastTempDir is where a server without fsync makes and drops databases quickest.
func fastTempDir() string { return os.TempDir() }
