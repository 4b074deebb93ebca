package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"
)

// outcomeUnknown says whether the server may or may not have committed what failed with err: it could not be reached, or
// went away, or was starting or stopping.
func outcomeUnknown(err error) bool {
	var network net.Error
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) {
		return true
	}
	switch state := sqlState(err); state {
	case "53300", "57P01", "57P02", "57P03", "40001", "40P01": // full, stopping, crashed, starting; serialization, deadlock
		return true
	default:
		return len(state) == 5 && state[:2] == "08" // connection exceptions
	}
}

// Away says whether the server could not be reached, or went away, starts or stops: the same may work in a moment.
func Away(err error) bool { return outcomeUnknown(err) || errors.Is(err, context.DeadlineExceeded) }

// Unwritable says in a sentence why the server, which answers, takes no writes; empty when err is something else. It may
// last until a person has done something.
func Unwritable(err error) string {
	switch sqlState(err) {
	case "25006":
		return "The database is read-only."
	case "53100":
		return "The database's disk is full."
	}
	return ""
}

// badData says whether the server refused the values of a statement, as opposed to the statement or the moment.
func badData(err error) bool {
	state := sqlState(err)
	return len(state) == 5 && (state[:2] == "22" || state[:2] == "23")
}

func sqlState(err error) string {
	if refused := (*pq.Error)(nil); errors.As(err, &refused) {
		return refused.SQLState()
	}
	return ""
}
