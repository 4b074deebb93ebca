package embedded

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const superuser = "switchboard"

// clusterMajor returns the major version of the cluster in data, or 0 when there is none yet.
func clusterMajor(data string) (int, error) {
	content, err := os.ReadFile(data + "/PG_VERSION") //nolint:gosec // our own folder
	if err == nil {
		return strconv.Atoi(strings.TrimSpace(string(content)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, unwritable(data, err)
	}
	if _, err := os.Lstat(data); err == nil {
		return 0, problem(nil, "The database in %s is damaged (PG_VERSION is missing): "+
			"restore it from a backup, or move it away to start with an empty one.", data)
	}
	return 0, nil
}

// password returns the superuser's password; fresh says that it has just been made.
func (h home) password() (secret string, fresh bool, err error) {
	content, err := os.ReadFile(h.path("password"))
	if err == nil && len(content) > 0 {
		return strings.TrimSpace(string(content)), false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", false, unwritable(h.dir, err)
	}
	secret = rand.Text()
	return secret, true, h.keepPassword(secret)
}

func (h home) keepPassword(secret string) error {
	temporary := h.path("password.new")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(h.dir, err)
	}
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return unwritable(h.dir, err)
	}
	_, writeErr := file.WriteString(secret + "\n")
	if err := errors.Join(writeErr, file.Sync(), file.Close(), h.who.own(temporary)); err != nil {
		return fmt.Errorf("keep the password in %s: %w", h.dir, err)
	}
	return os.Rename(temporary, h.path("password"))
}

// initialise makes the cluster in a temporary folder and renames it, so that a half-made one is never started.
func (h home) initialise(ctx context.Context, programs binaries, unsafe bool) error {
	sweep(h.path("data.new-*"))
	temporary := h.path("data.new-" + rand.Text())
	defer func() { _ = os.RemoveAll(temporary) }() // gone already when all went well
	var err error
	for _, locale := range locales(programs.major) {
		if err = h.initdb(ctx, programs, temporary, unsafe, locale); !errors.Is(err, errLocale) {
			break
		}
	}
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, h.data()); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return syncDir(h.dir)
}

// sweep removes what killed programs left half done. What cannot be removed is in nobody's way.
func sweep(pattern string) {
	left, _ := filepath.Glob(pattern) // the pattern is well-formed
	for _, path := range left {
		_ = os.RemoveAll(path)
	}
}

// locales are initdb's options, best first: order by code point everywhere, and upper and lower case of all letters
// where the server or the system knows them.
func locales(major int) [][]string {
	if major >= 17 {
		return [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	return [][]string{{"--locale=C", "--lc-ctype=C.UTF-8"}, {"--locale=C", "--lc-ctype=UTF-8"}, {"--locale=C"}}
}

var errLocale = errors.New("the system does not know this locale")

func (h home) initdb(ctx context.Context, programs binaries, data string, unsafe bool, locale []string) error {
	args := append([]string{
		"--pgdata=" + data, "--username=" + superuser, "--pwfile=" + h.path("password"),
		"--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions",
	}, locale...)
	if unsafe {
		args = append(args, "--no-sync")
	}
	out, err := output(h.who.command(ctx, h.dir, programs.program("initdb"), args...))
	switch {
	case err == nil:
		return nil
	case bytes.Contains(out, []byte("invalid locale name")):
		return errLocale
	case noSpace(string(out)):
		return errors.Join(errFull, err)
	}
	return fmt.Errorf("make a cluster in %s: %w: %s", data, err, lastLine(out))
}

// resetPassword gives the superuser a new password without knowing the old one. No server may be running.
func (h home) resetPassword(ctx context.Context, programs binaries, secret string) error {
	cmd := h.who.command(ctx, h.dir, programs.program("postgres"), "--single", "-D", h.data(), "postgres")
	cmd.Stdin = strings.NewReader("ALTER ROLE " + superuser + " PASSWORD '" + secret + "'\n")
	out, err := output(cmd)
	if err == nil && bytes.Contains(out, []byte("ERROR:")) {
		err = errors.New("refused")
	}
	if err != nil {
		return fmt.Errorf("set a new password in %s: %w: %s", h.dir, err, lastLine(out))
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
