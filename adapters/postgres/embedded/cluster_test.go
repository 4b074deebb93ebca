package embedded

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFirstStartThatWasKilledIsRepeated(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	half := filepath.Join(cfg.DataDir, "postgres", "data.new-killed", "base")
	if err := os.MkdirAll(half, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cfg.DataDir, 0o711); err != nil {
		t.Fatal(err)
	}
	write(t, start(t, cfg).DSN(""))
	if _, err := os.Stat(filepath.Dir(half)); err == nil {
		t.Error("the half-made cluster is still there")
	}
}

func TestADamagedClusterIsNotOverwritten(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	stop(t, server)
	if err := os.Remove(filepath.Join(server.home.data(), "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	refused(t, cfg, server.home.data(), "damaged")
	if _, err := os.Stat(filepath.Join(server.home.data(), "base")); err != nil {
		t.Error(err)
	}
}

func TestAClusterThatCannotStartIsExplained(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	stop(t, server)
	if err := os.Remove(filepath.Join(server.home.data(), "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	refused(t, cfg, server.Folder(), "could not start", "server.log")
}
