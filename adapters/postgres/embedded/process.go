package embedded

import (
	"bytes"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running program of PostgreSQL's.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// launch starts cmd so that lastWords reach it when this program dies.
//
// Linux sends a parent-death signal when the thread that started the child ends, not the process. The goroutine
// therefore keeps its thread to itself until the child has ended.
func launch(cmd *exec.Cmd, lastWords syscall.Signal) (*process, error) {
	bindToParent(cmd.SysProcAttr, lastWords)
	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		stopWatching := watchParent(p.pid, lastWords)
		started <- nil
		p.err = cmd.Wait()
		stopWatching()
		close(p.done)
	}()
	return p, <-started
}

// output runs a command that must not outlive this program, and returns what it says.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := launch(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, err
	}
	<-p.done
	return out.Bytes(), p.err
}

// how says in a word or two how the process ended.
func (p *process) how() string {
	if p.err == nil {
		return "exit status 0"
	}
	return p.err.Error()
}

// signal tells the process how to stop, unless it has.
func (p *process) signal(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
		return syscall.Kill(p.pid, sig)
	}
}
