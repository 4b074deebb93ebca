package domain

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal it is, for programs.
type Kind string

// The kinds of refusals.
const (
	Invalid      Kind = "invalid"      // the request makes no sense as it stands
	Unauthorized Kind = "unauthorized" // we do not know who asks
	Denied       Kind = "forbidden"    // we know who asks, and they may not
	NotFound     Kind = "not_found"    // it does not exist for who asks
	Conflict     Kind = "conflict"     // it clashes with what is already so
	TooMany      Kind = "too_many"     // too often, or too much
	Unavailable  Kind = "unavailable"  // not now; try again
)

// Error is a refusal: a kind for programs, a code that never changes, and a full sentence for people.
type Error struct {
	Kind    Kind
	Code    string // "workspace.suspended"
	Message string
	Field   string // the request's field it is about, if one
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refuse returns a refusal of the given kind.
func Refuse(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Forbidden refuses something the asker may not do.
func Forbidden(code, message string) *Error { return Refuse(Denied, code, message) }

// ErrorClass names a failure without its words, which may be a customer's: a refusal's code, else the Go type of its cause.
func ErrorClass(err error) string {
	if refusal := (*Error)(nil); errors.As(err, &refusal) {
		return refusal.Code
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// InvalidField refuses a request because of one of its fields.
func InvalidField(field, code, message string) *Error {
	return &Error{Kind: Invalid, Code: code, Message: message, Field: field}
}
