package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	poll           = 20 * time.Millisecond
	orphanPatience = 30 * time.Second // for a fast shutdown, then again for an immediate one
)

// pidFile is what postmaster.pid says: https://www.postgresql.org/docs/current/storage-file-layout.html.
type pidFile struct {
	pid   int
	port  int
	ready bool
}

func readPidFile(data string) (pidFile, error) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) //nolint:gosec // our own folder
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(content), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(lines[0])) // 0 is nobody
	port := 0
	if len(lines) > 3 {
		port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	return pidFile{pid: pid, port: port, ready: len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"}, nil
}

// endOrphan ends a server that outlived the program which started it. We hold the cluster's lock, so nobody needs it.
func endOrphan(ctx context.Context, cfg Config, h home) error {
	left, err := readPidFile(h.data())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritable(h.dir, err)
	}
	if left.pid <= 1 || !alive(left.pid) {
		return nil // PostgreSQL clears that itself, and recovers
	}
	if !isServer(ctx, left.pid, h.data()) {
		// The number belongs to another program by now, which PostgreSQL cannot tell and would refuse to start.
		cfg.Log.InfoContext(ctx, "postgres was killed, its process id is in use by another program", "pid", left.pid)
		return os.Remove(filepath.Join(h.data(), "postmaster.pid"))
	}
	cfg.Log.InfoContext(ctx, "postgres outlived its program, stopping it first", "pid", left.pid)
	return stopOrphan(ctx, h, left.pid)
}

func stopOrphan(ctx context.Context, h home, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return problem(err, "A PostgreSQL server (process %d) still runs in %s and may not be stopped by this user: "+
				"stop it, then start again.", pid, h.dir)
		}
		patience, cancel := context.WithTimeout(ctx, orphanPatience)
		err := until(patience, func() bool { return !alive(pid) || !isServer(patience, pid, h.data()) })
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return problem(nil, "A PostgreSQL server (process %d) still runs in %s and does not stop: "+
		"end that process, then start again.", pid, h.dir)
}

// until polls a condition that nothing announces.
func until(ctx context.Context, met func() bool) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// isServer reports whether the process is a PostgreSQL server that works in data. A process that has ended and waits
// to be buried has no folder, and is none.
func isServer(ctx context.Context, pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if name, err := os.ReadFile(filepath.Join(proc, "comm")); err == nil { //nolint:gosec // below /proc
		folder, err := os.Readlink(filepath.Join(proc, "cwd"))
		return strings.TrimSpace(string(name)) == "postgres" && err == nil && folder == resolved(data)
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), data)
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
