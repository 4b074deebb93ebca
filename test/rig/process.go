package rig

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopWithin is how long a program may take to end by itself.
const stopWithin = 30 * time.Second

// Command is how to start a program.
type Command struct {
	Binary string
	Args   []string
	Env    []string  // on top of this program's own, less what configures the program
	Log    io.Writer // gets everything the program prints, too; may be nil
}

// Process is a running program with what it printed.
type Process struct {
	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
	err    error // how it ended; set before ended is closed
}

// Start starts a program. It goes on until Stop or Kill, whatever becomes of ctx.
func Start(ctx context.Context, c Command) (*Process, error) {
	p := &Process{output: &output{}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), c.Binary, c.Args...) //nolint:gosec // the program under test
	p.cmd.Env = append(neutral(os.Environ()), c.Env...)
	var out io.Writer = p.output // one writer for both, so that lines do not mix
	if c.Log != nil {
		out = io.MultiWriter(p.output, c.Log)
	}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us; we stop it in order
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Binary, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// neutral leaves out what configures the program: a test must never meet the database of who runs it.
func neutral(environment []string) []string {
	return slices.DeleteFunc(environment, func(pair string) bool {
		return strings.HasPrefix(pair, "DATABASE_URL=") || strings.HasPrefix(pair, "SWITCHBOARD_") || strings.HasPrefix(pair, "OTEL_")
	})
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what the program printed, the last of it if that was much.
func (p *Process) Output() string { return p.output.String() }

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Kill ends the program at once, in the middle of whatever it does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only when it has ended
	<-p.ended
}

// Pause stops the program in the middle of whatever it does, until Resume.
func (p *Process) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused program go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Stop asks the program to end and waits for it. One that does not end in time is killed, and that is an error.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-p.ended:
		return p.err
	case <-timer.C:
		p.Kill()
		return fmt.Errorf("the program did not end within %v of being asked", stopWithin)
	}
}

// output keeps the end of what was printed.
type output struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

const keepOutput = 256 << 10

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kept.Len() > 2*keepOutput {
		o.kept = *bytes.NewBuffer(bytes.Clone(o.kept.Bytes()[o.kept.Len()-keepOutput:]))
	}
	return o.kept.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept.String()
}
