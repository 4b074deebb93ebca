package embedded

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestAProgramThatWasKilled(t *testing.T) {
	t.Parallel()
	t.Run("takes its server along and finds its data again", func(t *testing.T) {
		t.Parallel()
		cfg := config(t)
		cmd, dsn := startProgram(t, cfg.DataDir, nil)
		write(t, dsn)
		left, err := readPidFile(filepath.Join(cfg.DataDir, "postgres", "data"))
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(cfg.DataDir, "postgres", "data")
		eventually(t, "the server ends", func() bool { return !isServer(t.Context(), left.pid, data) })
		keeps(t, start(t, cfg).DSN(""))
	})
	t.Run("may be started again at once", func(t *testing.T) {
		t.Parallel()
		cfg := config(t)
		cmd, dsn := startProgram(t, cfg.DataDir, nil)
		write(t, dsn)
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		keeps(t, start(t, cfg).DSN(""))
	})
}

func TestAServerThatOutlivedItsProgramIsEndedFirst(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	write(t, server.DSN(""))
	stop(t, server)
	orphan := runOrphan(t, server)
	again := start(t, cfg)
	keeps(t, again.DSN(""))
	if err := orphan.Wait(); err != nil {
		t.Errorf("the orphan did not end in order: %v", err)
	}
}

// runOrphan runs a server on the same folder that nothing binds to its parent.
func runOrphan(t *testing.T, s *Server) *exec.Cmd {
	t.Helper()
	full, err := s.cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	cmd := s.home.who.command(t.Context(), s.home.data(), s.programs.program("postgres"), arguments(full, s.home.data(), s.port)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	up := func() bool {
		file, err := readPidFile(s.home.data())
		return err == nil && file.ready && file.pid == cmd.Process.Pid
	}
	eventually(t, "the orphan answers", up)
	return cmd
}

func TestAProcessIDTakenByAnotherProgramDoesNotKeepTheServerFromStarting(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	write(t, server.DSN(""))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	bystander := server.home.who.command(t.Context(), "/", "/bin/sleep", "600")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = bystander.Process.Kill()
		_ = bystander.Wait()
	}()
	stale := strings.Join([]string{
		strconv.Itoa(bystander.Process.Pid), server.home.data(), "1", strconv.Itoa(server.port), "", "127.0.0.1", "", "ready", "",
	}, "\n")
	file := filepath.Join(server.home.data(), "postmaster.pid")
	if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.home.who.own(file); err != nil {
		t.Fatal(err)
	}
	keeps(t, start(t, cfg).DSN(""))
	if !alive(bystander.Process.Pid) {
		t.Error("the other program was ended")
	}
}
