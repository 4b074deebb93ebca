package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is the kernel's USER_HZ, which every Linux for people sets to 100.
const ticksPerSecond = 100

// Usage is what processes have used of the machine. Only Linux tells; elsewhere it is zero.
type Usage struct {
	CPU    time.Duration
	Memory int64 // bytes held now; what processes share is divided among them
}

// UsageOf reads what a process has used.
func UsageOf(pid int) Usage {
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	return Usage{CPU: cpu(folder), Memory: memory(folder)}
}

// UsageBelow adds up what the descendants of a process have used.
func UsageBelow(pid int) Usage {
	var sum Usage
	for _, child := range children(pid) {
		for _, u := range []Usage{UsageOf(child), UsageBelow(child)} {
			sum.CPU += u.CPU
			sum.Memory += u.Memory
		}
	}
	return sum
}

func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) //nolint:gosec // a path of the kernel's
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// cpu reads user and system time, of children that have ended too.
func cpu(folder string) time.Duration {
	text, _ := os.ReadFile(filepath.Join(folder, "stat")) //nolint:gosec // a path of the kernel's
	_, after, found := strings.Cut(string(text), ") ")    // the name before it may hold spaces
	fields := strings.Fields(after)
	if !found || len(fields) < 15 {
		return 0
	}
	ticks := int64(0)
	for _, field := range fields[11:15] { // utime stime cutime cstime
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

func memory(folder string) int64 {
	text, _ := os.ReadFile(filepath.Join(folder, "smaps_rollup")) //nolint:gosec // a path of the kernel's
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Pss:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// LoadAverage is the machine's, of the last minute; empty where nobody tells.
func LoadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
