package whatsapp

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow"

	"switchboard.example/domain"
)

// fate is what a try to send came to.
type fate int

const (
	fateSent    fate = iota
	fateUnknown      // it may have arrived or not: the same message, under the same id, goes again
	fateRefused      // WhatsApp does not take it
)

// String is its name in metrics.
func (f fate) String() string {
	switch f {
	case fateSent:
		return "sent"
	case fateRefused:
		return "refused"
	case fateUnknown:
	}
	return "unknown"
}

// outcome is how one try to send ended.
type outcome struct {
	fate fate
	code string        // for people and metrics
	wait time.Duration // before the next try
}

var serverCode = regexp.MustCompile(`([0-9]+)$`)

// judge says what an error of a send means at the given try, from 1.
func judge(err error, try int) outcome {
	backoff := min(30*time.Second, 250*time.Millisecond<<min(try-1, 10))
	switch {
	case err == nil:
		return outcome{fate: fateSent, code: "ok"}
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		return judgeCode(serverCode.FindString(err.Error()), try, backoff)
	case errors.Is(err, errUnsendable), errors.Is(err, whatsmeow.ErrUnknownServer), errors.Is(err, whatsmeow.ErrRecipientADJID):
		return outcome{fate: fateRefused, code: "unsendable"}
	case interrupted(err):
		return outcome{fate: fateUnknown, code: "interrupted", wait: backoff}
	case try >= 8: // such as a number WhatsApp does not know
		return outcome{fate: fateRefused, code: "unsendable"}
	}
	return outcome{fate: fateUnknown, code: "error", wait: backoff}
}

// judgeCode knows WhatsApp's codes: some want patience, some a second try, the rest are final.
func judgeCode(code string, try int, backoff time.Duration) outcome {
	n, _ := strconv.Atoi(code)
	most := 3
	switch {
	case n == 420, n == 429: // too fast
		return outcome{fate: fateUnknown, code: code, wait: max(backoff, 10*time.Second)}
	case n >= 500:
		return outcome{fate: fateUnknown, code: code, wait: backoff}
	case n == newChatsLimit: // asked again without more ado it only makes things worse
		most = 1
	case n == 479: // a device list that is out of date
		most = 2
	}
	if try >= most {
		return outcome{fate: fateRefused, code: code}
	}
	return outcome{fate: fateUnknown, code: code, wait: max(backoff, time.Second)}
}

func interrupted(err error) bool {
	var disconnected *whatsmeow.DisconnectedError
	return errors.As(err, &disconnected) || errors.Is(err, whatsmeow.ErrNotConnected) || errors.Is(err, whatsmeow.ErrMessageTimedOut) ||
		errors.Is(err, whatsmeow.ErrIQTimedOut) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		infrastructure(err)
}

// errUnsendable says the reply's address makes no sense.
var errUnsendable = errors.New("not an address of a chat")

// sentRecently remembers the last settled replies, because the outbox lags behind.
type sentRecently struct {
	ids  []domain.ReplyID // as many as were settled, settledKept at most
	next int
	in   map[domain.ReplyID]struct{}
}

const settledKept = 512

func (r *sentRecently) add(id domain.ReplyID) {
	if r.in == nil {
		r.in = map[domain.ReplyID]struct{}{}
	}
	r.in[id] = struct{}{}
	if len(r.ids) < settledKept {
		r.ids = append(r.ids, id)
		return
	}
	delete(r.in, r.ids[r.next])
	r.ids[r.next] = id
	r.next = (r.next + 1) % settledKept
}

func (r *sentRecently) has(id domain.ReplyID) bool {
	_, ok := r.in[id]
	return ok
}
