//go:build failpoints

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// The setting is a point's name and how often it is passed before it strikes, such as after_recorded:3.
var (
	armed, count, _ = strings.Cut(os.Getenv("SWITCHBOARD_FAILPOINT"), ":") //nolint:forbidigo // of test builds only, and no part of the configuration
	left            atomic.Int64
	cleared         atomic.Bool // a message was, and what is written to the wire next is its receipt
)

func init() {
	n, err := strconv.Atoi(count)
	if err != nil {
		n = 1
	}
	left.Store(int64(n))
}

// Reached ends the process at once when this is the armed point and it was passed often enough. What it says first is how
// a test knows that the process ended here and of nothing else.
func Reached(point string) {
	switch point {
	case AfterCleared:
		cleared.Store(true)
	case BeforeReceipt:
		if !cleared.Swap(false) {
			return // something else is written
		}
	}
	if point != armed || left.Add(-1) != 0 {
		return
	}
	_, _ = os.Stderr.WriteString("failpoint " + point + "\n")
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // not one instruction more
}

// Struck panics where nobody recovers if these are the armed words.
func Struck(words string) {
	if armed != Panic || words != count {
		return
	}
	go func() { panic("failpoint " + Panic) }()
	select {} // the one who handles it gets no further
}
