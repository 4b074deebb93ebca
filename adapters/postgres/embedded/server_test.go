package embedded

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestAServerKeepsItsDataOverStops(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := start(t, cfg)
	write(t, first.DSN(""))
	stop(t, first)
	if first.Err() != nil {
		t.Errorf("a stop that was asked for is no error: %v", first.Err())
	}
	stop(t, first) // twice is harmless
	keeps(t, start(t, cfg).DSN(""))
}

func TestAServerAsksForThePassword(t *testing.T) {
	t.Parallel()
	server := start(t, config(t))
	wrong, err := url.Parse(server.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword(superuser, "guess")
	if err := connect(t, wrong.String()).Ping(); err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password was answered with %v", err)
	}
	info, err := os.Stat(filepath.Join(server.Folder(), "password"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password file is %v, %v", info.Mode(), err)
	}
}

func TestALostPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := start(t, cfg)
	write(t, first.DSN(""))
	stop(t, first)
	if err := os.Remove(filepath.Join(first.Folder(), "password")); err != nil {
		t.Fatal(err)
	}
	second := start(t, cfg)
	keeps(t, second.DSN(""))
	if first.DSN("x") == second.DSN("x") {
		t.Error("the password is the old one")
	}
}

func TestAWrongPasswordFileIsExplained(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	stop(t, server)
	file := filepath.Join(server.Folder(), "password")
	if err := os.WriteFile(file, []byte("not it\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, cfg, file, "remove that file")
	if err := os.Remove(file); err != nil { // what the sentence advises
		t.Fatal(err)
	}
	start(t, cfg)
}

func TestASecondProgramOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := start(t, cfg)
	refused(t, cfg, "in use by another program", strconv.Itoa(os.Getpid()), "SWITCHBOARD_DATA")
	if err := connect(t, first.DSN("")).Ping(); err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
}

func TestABusyPortIsExplained(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cfg := config(t)
	cfg.Port = listener.Addr().(*net.TCPAddr).Port
	refused(t, cfg, strconv.Itoa(cfg.Port), "in use")
}

func TestAnUnexpectedEndIsAnnounced(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	write(t, server.DSN(""))
	if err := syscall.Kill(server.process.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	stop(t, server) // is too late to make it wanted
	if err := server.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended by %v", err)
	}
	keeps(t, start(t, cfg).DSN(""))
}

func TestWhatCustomersWriteStaysOutOfTheServersLog(t *testing.T) {
	t.Parallel()
	server := start(t, config(t))
	db := connect(t, server.DSN(""))
	for _, statement := range []string{
		`CREATE TABLE said (words TEXT PRIMARY KEY)`,
		`INSERT INTO said VALUES ('secret words')`,
		`INSERT INTO said VALUES ('secret words')`,
		`SELECT 'secret words' FROM nowhere`,
	} {
		_, _ = db.Exec(statement) // the last two fail, which is logged
	}
	content, err := os.ReadFile(filepath.Join(server.Folder(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), "duplicate key") {
		t.Error("the failure itself is not in the log")
	}
	if strings.Contains(string(content), "secret words") {
		t.Error("the words are in the log")
	}
}

func TestLettersOfAllScriptsHaveUpperAndLowerCase(t *testing.T) {
	t.Parallel()
	var lower string
	if err := connect(t, start(t, config(t)).DSN("")).QueryRow(`SELECT lower('ÀÉЖ')`).Scan(&lower); err != nil || lower != "àéж" {
		t.Errorf("lower gives %q, %v", lower, err)
	}
}

func TestAToolAttachesToTheRunningServer(t *testing.T) {
	cfg := Config{DataDir: t.TempDir(), Unsafe: true}
	if dsn, running := Attach(t.Context(), cfg); running {
		t.Fatalf("attached to nothing: %s", dsn)
	}
	server, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	dsn, running := Attach(t.Context(), cfg)
	if !running || dsn != server.DSN("") {
		t.Fatalf("got %q, %v", dsn, running)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, running := Attach(t.Context(), cfg); running {
		t.Fatal("attached to a stopped server")
	}
}
