package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"

	"switchboard.example/domain"
)

func TestWhatBecomesOfASend(t *testing.T) {
	t.Parallel()
	refused := func(code int) error { return fmt.Errorf("%w %d", whatsmeow.ErrServerReturnedError, code) }
	for name, c := range map[string]struct {
		err  error
		try  int
		fate fate
		code string
	}{
		"taken":                               {nil, 1, fateSent, "ok"},
		"no answer":                           {whatsmeow.ErrMessageTimedOut, 9, fateUnknown, "interrupted"},
		"no answer in time":                   {context.DeadlineExceeded, 9, fateUnknown, "interrupted"},
		"interrupted":                         {&whatsmeow.DisconnectedError{Action: "message send"}, 9, fateUnknown, "interrupted"},
		"no database":                         {errStorage{cause: errors.New("x")}, 9, fateUnknown, "interrupted"},
		"too fast":                            {refused(429), 9, fateUnknown, "429"},
		"a busy server":                       {refused(503), 9, fateUnknown, "503"},
		"no new chats":                        {refused(463), 1, fateRefused, "463"},
		"a stale device list":                 {refused(479), 1, fateUnknown, "479"},
		"an unknown code":                     {refused(402), 2, fateUnknown, "402"},
		"an unknown code a third time":        {refused(402), 3, fateRefused, "402"},
		"an address that is none":             {errUnsendable, 1, fateRefused, "unsendable"},
		"a number nobody has, after a while":  {errors.New("no LID found"), 8, fateRefused, "unsendable"},
		"a number nobody has, before a while": {errors.New("no LID found"), 7, fateUnknown, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(c.err, c.try)
			if got.fate != c.fate || got.code != c.code {
				t.Errorf("judged %+v", got)
			}
			if got.fate == fateUnknown && got.wait <= 0 {
				t.Error("it goes again without a pause")
			}
		})
	}
}

func TestSettledRepliesAreRememberedForAWhile(t *testing.T) {
	t.Parallel()
	var r sentRecently
	for i := range 600 {
		r.add(domain.ReplyID(fmt.Sprint(i)))
	}
	if r.has("0") || !r.has("100") || !r.has("599") || len(r.in) != 512 {
		t.Errorf("it remembers %d", len(r.in))
	}
}

func TestStorageErrorsKeepMessagesUnacknowledged(t *testing.T) {
	t.Parallel()
	cause := errors.New("the disk is full")
	err := fmt.Errorf("decrypt: %w", errStorage{cause: cause})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Error("the library would acknowledge the message")
	}
}

func TestLogLinesOfTheLibraryAreRedacted(t *testing.T) {
	t.Parallel()
	node := &waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"from": "2348030000001@s.whatsapp.net"}, Content: "secret words"}
	got := redact("from %s: %s (%v)", []any{"2348030000001@s.whatsapp.net", node, []byte("secret words")})
	if strings.Contains(got, "2348030000001") || strings.Contains(got, "secret") {
		t.Errorf("the line is %q", got)
	}
}

func TestWhoseFaultADatabaseErrorIs(t *testing.T) {
	t.Parallel()
	for state, moment := range map[string]bool{
		"22021": false, // a value the database refuses
		"23505": false, // a constraint
		"42P01": true,  // a table is missing: no message's fault
		"53100": true,  // the disk is full
		"57P01": true,  // the server is stopping
		"40P01": true,  // a deadlock
		"25006": true,  // read-only
	} {
		if got := infrastructure(fmt.Errorf("append: %w", pqError(state))); got != moment {
			t.Errorf("%s counts as the moment's fault: %v", state, got)
		}
	}
	if infrastructure(errors.New("a bug")) {
		t.Error("a bug counts as the moment's fault")
	}
}

func pqError(state string) error { return &pq.Error{Code: pqerror.Code(state)} }
