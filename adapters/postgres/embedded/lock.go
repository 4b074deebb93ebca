package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// lock takes the cluster for this program until the returned file is closed, by us or by our death.
func (h home) lock() (*os.File, error) {
	file, err := openLock(h.path("lock"))
	if err != nil {
		return nil, unwritable(h.dir, err)
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = errors.Join(sign(file), h.who.own(file.Name()))
	}
	if err == nil {
		return file, nil
	}
	defer func() { _ = file.Close() }()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, taken(file, h.dir)
	}
	return nil, fmt.Errorf("lock %s: %w", h.dir, err)
}

// waitForLock takes a lock that programs hold for a while only.
func waitForLock(ctx context.Context, path string) (*os.File, error) {
	file, err := openLock(path)
	if err != nil {
		return nil, err
	}
	err = until(ctx, func() bool { return flock(file, syscall.LOCK_EX|syscall.LOCK_NB) == nil })
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // a folder of ours
}

func flock(file *os.File, how int) error {
	return syscall.Flock(int(file.Fd()), how)
}

// sign leaves our process id for the sentence that another program prints.
func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(file, "%d\n", os.Getpid())
	return err
}

func taken(file io.Reader, dir string) *Problem {
	holder, _ := io.ReadAll(io.LimitReader(file, 20))
	return problem(nil, "The database in %s is in use by another program (process %s): "+
		"stop that one first, or choose another data folder (SWITCHBOARD_DATA).", dir, strings.TrimSpace(string(holder)))
}
