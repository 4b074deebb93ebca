package feed

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/lib/pq"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

// errMoved says that another process, or somebody setting it back, moved the checkpoint: read on from where it is now.
var errMoved = errors.New("the checkpoint was moved by another process")

// isInfrastructure tells a failure of the machinery from one caused by the event at hand. The former is tried again until
// it works, whole page and all, and never blames an event; the latter ends in a dead letter.
func isInfrastructure(err error) bool {
	if server, ok := errors.AsType[*pq.Error](err); ok {
		return isServerTrouble(server)
	}
	_, network := errors.AsType[net.Error](err)
	return network || isDatabaseAway(err) ||
		isOneOf(err, context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed)
}

// isDatabaseAway is the narrower question for code that touches the world as well: a network error may then be about
// anything, and counts as a try.
func isDatabaseAway(err error) bool {
	if server, ok := errors.AsType[*pq.Error](err); ok {
		return isServerTrouble(server)
	}
	return isOneOf(err, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone)
}

func isOneOf(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// isServerTrouble goes by SQLSTATE classes (PostgreSQL manual, appendix A). A missing table, schema or right is trouble
// too: it is a migration that did not run, and would condemn every stream there is.
func isServerTrouble(err *pq.Error) bool {
	switch err.Code {
	case "42P01", "42501", "3F000", "55P03", "25006":
		return true
	}
	switch err.Code.Class() {
	case "08", "28", "40", "53", "57", "58":
		return true
	}
	return false
}

// unreadable returns why the log could not read one of the events. Such an event blocks its stream like any other that
// cannot be handled, until a version of the program that knows it calls Retry.
func unreadable(events ...domain.Recorded) error {
	for _, r := range events {
		if bad, ok := r.Event.(postgres.Undecodable); ok {
			return fmt.Errorf("read event %d: %w", r.Position, bad.Err)
		}
	}
	return nil
}

// panicError is a panic in somebody's code, with the place where it happened.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recovered turns a panic of the surrounding function into its error.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value: value, stack: debug.Stack()}
	}
}

// reasonKept is how many bytes of an error's text are kept in a dead letter.
const reasonKept = 500

// reason is the error's text as people will see it in the list of what is blocked.
func reason(err error) string {
	text := strings.ToValidUTF8(err.Error(), "?")
	if len(text) > reasonKept {
		text = strings.ToValidUTF8(text[:reasonKept], "")
	}
	return text
}

// pause waits for d, or less if ctx ends; it reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// backoff doubles from first up to a limit.
func backoff(first, limit time.Duration, failures int) time.Duration {
	d := first
	for i := 1; i < failures && d < limit; i++ {
		d *= 2
	}
	return min(d, limit)
}
