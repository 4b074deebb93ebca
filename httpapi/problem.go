package httpapi

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// problem is RFC 9457's body of every error.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	RequestID string         `json:"requestId,omitempty"`
	Errors    []fieldProblem `json:"errors,omitempty"`

	FailingTests []faqTestBody `json:"failingTests,omitempty"`
}

// fieldProblem says which field of the request is meant.
type fieldProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// retryAfter is how long a client is asked to wait, in seconds.
const (
	retryAfterBusy     = 2
	retryAfterAttempts = 60
)

func newProblem(status int, code, detail string) problem {
	return problem{Type: "/problems/" + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// problemOf is the only place that knows status codes. A refusal speaks for itself; of a fault people see only that there is
// one, because what went wrong inside is nobody's business outside.
func problemOf(err error) (p problem, isFault bool) {
	var refusal *domain.Error
	var routing *echo.HTTPError
	switch {
	case errors.Is(err, errClientLeft), errors.Is(err, context.Canceled):
		return newProblem(statusClientGone, "request.cancelled", "The request was cancelled."), false
	case errors.As(err, &refusal):
		p = newProblem(statusOf(refusal.Kind), refusal.Code, refusal.Message)
		if refusal.Field != "" {
			p.Errors = []fieldProblem{{Field: refusal.Field, Message: refusal.Message}}
		}
		if b := (breaking{}); errors.As(err, &b) {
			for _, t := range b.tests {
				p.FailingTests = append(p.FailingTests, newFAQTestBody(t))
			}
		}
		return p, false
	case errors.Is(err, commands.ErrForgotten): // this very moment
		return newProblem(statusOf(errErased.Kind), errErased.Code, errErased.Message), false
	case errors.As(err, &routing):
		return routingProblem(routing.Code), routing.Code >= http.StatusInternalServerError
	case isAway(err):
		return newProblem(http.StatusServiceUnavailable, "database.away",
			"We cannot reach our database right now. Nothing is lost; please try again in a moment."), true
	}
	return newProblem(http.StatusInternalServerError, "internal",
		"Something went wrong on our side. Please try again; if it stays like this, tell us the request's id."), true
}

const statusClientGone = 499 // nobody reads it; it is for the log

func statusOf(kind domain.Kind) int {
	switch kind {
	case domain.Invalid:
		return http.StatusBadRequest
	case domain.Unauthorized:
		return http.StatusUnauthorized
	case domain.Denied:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Conflict:
		return http.StatusConflict
	case domain.TooMany:
		return http.StatusTooManyRequests
	case domain.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func routingProblem(status int) problem {
	switch status {
	case http.StatusNotFound:
		return newProblem(status, "not_found", "There is nothing at this address.")
	case http.StatusMethodNotAllowed:
		return newProblem(status, "method_not_allowed", "This address does not answer to that method.")
	case http.StatusRequestEntityTooLarge:
		return newProblem(status, "body.too_large", "The request is too large; 256 KiB are allowed.")
	case http.StatusUnsupportedMediaType:
		return newProblem(status, "body.not_json", "Send the request as application/json.")
	}
	return newProblem(status, "request.refused", "The request could not be understood.")
}

// isAway says whether the database could not be reached, or did not answer in time.
func isAway(err error) bool {
	var network net.Error
	var server interface{ SQLState() string }
	switch {
	case errors.As(err, &server):
		state := server.SQLState()
		return len(state) == 5 && (state[:2] == "08" || state[:2] == "53" || state[:2] == "57" || state == "25006") // the last: read-only
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	return false
}

// fail answers with a problem. Faults are logged here, once, with the id that people can quote.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p, isFault := problemOf(err)
	p.RequestID = requestID(c)
	if p.Status == statusClientGone {
		s.config.Logger.DebugContext(c.Request().Context(), "the client left", "method", c.Request().Method, "route", c.Path(), "error", err)
	}
	if isFault {
		s.config.Logger.ErrorContext(c.Request().Context(), "request failed",
			"request_id", p.RequestID, "method", c.Request().Method, "route", c.Path(), "status", p.Status, "error", err)
	}
	switch p.Status {
	case http.StatusUnauthorized:
		s.config.Refused(p.Code)
	case http.StatusTooManyRequests:
		if p.Code == errTooMany.Code {
			s.config.Refused(p.Code)
		}
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfterAttempts))
	case http.StatusServiceUnavailable:
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfterBusy))
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	if c.Request().Method == http.MethodHead {
		c.Response().WriteHeader(p.Status)
		return
	}
	if err := writeJSON(c, p.Status, p); err != nil {
		s.config.Logger.DebugContext(c.Request().Context(), "could not answer", "error", err)
	}
}
