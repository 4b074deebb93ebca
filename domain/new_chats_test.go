package domain_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard.example/domain"
)

const aDay = 24 * time.Hour

// number is a connection that begins chats.
type number struct {
	domain.Connection
	t      *testing.T
	events []domain.Event
}

func newNumber(t *testing.T, history ...domain.ConnectionEvent) *number {
	t.Helper()
	n := &number{t: t}
	for _, e := range history {
		n.Connection = n.Evolve(e)
	}
	return n
}

// begins has a member write to a customer who was silent for long, and says with which code it was refused.
func (n *number) begins(customer string, at time.Time) (refused string) {
	n.t.Helper()
	events, refusal := n.BeginChat(domain.About{WorkspaceID: shop, CustomerID: domain.CustomerID(customer)}, at, true, time.UTC)
	for _, e := range events {
		n.Connection = n.Evolve(e.(domain.ConnectionEvent))
	}
	n.events = append(n.events, events...)
	if refusal != nil {
		return refusal.Code
	}
	return ""
}

// fill begins chats until one is refused, and says how many there were.
func (n *number) fill(at time.Time) int {
	n.t.Helper()
	for i := range 1000 {
		if code := n.begins(fmt.Sprintf("%s/%d", at, i), at); code != "" {
			if code != "reply.new_chats_used_up" {
				n.t.Fatalf("refused with %s", code)
			}
			return i
		}
	}
	return 1000
}

func TestANumberMayBeginMoreChatsFromDayToDay(t *testing.T) {
	linked := paired
	linked.PairedAt = noon
	n := newNumber(t, requested, linked)
	for day, want := range []int{10, 20, 40, 80, 160, 200, 200} {
		if got := n.fill(noon.Add(time.Duration(day)*aDay + time.Hour)); got != want {
			t.Errorf("on day %d it began %d chats, want %d", day+1, got, want)
		}
	}
	if got := n.fill(noon.Add(100 * aDay)); got != domain.MostNewChats {
		t.Errorf("on day 101 it began %d chats", got)
	}
	var limits []int
	for _, e := range n.events {
		if e, ok := e.(domain.ConnectionNewChatsAllowed); ok {
			limits = append(limits, e.Limit)
		}
	}
	if fmt.Sprint(limits) != "[10 20 40 80 160 200]" {
		t.Errorf("the limits that were recorded are %v", limits)
	}
}

func TestBeginningChats(t *testing.T) {
	linked := paired
	linked.PairedAt = noon
	limited := domain.ConnectionRestricted{WorkspaceID: shop, Code: domain.NewChatsCode, Until: noon.Add(3 * time.Hour)}
	t.Run("a second message to the same customer begins nothing", func(t *testing.T) {
		n := newNumber(t, requested, linked)
		for range 30 {
			if code := n.begins("ada", noon); code != "" {
				t.Fatal(code)
			}
		}
		if len(n.events) != 2 { // the limit and the chat
			t.Errorf("recorded %+v", n.events)
		}
	})
	t.Run("refusals of one day are recorded once, with when it opens again", func(t *testing.T) {
		n := newNumber(t, requested, linked)
		n.fill(noon)
		for range 50 {
			n.begins("late", noon.Add(23*time.Hour))
		}
		last := n.events[len(n.events)-1]
		want := domain.ConnectionSendRefused{WorkspaceID: shop, Reason: domain.ReasonNewChatsUsed, Limit: 10, Until: noon.Add(aDay), RefusedAt: noon}
		if len(n.events) != 1+10+1 || last != want {
			t.Errorf("%d events, the last %+v", len(n.events), last)
		}
		if code := n.begins("late", noon.Add(aDay)); code != "" {
			t.Errorf("the next day: %s", code)
		}
	})
	t.Run("WhatsApp's own limit refuses all until its end", func(t *testing.T) {
		n := newNumber(t, requested, linked, limited)
		for at := noon; at.Before(limited.Until); at = at.Add(time.Minute) {
			if code := n.begins("ada", at); code != "reply.new_chats_stopped" {
				t.Fatalf("%v after: %q", at.Sub(noon), code)
			}
		}
		if len(n.events) != 1 {
			t.Errorf("recorded %+v", n.events)
		}
		if code := n.begins("ada", limited.Until); code != "" {
			t.Errorf("after its end: %s", code)
		}
	})
	t.Run("a ban that comes and goes meanwhile does not lift it", func(t *testing.T) {
		n := newNumber(t, requested, linked, limited, domain.ConnectionRestricted{WorkspaceID: shop, Code: 104, Until: noon.Add(time.Hour)},
			domain.ConnectionRestrictionEnded{WorkspaceID: shop, Code: 104, EndedAt: noon.Add(time.Hour)})
		if code := n.begins("ada", noon.Add(2*time.Hour)); code != "reply.new_chats_stopped" {
			t.Errorf("%q", code)
		}
	})
	t.Run("its end is news whatever other limit came meanwhile, and ends only itself", func(t *testing.T) {
		ban := domain.ConnectionRestricted{WorkspaceID: shop, Code: 104, Until: noon.Add(time.Hour)}
		n := newNumber(t, requested, linked, limited, ban)
		over := domain.ConnectionRestrictionEnded{WorkspaceID: shop, Code: domain.NewChatsCode, EndedAt: noon.Add(time.Minute)}
		if len(n.Observe(over)) != 1 {
			t.Fatal("not recorded")
		}
		n.Connection = n.Evolve(over)
		if code := n.begins("ada", noon.Add(2*time.Minute)); code != "" {
			t.Error(code)
		}
		if n.RestrictedBy != ban.Code || !n.RestrictedUntil.Equal(ban.Until) {
			t.Errorf("the ban ended too: %+v", n.Connection)
		}
		if len(n.Observe(over)) != 0 {
			t.Error("recorded twice")
		}
	})
	t.Run("it ends when WhatsApp says so", func(t *testing.T) {
		n := newNumber(t, requested, linked, limited, domain.ConnectionRestrictionEnded{WorkspaceID: shop, Code: domain.NewChatsCode, EndedAt: noon})
		if code := n.begins("ada", noon.Add(time.Hour)); code != "" {
			t.Error(code)
		}
	})
	t.Run("a limit of another kind refuses nothing", func(t *testing.T) {
		other := limited
		other.Code = 104
		if code := newNumber(t, requested, linked, other).begins("ada", noon); code != "" {
			t.Error(code)
		}
	})
	t.Run("linking the same number again does not begin anew, another number does", func(t *testing.T) {
		n := newNumber(t, requested, linked)
		n.fill(noon)
		again := linked
		again.Device, again.PairedAt = "2348030000001:3@s.whatsapp.net", noon.Add(time.Hour)
		n.Connection = n.Evolve(unlinked).Evolve(requested).Evolve(again)
		if code := n.begins("late", noon.Add(2*time.Hour)); code != "reply.new_chats_used_up" {
			t.Errorf("linked again: %q", code)
		}
		again.Phone, again.PairedAt = "2348030000009", noon.Add(2*time.Hour)
		n.Connection = n.Evolve(unlinked).Evolve(requested).Evolve(again)
		if got := n.fill(noon.Add(3 * time.Hour)); got != domain.FirstDayChats {
			t.Errorf("the other number began %d", got)
		}
	})
}
