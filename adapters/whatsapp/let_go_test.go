package whatsapp_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

var letGo = flag.Int("let-go", 25, "how many sessions are let go of at once")

// linkedMany are shops whose numbers are linked and connected.
func (w *world) linkedMany(n int) []*shop {
	w.t.Helper()
	shops := make([]*shop, n)
	for i := range shops {
		shops[i] = w.newShop(fmt.Sprintf("23480300%05d", i+1))
		shops[i].connect("", "")
	}
	for _, s := range shops {
		s.scan(s.phone)
	}
	w.eventually("all are connected", func() bool { return w.logged("connection.connected") == n })
	return shops
}

// logged is how many events of a type the log has.
func (w *world) logged(eventType string) (n int) {
	w.t.Helper()
	w.must(w.worker.GetContext(w.t.Context(), &n, `SELECT count(*) FROM events WHERE type = $1`, eventType))
	return n
}

func TestAConnectionThatIsLetGoOfSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	first := all[domain.ConnectionConnected](s)[0]
	w.stopPool()
	released := all[domain.ConnectionReleased](s)
	if len(released) != 1 || released[0].Epoch != first.Epoch || released[0].ConnSeq != first.ConnSeq || first.Epoch == 0 || first.ConnSeq == 0 {
		t.Fatalf("recorded %+v after %+v", released, first)
	}
	if c := s.connection(); c.Status != domain.Reconnecting || c.Reason != domain.ReasonRestarted || !c.Desired || !c.Linked {
		t.Errorf("meanwhile it is %+v", c)
	}
	w.startPool()
	s.awaitConnected(2)
	second := all[domain.ConnectionConnected](s)[1]
	if second.Epoch <= first.Epoch || second.ConnSeq <= first.ConnSeq {
		t.Errorf("who took it over recorded %+v", second)
	}
}

// Who was replaced may wake up and tell of what it saw. The log refuses it.
func TestATransitionSeenByAnEarlierOwnerIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	earlier := all[domain.ConnectionConnected](s)[0].Epoch
	w.stopPool()
	w.startPool()
	s.awaitConnected(2)
	for _, late := range []domain.ConnectionEvent{
		domain.ConnectionReleased{WorkspaceID: s.id},
		domain.ConnectionReconnecting{WorkspaceID: s.id, Reason: domain.ReasonDropped},
		domain.ConnectionDisconnected{WorkspaceID: s.id, Reason: domain.ReasonReplaced},
		domain.ConnectionUnlinked{WorkspaceID: s.id},
	} {
		_, err := w.handler.ObserveConnection(t.Context(), commands.ObserveConnection{Caller: commands.Caller{Epoch: earlier}, WorkspaceID: s.id, Event: late})
		if !errors.Is(err, commands.ErrFenced) {
			t.Errorf("%T was met with %v", late, err)
		}
	}
	if c := s.connection(); c.Status != domain.Connected {
		t.Errorf("it is %+v", c)
	}
}

// What was not connected is not let go of: it is what it was, whoever holds it.
func TestAConnectionThatWasDownIsNotLetGoOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "temporary_ban", Seconds: 3600})
	s.awaitReason(domain.ReasonBanned)
	w.stopPool()
	if n := count[domain.ConnectionReleased](s); n != 0 || s.connection().Reason != domain.ReasonBanned {
		t.Errorf("let go of %d times, and it is %+v", n, s.connection())
	}
}

// The log may take nothing at that moment. The workspace is given back all the same.
func TestAConnectionIsLetGoOfThoughTheLogTakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.hooks.onObserve(func(e domain.ConnectionEvent) error {
		if _, release := e.(domain.ConnectionReleased); release {
			return commands.ErrConflict
		}
		return nil
	})
	w.stopPool()
	if n := count[domain.ConnectionReleased](s); n != 0 || len(w.leases.Mine()) != 0 {
		t.Errorf("recorded %d times, and %d workspaces were kept", n, len(w.leases.Mine()))
	}
	w.startPool()
	s.awaitConnected(2)
}

func TestManySessionsAreLetGoOfAtOnce(t *testing.T) {
	w := newWorld(t)
	w.linkedMany(*letGo)
	began := time.Now()
	w.pool.HandOver(t.Context())
	took := time.Since(began)
	t.Logf("%d sessions were let go of in %v", *letGo, took)
	if n := w.logged("connection.released"); n != *letGo || took > 12*time.Second {
		t.Errorf("%d of %d were recorded, in %v", n, *letGo, took)
	}
}

// What ended a connection can be read from the log: whose ownership, which connection, what the library called it and what
// WhatsApp said.
func TestTheEndOfAConnectionSaysHowItCameAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	first := all[domain.ConnectionConnected](s)[0]
	w.fault(sandbox.Fault{Kind: "replaced"})
	s.awaitConnected(2)
	gone, tried := all[domain.ConnectionDisconnected](s)[0], all[domain.ConnectionReconnecting](s)[0]
	want := domain.Evidence{
		Epoch: first.Epoch, ConnSeq: first.ConnSeq, LibraryEvent: "StreamReplaced", ReasonCode: "replaced",
		RawExcerpt: `<stream:error><conflict type="replaced"/></stream:error>`,
	}
	if gone.Evidence != want || tried.Evidence != want {
		t.Errorf("recorded %+v\nand %+v\nnot %+v", gone.Evidence, tried.Evidence, want)
	}
	w.fault(sandbox.Fault{Kind: "temporary_ban", Seconds: 3600, Code: 104})
	limit := await[domain.ConnectionRestricted](s, nil)
	if limit.LibraryEvent != "TemporaryBan" || limit.RawExcerpt != `<failure code="104" expire="3600" reason="402"/>` || limit.ConnSeq <= first.ConnSeq+1 {
		t.Errorf("recorded %+v", limit)
	}
}
