package embedded

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programFolder, when set, makes this test binary a program with an embedded server in that folder: it prints the
// server's address, or the sentence it failed with, and lives until its input ends or it is killed.
const programFolder = "EMBEDDED_TEST_PROGRAM_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(programFolder); folder != "" {
		os.Exit(program(folder))
	}
	os.Exit(m.Run())
}

func program(folder string) int {
	server, err := Start(context.Background(), Config{DataDir: folder, SystemDir: folder + "-system", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println("failed: " + err.Error())
		return 1
	}
	fmt.Println(server.DSN(""))
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Stop(context.Background()); err != nil {
		fmt.Println("failed: " + err.Error())
		return 1
	}
	return 0
}

// startProgram runs this test binary as a program with a server in folder, as the user given (nil: as us), and returns
// the first line it prints.
func startProgram(t *testing.T, folder string, as *syscall.Credential) (cmd *exec.Cmd, firstLine string) {
	t.Helper()
	cmd = exec.Command(reachableCopy(t))
	cmd.Env = append(os.Environ(), programFolder+"="+folder)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the program said nothing: %v", err)
	}
	return cmd, strings.TrimSpace(line)
}

// reachableCopy copies this test binary to where every user can run it; go test builds into a private folder.
func reachableCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "program")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// folder returns a temporary folder that every user may pass through.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "switchboard-embedded-") //nolint:usetesting // TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// config is for a server in a folder of the test's own, with all durability.
func config(t *testing.T) Config {
	t.Helper()
	dir := folder(t)
	return Config{DataDir: filepath.Join(dir, "data"), SystemDir: filepath.Join(dir, "system"), Log: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	server, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("start: %v (because: %v)", err, errors.Unwrap(err))
	}
	t.Cleanup(func() { _ = server.Kill() })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// refused starts a server that cannot start and checks the sentence that comes back.
func refused(t *testing.T, cfg Config, words ...string) {
	t.Helper()
	server, err := Start(t.Context(), cfg)
	if err == nil {
		_ = server.Kill()
		t.Fatal("it started")
	}
	if sentence := (*Problem)(nil); !errors.As(err, &sentence) {
		t.Fatalf("not a sentence for people: %v", err)
	}
	isSentence(t, err.Error(), words...)
}

func isSentence(t *testing.T, text string, words ...string) {
	t.Helper()
	if strings.Contains(text, "\n") || !strings.HasSuffix(text, ".") {
		t.Errorf("not one sentence: %q", text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not say %q", text, word)
		}
	}
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// write makes a row that keeps finds again.
func write(t *testing.T, dsn string) {
	t.Helper()
	if _, err := connect(t, dsn).Exec(`CREATE TABLE kept AS SELECT 42 AS answer`); err != nil {
		t.Fatal(err)
	}
}

func keeps(t *testing.T, dsn string) {
	t.Helper()
	var answer int
	if err := connect(t, dsn).QueryRow(`SELECT answer FROM kept`).Scan(&answer); err != nil || answer != 42 {
		t.Fatalf("what was committed is gone: %d, %v", answer, err)
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := until(ctx, met); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func onlyRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, who alone can become another user")
	}
}
