package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFolderThatRootKeepsToItself(t *testing.T) {
	onlyRoot(t)
	t.Parallel()
	cfg := config(t)
	closed := filepath.Join(cfg.DataDir, "closed")
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg.DataDir = filepath.Join(closed, "checkout", ".switchboard")
	first := start(t, cfg)
	write(t, first.DSN(""))
	stop(t, first)

	if !strings.HasPrefix(first.Folder(), cfg.SystemDir) {
		t.Errorf("the cluster is in %s", first.Folder())
	}
	if info, err := os.Stat(closed); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's permissions changed to %v, %v", info.Mode(), err)
	}
	second := start(t, cfg)
	keeps(t, second.DSN(""))
	stop(t, second)

	t.Run("starts afresh when the data folder is removed", func(t *testing.T) {
		if err := os.RemoveAll(cfg.DataDir); err != nil {
			t.Fatal(err)
		}
		third := start(t, cfg)
		defer stop(t, third)
		if _, err := connect(t, third.DSN("")).Exec(`SELECT FROM kept`); err == nil {
			t.Error("the old data is still there")
		}
	})
	t.Run("says so when the cluster itself is gone", func(t *testing.T) {
		if err := os.RemoveAll(cfg.SystemDir); err != nil {
			t.Fatal(err)
		}
		refused(t, cfg, cfg.SystemDir, "cannot be found")
	})
}

func TestAFolderThatWasClosedLaterIsExplained(t *testing.T) {
	onlyRoot(t)
	t.Parallel()
	cfg := config(t)
	stop(t, start(t, cfg))
	if err := os.Chmod(cfg.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, cfg, "chmod o+x "+cfg.DataDir)
}

func TestAnOrdinaryUserRunsTheServerThemselves(t *testing.T) {
	onlyRoot(t)
	t.Parallel()
	user, err := lookUp("nobody")
	if err != nil {
		t.Skip("no user nobody here")
	}
	dir := folder(t)
	if err := os.Chown(dir, int(user.uid), int(user.gid)); err != nil {
		t.Fatal(err)
	}
	as := &syscall.Credential{Uid: user.uid, Gid: user.gid}
	cfg := config(t)
	cfg.DataDir = filepath.Join(dir, ".switchboard")
	cmd, dsn := startProgram(t, cfg.DataDir, as)
	if strings.HasPrefix(dsn, "failed") {
		t.Fatal(dsn)
	}
	write(t, dsn)
	t.Run("and root can go on with it, as that user", func(t *testing.T) {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		server := start(t, cfg)
		keeps(t, server.DSN(""))
		if server.home.who.uid != user.uid {
			t.Errorf("the server runs as %s", server.home.who.name)
		}
		stop(t, server)
		_, dsn := startProgram(t, cfg.DataDir, as) // and back
		keeps(t, dsn)
	})
}

func TestAReadOnlyFolderIsExplained(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	var as *syscall.Credential
	if os.Geteuid() == 0 { // whom permissions do not stop
		user, err := lookUp("nobody")
		if err != nil {
			t.Skip("no user nobody here")
		}
		as = &syscall.Credential{Uid: user.uid, Gid: user.gid}
	}
	_, sentence := startProgram(t, filepath.Join(closed, ".switchboard"), as)
	isSentence(t, sentence, "failed: ", closed, "cannot be written", "SWITCHBOARD_DATA")
}

func TestASystemFolderThatOthersCanWriteIsNotUsed(t *testing.T) {
	onlyRoot(t)
	t.Parallel()
	cfg := config(t)
	closed := filepath.Join(filepath.Dir(cfg.DataDir), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg.DataDir = filepath.Join(closed, ".switchboard")
	if err := os.Mkdir(cfg.SystemDir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cfg.SystemDir, 0o777); err != nil {
		t.Fatal(err)
	}
	refused(t, cfg, cfg.DataDir, "cannot reach", "SWITCHBOARD_DATA")
}
