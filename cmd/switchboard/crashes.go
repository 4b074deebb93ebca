package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// A panic in one of the library's own goroutines ends the process with all its workspaces, and nothing in the process can
// prevent that. What caused it mostly comes again with the next connection. So the runtime writes its trace into a file as
// well; the goroutine that failed bears its workspace's label there; and the next start tells the log, which sets a
// workspace aside that does it again and again. A kill, or the kernel's for want of memory, writes nothing.

// crashes are what earlier processes in this one's place ended of.
type crashes struct {
	config  config
	log     *slog.Logger
	handler *commands.Handler
}

// path is a file of this process and those that take its place: no two can listen on one address.
func (c crashes) path() string {
	return filepath.Join(c.config.Data, "crash-"+strings.NewReplacer(":", "-", "/", "-").Replace(c.config.Addr)+".txt")
}

// settle records the crash before this start, if there was one, and has the next one written down.
func (c crashes) settle(ctx context.Context) error {
	err := c.record(ctx)
	if postgres.Away(err) || postgres.Unwritable(err) != "" {
		return err // in a moment it may work
	}
	if err != nil { // what is wrong with the last process must not keep this one from starting
		c.log.ErrorContext(ctx, "the last crash was not recorded", "error", err)
	}
	if err := c.watch(); err != nil { // a disk that cannot be written costs the guard, not the product
		c.log.WarnContext(ctx, "a crash would not be told from a kill (SWITCHBOARD_DATA)", "error", err)
	}
	return nil
}

func (c crashes) record(ctx context.Context) error {
	trace, err := os.ReadFile(c.path())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(trace) == 0 {
		return nil
	}
	if err != nil {
		c.log.WarnContext(ctx, "the last crash cannot be read", "error", err)
		return nil
	}
	info, err := os.Stat(c.path())
	if err != nil {
		return fmt.Errorf("look at the last crash: %w", err)
	}
	of, place := culprit(trace)
	if place == "" {
		return nil
	}
	c.log.ErrorContext(ctx, "the program crashed", "workspace_id", of, "place", place, "at", info.ModTime())
	if of == "" {
		return nil
	}
	sum := sha256.Sum256(append(trace, info.ModTime().String()...))
	_, err = c.handler.RecordCrash(ctx, commands.RecordCrash{
		// Told twice it is recorded once: the file goes only after this.
		Caller:      commands.Caller{Actor: domain.Actor{Kind: domain.ActorSystem}, CommandID: hex.EncodeToString(sum[:])},
		WorkspaceID: of, Place: place, At: info.ModTime(),
	})
	if err != nil {
		return fmt.Errorf("record the last crash: %w", err)
	}
	return nil
}

// watch empties the file and lets the runtime write its last words there too. They may hold a customer's.
func (c crashes) watch() error {
	if err := os.MkdirAll(c.config.Data, 0o711); err != nil { //nolint:gosec // the database's own user passes through
		return err
	}
	file, err := os.OpenFile(c.path(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // the runtime keeps one of its own
	return debug.SetCrashOutput(file, debug.CrashOptions{})
}

// labelTraces makes the runtime print whose goroutine failed.
func labelTraces(getenv func(string) string) error {
	const setting = "tracebacklabels=1"
	if known := getenv("GODEBUG"); known != "" {
		return os.Setenv("GODEBUG", known+","+setting)
	}
	return os.Setenv("GODEBUG", setting)
}

var (
	labelled = regexp.MustCompile(`^goroutine .* labels:\{.*"?` + domain.CrashLabel + `"?: "?([0-9a-f-]{36})`)
	called   = regexp.MustCompile(`^([a-zA-Z0-9_./%-]+\.[^\s]*)\(.*\)$`)
)

// culprit reads a trace: the workspace on whose behalf the goroutine ran that failed, if it was for one, and the function
// that failed. There is no place when it is no crash: want of memory has no culprit.
func culprit(trace []byte) (of domain.WorkspaceID, place string) {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(trace, "\n"), []byte("\n"))
	if !bytes.HasPrefix(first, []byte("panic: ")) && !bytes.HasPrefix(first, []byte("fatal error: ")) || bytes.Contains(first, []byte("out of memory")) {
		return "", ""
	}
	place = "unknown"
	inside := false
	for line := range strings.Lines(string(rest)) {
		line = strings.TrimSpace(line)
		switch {
		case !inside && strings.HasPrefix(line, "goroutine "): // the first one is the one that failed
			inside = true
			if found := labelled.FindStringSubmatch(line); found != nil {
				of = domain.WorkspaceID(found[1])
			}
		case inside && line == "":
			return of, place
		case inside && !strings.HasPrefix(line, "panic(") && !strings.HasPrefix(line, "runtime"):
			if found := called.FindStringSubmatch(line); found != nil {
				return of, found[1]
			}
		}
	}
	return of, place
}
