package sandbox

import (
	"errors"
	"net/http"
)

// The statuses a refusal can have on the control API.
const (
	statusBadRequest    = http.StatusBadRequest
	statusNotFound      = http.StatusNotFound
	statusConflict      = http.StatusConflict
	statusGone          = http.StatusGone
	statusUnprocessable = http.StatusUnprocessableEntity
	statusTimeout       = http.StatusGatewayTimeout
)

// Refusal is an error with a sentence for people and the HTTP status that fits it.
type Refusal struct {
	Status   int
	Sentence string
}

func (r *Refusal) Error() string { return r.Sentence }

func refuse(status int, sentence string) error { return &Refusal{Status: status, Sentence: sentence} }

// statusOf is the HTTP status of an error and the sentence to show.
func statusOf(err error) (int, string) {
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return refusal.Status, refusal.Sentence
	}
	return http.StatusInternalServerError, "Something went wrong in the sandbox: " + err.Error()
}

// errCut ends a connection whose last frame was cut off on purpose.
var errCut = errors.New("the frame was cut off by a fault") //nolint:gochecknoglobals // a constant

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
