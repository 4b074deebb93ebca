package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const oldestMajor = 15

// binaries is a folder with a PostgreSQL server's programs.
type binaries struct {
	dir   string
	major int
}

func (b binaries) program(name string) string { return filepath.Join(b.dir, name) }

// findBinaries returns the programs for a cluster of the wanted major version, or for a new cluster (wanted 0).
func findBinaries(ctx context.Context, cfg Config, h home, wanted int) (binaries, error) {
	var seen []int
	for _, dir := range searchPlaces(cfg) {
		found, err := inspect(ctx, h.who, dir)
		switch {
		case err != nil && cfg.Binaries != "":
			return binaries{}, problem(err, "There is no working PostgreSQL server in %s: check that folder.", dir)
		case err != nil:
			cfg.Log.DebugContext(ctx, "postgres binaries skipped", "folder", dir, "error", err)
			continue
		case fits(found.major, wanted):
			return found, nil
		}
		seen = append(seen, found.major)
	}
	if cfg.Binaries == "" && fits(pinnedMajor, wanted) {
		return fetchBinaries(ctx, cfg, h)
	}
	return binaries{}, misfit(h, seen, wanted)
}

func fits(major, wanted int) bool {
	return major == wanted || (wanted == 0 && major >= oldestMajor)
}

func misfit(h home, seen []int, wanted int) *Problem {
	if wanted == 0 {
		return problem(nil, "PostgreSQL %s is too old: version %d or newer is needed.", list(seen), oldestMajor)
	}
	return problem(nil, "The database in %s was made by PostgreSQL %d, which is not installed here (found: %s): "+
		"install PostgreSQL %d, or move that folder away to start with an empty one.", h.dir, wanted, list(seen), wanted)
}

func list(majors []int) string {
	if len(majors) == 0 {
		return "none"
	}
	slices.Sort(majors)
	var words []string
	for _, major := range slices.Compact(majors) {
		words = append(words, strconv.Itoa(major))
	}
	return strings.Join(words, ", ")
}

// searchPlaces lists folders that may hold a server, best first.
func searchPlaces(cfg Config) []string {
	if cfg.Binaries != "" {
		return []string{cfg.Binaries}
	}
	if cfg.IgnoreInstalled {
		return nil
	}
	var places []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			places = append(places, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // the patterns are well-formed
		slices.SortFunc(found, newestFirst)
		places = append(places, found...)
	}
	return places
}

var number = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	return majorIn(b) - majorIn(a)
}

func majorIn(text string) int {
	major, _ := strconv.Atoi(number.FindString(text))
	return major
}

// inspect asks the server in dir for its version, as the user who will run it.
func inspect(ctx context.Context, who account, dir string) (binaries, error) {
	found := binaries{dir: dir}
	if _, err := os.Stat(found.program("initdb")); err != nil {
		return binaries{}, err
	}
	out, err := who.command(ctx, "/", found.program("postgres"), "-V").CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("ask %s for its version: %w: %s", dir, err, out)
	}
	if found.major = majorIn(string(out)); found.major == 0 {
		return binaries{}, errors.New("no version in " + strconv.Quote(string(out)))
	}
	return found, nil
}
