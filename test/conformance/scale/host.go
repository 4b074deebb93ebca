package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// host is the sandbox's process.
type host struct {
	process *exec.Cmd
	addr    string
	since   time.Time // when it listened
}

func startSandbox(ctx context.Context, dir, addr string) (*host, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	h := &host{process: exec.CommandContext(ctx, program, "-serve", dir, "-addr", addr)} //nolint:gosec // this program itself
	h.process.Stderr = os.Stderr
	out, err := h.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("read from the sandbox: %w", err)
	}
	if err := h.process.Start(); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the sandbox did not start: %w", err)
	}
	h.addr, h.since = strings.TrimSpace(line), time.Now()
	return h, nil
}

// kill is SIGKILL: nothing is said and nothing flushed.
func (h *host) kill() {
	_ = h.process.Process.Kill()
	_ = h.process.Wait()
}

// idle watches for a while and returns the share of a core the process used.
func (h *host) idle(length time.Duration) (float64, error) {
	before, err := h.ticks()
	if err != nil {
		return 0, err
	}
	<-time.NewTimer(length).C
	after, err := h.ticks()
	const ticksPerSecond = 100
	return (after - before) / ticksPerSecond / length.Seconds(), err
}

// talk makes the round trips and says what each cost this process, in milliseconds of a core:
// a figure that a busy machine does not change.
func (h *host) talk(ctx context.Context, crowd *crowd, trips, lanes int) (rate float64, slowest time.Duration, cost float64, err error) {
	before, err := h.ticks()
	if err != nil {
		return 0, 0, 0, err
	}
	if rate, slowest, err = crowd.talk(ctx, trips, lanes); err != nil {
		return 0, 0, 0, err
	}
	after, err := h.ticks()
	return rate, slowest, (after - before) * 10 / float64(trips), err
}

// ticks is the processor time the process used so far.
func (h *host) ticks() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.process.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the processor time: %w", err)
	}
	_, fields, _ := strings.Cut(string(text), ") ")
	parts := strings.Fields(fields)
	total := 0.0
	for _, i := range []int{11, 12} { // user and system
		n, err := strconv.ParseFloat(parts[i], 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time: %w", err)
		}
		total += n
	}
	return total, nil
}

// reportMemory prints the resident set; pages of the state file are in it.
func (h *host) reportMemory(what string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.process.Process.Pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && (fields[0] == "VmRSS:" || fields[0] == "RssAnon:") {
			kib, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return
			}
			name := what
			if fields[0] == "RssAnon:" {
				name = "  of that, no file"
			}
			report(name, kib/1024, "MiB", 250, atMost)
		}
	}
}
