package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// home is the folder of one cluster and who works in it.
type home struct {
	dir string
	who account
}

func (h home) path(name string) string { return filepath.Join(h.dir, name) }
func (h home) data() string            { return h.path("data") }

// openHome finds the cluster's folder, or makes one where the server's user can reach it.
func openHome(ctx context.Context, cfg Config) (home, error) {
	if err := makeDataDir(cfg.DataDir); err != nil {
		return home{}, unwritable(cfg.DataDir, err)
	}
	place := filepath.Join(cfg.DataDir, "postgres")
	info, err := os.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return makeHome(ctx, cfg, place)
	case err != nil:
		return home{}, unwritable(cfg.DataDir, err)
	}
	return knownHome(ctx, place, info)
}

// makeDataDir makes a folder others may pass through (to a cluster of theirs) but not list, when root makes it.
func makeDataDir(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	return os.MkdirAll(dir, mode)
}

func knownHome(ctx context.Context, place string, info fs.FileInfo) (home, error) {
	dir, err := filepath.EvalSymlinks(place)
	if err != nil {
		target, _ := os.Readlink(place)
		return home{}, problem(err, "The database was kept in %s, which cannot be found: "+
			"put it back, or remove %s to start with an empty one.", target, place)
	}
	who, err := accountFor(filepath.Join(dir, "data"))
	if err != nil {
		return home{}, err
	}
	if info.IsDir() { // a folder of ours; what a link points at is never given away
		if err := claim(dir, who); err != nil {
			return home{}, unwritable(dir, err)
		}
	}
	if who.foreign && !who.reaches(ctx, dir) {
		return home{}, unreachable(ctx, dir, who)
	}
	return home{dir: dir, who: who}, nil
}

// claim finishes what a killed first start may have left half done.
func claim(dir string, who account) error {
	if owner, ok := ownerOf(dir); who.foreign && ok && owner.uid == 0 {
		return who.own(dir)
	}
	return nil
}

func unreachable(ctx context.Context, dir string, who account) *Problem {
	closed := dir
	for parent := dir; parent != "/"; parent = filepath.Dir(parent) {
		if !who.reaches(ctx, parent) {
			closed = parent
		}
	}
	return problem(nil, "The database in %s belongs to user %s, who cannot enter %s: allow it with chmod o+x %s.",
		dir, who.name, closed, closed)
}

func makeHome(ctx context.Context, cfg Config, place string) (home, error) {
	who, err := accountFor("")
	if err != nil {
		return home{}, err
	}
	if err := makePrivate(place, who); err != nil {
		return home{}, unwritable(cfg.DataDir, err)
	}
	if !who.foreign || who.reaches(ctx, place) {
		return home{dir: place, who: who}, nil
	}
	if err := os.Remove(place); err != nil {
		return home{}, unwritable(cfg.DataDir, err)
	}
	return makeElsewhere(ctx, cfg, place, who)
}

// makeElsewhere makes the folder in the first system place that serves, and leaves a link to it.
func makeElsewhere(ctx context.Context, cfg Config, place string, who account) (home, error) {
	var tried []error
	for _, parent := range cfg.systemDirs() {
		dir := filepath.Join(parent, rand.Text())
		err := makeReachable(ctx, parent, dir, who)
		if err == nil {
			cfg.Log.InfoContext(ctx, "postgres keeps its data outside the data folder", "folder", dir, "user", who.name)
			return home{dir: dir, who: who}, os.Symlink(dir, place)
		}
		tried = append(tried, err)
	}
	return home{}, problem(errors.Join(tried...), "PostgreSQL runs as user %s, who cannot reach %s: "+
		"choose another data folder (SWITCHBOARD_DATA), or set DATABASE_URL.", who.name, place)
}

func makeReachable(ctx context.Context, parent, dir string, who account) error {
	if err := makeSystemDir(parent); err != nil {
		return err
	}
	if err := makePrivate(dir, who); err != nil {
		return err
	}
	if who.reaches(ctx, dir) {
		return nil
	}
	return errors.Join(fmt.Errorf("user %s cannot enter %s", who.name, dir), os.Remove(dir))
}

// makeSystemDir makes a folder that others may pass through, or takes the one that is there if nobody but root can
// have put something into it.
func makeSystemDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // folders of the system
		return err
	}
	if err := os.Mkdir(dir, 0o711); err == nil { //nolint:gosec // passed through by the server's user
		return os.Chmod(dir, 0o711) //nolint:gosec // whatever the umask
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid != 0 || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a folder that only root can write", dir)
	}
	return nil
}

func makePrivate(dir string, who account) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return who.own(dir)
}

func unwritable(dir string, cause error) *Problem {
	return problem(cause, "The data folder %s cannot be written: give this user the right to, "+
		"or choose another one (SWITCHBOARD_DATA).", dir)
}
