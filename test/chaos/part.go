package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchboard.example/test/rig"
)

// part is a process that is killed and started again.
type part struct {
	name    string
	start   func(context.Context) (*rig.Process, error)
	history *history

	mu     sync.Mutex // held while it is away
	now    *rig.Process
	dead   *rig.Process // was killed here; it did not end by itself, however long the next one takes to start
	closed bool
	killed func(*rig.Process) bool // says that an end was the process's own doing as it was told; may be nil
	away   func(since time.Time)   // called each time it was away and starts again; may be nil
}

// startWithin is how long a part is tried to be started again; a start that fails is tried again, as a supervisor does.
const startWithin = time.Minute

// begin starts the part. Callers hold mu.
func (p *part) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	err := rig.Eventually(ctx, "start the "+p.name, func(ctx context.Context) error {
		process, err := p.start(ctx)
		if err != nil {
			p.history.add("start of the "+p.name+" failed", err)
			return err
		}
		p.now = process
		return nil
	})
	if err != nil {
		return err
	}
	p.history.add(p.name+" is there", nil)
	go p.watch(context.WithoutCancel(ctx), p.now)
	return nil
}

// again starts the part after it was away. Callers hold mu.
func (p *part) again(ctx context.Context) error {
	if p.away != nil {
		p.away(time.Now())
	}
	return p.begin(ctx)
}

// open starts the part for the first time.
func (p *part) open(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begin(ctx)
}

// crash kills the part, keeps it away for so long and starts it again.
func (p *part) crash(ctx context.Context, length time.Duration) error {
	return p.without(ctx, func() error { return pause(ctx, length) })
}

// without kills the part, does something while it is away, and starts it again.
func (p *part) without(ctx context.Context, do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Kill()
	p.dead = p.now
	p.history.add(p.name+" killed", nil)
	if err := do(); err != nil {
		return err
	}
	return p.again(ctx)
}

// watch notices an end that nobody asked for, keeps what was said last, and starts the part again.
func (p *part) watch(ctx context.Context, process *rig.Process) {
	<-process.Ended()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.now != process {
		return
	}
	if p.dead == process || p.killed != nil && p.killed(process) {
		if err := p.again(ctx); err != nil {
			p.history.add("start given up", err)
		}
		return
	}
	p.history.add(endedByItself, fmt.Sprintf("the %s: %s", p.name, tail(process.Output(), 4_000)))
	if err := p.again(ctx); err != nil {
		p.history.add("start given up", err)
	}
}

const endedByItself = "ended by itself"

// close asks the part to end and waits.
func (p *part) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.now == nil {
		return nil
	}
	if err := p.now.Stop(); err != nil {
		return fmt.Errorf("stop the %s: %w", p.name, err)
	}
	return nil
}

// pid is the running process.
func (p *part) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return 0
	}
	return p.now.PID()
}

// output is what the running process printed last.
func (p *part) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return ""
	}
	return p.now.Output()
}

func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return "…" + text[len(text)-n:]
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
