package pgtest

import (
	"os"
	"syscall"
)

const (
	memory     = "/dev/shm"
	memoryNeed = 2 << 30 // bytes free, for the databases of some hundred tests at once
)

// fastTempDir is where a server without fsync makes and drops databases quickest: in memory, when there is plenty of
// it and nobody chose another place by TMPDIR.
func fastTempDir() string {
	var free syscall.Statfs_t
	if os.TempDir() != "/tmp" || syscall.Statfs(memory, &free) != nil || free.Bavail*uint64(free.Bsize) < memoryNeed { //nolint:gosec // block sizes are positive
		return os.TempDir()
	}
	return memory
}
