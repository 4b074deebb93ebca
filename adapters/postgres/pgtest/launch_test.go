package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// launchOnly, when set, makes this test binary a program that launches a server, prints its address and waits for the
// end of its input; then it ends without stopping anything, as test processes do.
const launchOnly = "PGTEST_LAUNCH_ONLY"

func TestMain(m *testing.M) {
	if os.Getenv(launchOnly) == "" {
		os.Exit(m.Run())
	}
	dsn, _, err := Launch(context.Background())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(dsn)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func TestALaunchedServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	for story, end := range map[string]func(*exec.Cmd, io.Closer) error{
		"that ends":      func(_ *exec.Cmd, input io.Closer) error { return input.Close() },
		"that is killed": func(cmd *exec.Cmd, _ io.Closer) error { return cmd.Process.Kill() },
	} {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			temporary := openFolder(t)
			cmd, input, dsn := launchProgram(t, temporary)
			if err := ping(dsn); err != nil {
				t.Fatal(err)
			}
			if err := end(cmd, input); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			eventually(t, "the server ends", func() bool { return ping(dsn) != nil })
			eventually(t, "its folder goes", func() bool { return servers(t, temporary) == 0 })
		})
	}
}

func launchProgram(t *testing.T, temporary string) (*exec.Cmd, io.Closer, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), launchOnly+"=yes", "TMPDIR="+temporary)
	input, inputErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inputErr, outErr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = input.Close() })
	dsn, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(dsn, "postgres://") {
		t.Fatalf("no server: %q, %v", dsn, err)
	}
	return cmd, input, strings.TrimSpace(dsn)
}

func servers(t *testing.T, temporary string) int {
	t.Helper()
	entries, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "switchboard-pgtest-") {
			count++
		}
	}
	return count
}

// openFolder is a temporary folder that the server's user may pass through.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := temporaryFolder(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.NewTimer(20*time.Second)
	defer tick.Stop()
	defer limit.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal("waited in vain until " + what)
		}
	}
}
