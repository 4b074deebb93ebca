package whatsapp

import (
	"errors"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

func TestAValueThatNoTableCanHoldBreaksNoConnection(t *testing.T) {
	t.Parallel()
	for state, broken := range map[string]bool{"22021": false, "22P05": false, "53100": true, "57P01": true, "23503": true} {
		g := &guard{ratchet: newRatchet()}
		_, release, err := g.ratchet.hold(t.Context()) // a try within the ratchet is the only one
		if err != nil {
			t.Fatal(err)
		}
		cause := &pq.Error{Code: pqerror.Code(state)}
		if err := g.do(t.Context(), func() error { return cause }); !errors.Is(err, cause) && !broken {
			t.Errorf("%s became %v", state, err)
		}
		if got := g.usable() != nil; got != broken {
			t.Errorf("%s: broken is %v, want %v", state, got, broken)
		}
		release()
	}
}
