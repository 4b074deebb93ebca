package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/lib/pq"
)

// What a disk must have free, in MB: for a new database with its first changes, and for one that is there to start again.
const (
	roomForNew   = 200
	roomForKnown = 64
)

// errFull says that something found no space, in words only.
var errFull = errors.New("no space left on the disk")

func noSpace(words string) bool {
	return strings.Contains(words, "No space left on device") || strings.Contains(words, "Disk quota exceeded") ||
		strings.Contains(words, "ENOSPC")
}

// withoutRoom turns a failure for want of space into the sentence that says how much is wanted, and where.
func withoutRoom(cfg Config, cause error) error {
	if !wantsRoom(cause) {
		return cause
	}
	dir, wanted, what := filepath.Join(cfg.DataDir, "postgres"), uint64(roomForNew), "a new database"
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if major, err := clusterMajor(filepath.Join(dir, "data")); err == nil && major > 0 {
		wanted, what = roomForKnown, "the database"
	}
	return problem(cause, "The disk of %s is full: make room on it until %d MB are free, which %s needs%s, then start again.",
		dir, wanted, what, butHas(dir))
}

func wantsRoom(cause error) bool {
	if answer := (*pq.Error)(nil); errors.As(cause, &answer) && answer.Code == "53100" { // disk_full, in whatever words
		return true
	}
	if errors.Is(cause, errFull) || errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		return true
	}
	for ; cause != nil; cause = errors.Unwrap(cause) {
		if noSpace(cause.Error()) {
			return true
		}
	}
	return false
}

// butHas tells what is free at a folder, which need not exist yet.
func butHas(dir string) string {
	free, err := roomAt(dir)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (it has %d MB)", free>>20)
}

func roomAt(dir string) (bytes uint64, err error) {
	for {
		var disk syscall.Statfs_t
		err = syscall.Statfs(dir, &disk)
		if err == nil {
			return disk.Bavail * uint64(disk.Bsize), nil //nolint:gosec,unconvert,nolintlint // of another type elsewhere, and never negative
		}
		if !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return 0, err
		}
		dir = filepath.Dir(dir)
	}
}
