package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pretend makes a folder with programs that say they are of this version.
func pretend(t *testing.T, version string) string {
	t.Helper()
	dir := folder(t)
	for _, name := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\necho '" + name + " (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// cluster makes a cluster and pretends that it is of this major version.
func cluster(t *testing.T, major int) Config {
	t.Helper()
	cfg := config(t)
	server := start(t, cfg)
	stop(t, server)
	content := []byte(strconv.Itoa(major) + "\n")
	if err := os.WriteFile(filepath.Join(server.home.data(), "PG_VERSION"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestProgramsAreChosen(t *testing.T) {
	h := home{dir: folder(t)}
	var err error
	if h.who, err = accountFor(""); err != nil {
		t.Fatal(err)
	}
	cfg, err := config(t).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("from PATH first", func(t *testing.T) {
		dir := pretend(t, "99.1")
		t.Setenv("PATH", dir)
		found, err := findBinaries(t.Context(), cfg, h, 0)
		if diff := cmp.Diff(binaries{dir: dir, major: 99}, found, cmp.AllowUnexported(binaries{})); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
	t.Run("but not when they are too old", func(t *testing.T) {
		t.Setenv("PATH", pretend(t, "14.9")+":"+os.Getenv("PATH"))
		found, err := findBinaries(t.Context(), cfg, h, 0)
		if err != nil || found.major < oldestMajor {
			t.Error(found, err)
		}
	})
	t.Run("to fit the cluster that is there", func(t *testing.T) {
		installed, err := findBinaries(t.Context(), cfg, h, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", pretend(t, "99.1"))
		found, err := findBinaries(t.Context(), cfg, h, installed.major)
		if err != nil && !errors.As(err, new(*Problem)) || err == nil && found.major != installed.major {
			t.Error(found, err)
		}
	})
	t.Run("in no particular order of digits", func(t *testing.T) {
		if newestFirst("/usr/lib/postgresql/9/bin", "/usr/lib/postgresql/16/bin") <= 0 {
			t.Error("9 is taken for newer than 16")
		}
	})
}

func TestAClusterOfAnotherVersionIsExplained(t *testing.T) {
	t.Parallel()
	refused(t, cluster(t, 14), "made by PostgreSQL 14", "install PostgreSQL 14")
}

func TestANamedFolderWithoutAServerIsExplained(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Binaries = folder(t)
	refused(t, cfg, cfg.Binaries, "no working PostgreSQL")
}

func TestANamedFolderWithAnOldServerIsExplained(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Binaries = pretend(t, "14.2")
	refused(t, cfg, "14", "too old")
}

func TestNeitherServerNorNpmIsExplained(t *testing.T) {
	cfg := config(t)
	cfg.IgnoreInstalled = true
	t.Setenv("PATH", folder(t))
	refused(t, cfg, "npm is not there", "DATABASE_URL")
}

func TestAnNpmThatCannotFetchIsExplained(t *testing.T) {
	dir := folder(t)
	script := "#!/bin/sh\nexit 0\n" // what npm does about an optional package it could not have
	if err := os.WriteFile(filepath.Join(dir, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg := config(t)
	cfg.IgnoreInstalled = true
	t.Setenv("PATH", dir)
	refused(t, cfg, "could not fetch", "network")
}

func TestTheLockFileNamesNoRegistry(t *testing.T) {
	t.Parallel()
	content, err := npmFiles.ReadFile("npm/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "://") || strings.Contains(string(content), `"resolved"`) {
		t.Error("an address is in it: make it with npm install --package-lock-only --omit-lockfile-registry-resolved")
	}
	if !strings.Contains(string(content), `"`+pinnedVersion+`"`) {
		t.Errorf("version %s is not in it", pinnedVersion)
	}
}

func TestTheFetchedServerRuns(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.IgnoreInstalled = true
	server, err := Start(t.Context(), cfg)
	if err != nil && (strings.Contains(err.Error(), "npm is not there") || strings.Contains(err.Error(), "check the network")) {
		t.Skipf("NOT TESTED: the pinned PostgreSQL could not be fetched: %v (because: %v)", err, errors.Unwrap(err))
	}
	if err != nil {
		t.Fatalf("%v (because: %v)", err, errors.Unwrap(err))
	}
	t.Cleanup(func() { _ = server.Kill() })
	if server.Version() != pinnedMajor {
		t.Errorf("it is version %d", server.Version())
	}
	write(t, server.DSN(""))
	stop(t, server)

	t.Run("and is taken for its own cluster even where another version is installed", func(t *testing.T) {
		cfg.IgnoreInstalled = false
		again := start(t, cfg)
		keeps(t, again.DSN(""))
		if again.Version() != pinnedMajor {
			t.Errorf("it is version %d", again.Version())
		}
	})
}
