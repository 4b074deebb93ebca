package bot

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/commands/memory"
	"switchboard.example/domain"
)

const shop domain.WorkspaceID = "00000000-0000-5000-8000-000000000001"

// world is a workspace with its real commands and bot on a log in memory, and a clock that only the test moves.
type world struct {
	t     *testing.T
	store *memory.Store
	do    *commands.Handler
	turns *Turns
	desk  *desk
	now   time.Time
	count int
	faqs  int
	book  map[string]domain.CustomerID
	fail  bool // sending is not possible just now
	sent  int  // by the bot within a day, in all chats

	offers map[string]commands.NumberOffer // by phone
}

// desk answers commands from what a test put on it.
type desk struct {
	emptyDesk
	waiting []Waiting
	missed  []Missed
	people  map[string]Person
	last    Person
	stats   Stats
	ignored []Person
	team    []Teammate
	cameIn  int
	today   Today
}

func (d *desk) Waiting(context.Context, domain.WorkspaceID) ([]Waiting, error) { return d.waiting, nil }

func (d *desk) Missed(context.Context, domain.WorkspaceID) ([]Missed, error) { return d.missed, nil }

func (d *desk) Ignored(context.Context, domain.WorkspaceID) ([]Person, error) { return d.ignored, nil }

func (d *desk) Team(context.Context, domain.WorkspaceID) ([]Teammate, error) { return d.team, nil }

func (d *desk) CameIn(context.Context, domain.WorkspaceID, time.Time) (int, error) {
	return d.cameIn, nil
}

func (d *desk) Link(context.Context, domain.WorkspaceID) (string, error) {
	return "https://dash.example", nil
}

func (d *desk) Stats(context.Context, domain.WorkspaceID, time.Time, time.Time) (Stats, error) {
	return d.stats, nil
}

func (d *desk) PersonByPhone(_ context.Context, _ domain.WorkspaceID, phone string) (Person, bool, error) {
	p, ok := d.people[phone]
	return p, ok, nil
}

func (d *desk) Person(_ context.Context, _ domain.WorkspaceID, c domain.CustomerID) (Person, bool, error) {
	for _, p := range d.people {
		if p.CustomerID == c {
			return p, true, nil
		}
	}
	return Person{}, false, nil
}

func (d *desk) LastPerson(context.Context, domain.WorkspaceID) (Person, bool, error) {
	return d.last, d.last.CustomerID != "", nil
}

func newWorld(t *testing.T, faqs ...domain.FAQ) *world {
	t.Helper()
	w := &world{t: t, store: &memory.Store{}, now: noon, book: map[string]domain.CustomerID{}, offers: map[string]commands.NumberOffer{}, desk: &desk{people: map[string]Person{}}}
	w.desk.today = Today{Connected: domain.Connection{Status: domain.Connected, Phone: "2348030000001", LastConnectedAt: noon.Add(-time.Hour)}}
	w.do = &commands.Handler{
		Store: w.store, Addresses: w, Counters: w, Sent: w, Now: func() time.Time { return w.now },
		NewID: func() string { return w.id("command") }, ReplyKey: []byte("key"), Pacing: true, Offers: w, SignIn: w,
	}
	w.restart()
	w.happens(domain.WorkspaceStream(shop), domain.WorkspaceRegistered{
		WorkspaceID: shop, Name: "Ada's Kitchen", Timezone: "Africa/Lagos", TrialUntil: noon.AddDate(0, 0, 60),
	}, domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "the owner", Role: domain.RoleOwner})
	for _, f := range faqs {
		w.faqs = f.Number
		w.happens(domain.FAQStream(shop, f.ID), domain.FAQAdded{
			WorkspaceID: shop, FAQID: f.ID, Number: f.Number, Questions: f.Questions, Answer: f.Answer, Enabled: f.Enabled, OnlyWhenSure: f.OnlyWhenSure,
		})
	}
	return w
}

// restart forgets everything that is not in the log.
func (w *world) restart() {
	w.t.Helper()
	library, err := NewLibrary(w)
	if err != nil {
		w.t.Fatal(err)
	}
	w.turns = NewTurns(TurnsConfig{
		Library: library, Desk: w.desk, Day: func(context.Context, domain.WorkspaceID) (Today, error) { return w.desk.today, nil },
		Prove: w.do.ProveNumber, Log: slog.New(slog.DiscardHandler), Now: w.do.Now, Pacing: true,
	})
}

// The world is also the place of numbers that are to send a code, and of links to sign in.

func (w *world) Offer(_ context.Context, o commands.NumberOffer) error {
	w.offers[o.Phone] = o
	return nil
}

func (w *world) Offered(_ context.Context, _ domain.WorkspaceID, phone string) (commands.NumberOffer, bool, error) {
	o, ok := w.offers[phone]
	return o, ok, nil
}

func (w *world) Offers(context.Context, domain.WorkspaceID, time.Time) ([]commands.NumberOffer, error) {
	return slices.Collect(maps.Values(w.offers)), nil
}

func (w *world) Missed(_ context.Context, o commands.NumberOffer) error {
	o.Tries++
	w.offers[o.Phone] = o
	return nil
}

func (w *world) Withdraw(_ context.Context, _ domain.WorkspaceID, phone string, _ domain.MemberID) error {
	delete(w.offers, phone)
	return nil
}

func (w *world) NewLink(_ context.Context, _ domain.WorkspaceID, m domain.MemberID, _ time.Time) (string, bool, error) {
	return "https://dash.example/link#once", m == "the owner" || m == "ada", nil
}

func (w *world) id(kind string) string {
	w.count++
	return domain.DeriveID(domain.Namespace, kind, fmt.Sprint(w.count))
}

func (w *world) Resolve(_ context.Context, _ domain.WorkspaceID, addresses []string, _ time.Time) (commands.Resolved, error) {
	c, known := w.book[addresses[0]]
	if !known {
		c = domain.CustomerID(domain.DeriveID(domain.Namespace, addresses[0]))
		w.book[addresses[0]] = c
	}
	return commands.Resolved{Customer: c, Created: !known}, nil
}

func (w *world) Known(_ context.Context, _ domain.WorkspaceID, addresses []string) (commands.Resolved, bool, error) {
	c, known := w.book[addresses[0]]
	return commands.Resolved{Customer: c}, known, nil
}

func (w *world) NextFAQNumber(context.Context, domain.WorkspaceID) (int, error) {
	w.faqs++
	return w.faqs, nil
}

func (w *world) ChatsTold(context.Context, domain.WorkspaceID, string, time.Time, domain.CustomerID) (int, error) {
	return 0, nil
}

func (w *world) RepliesSince(context.Context, domain.WorkspaceID, time.Time) (int, error) {
	return w.sent, nil
}

func (w *world) FAQRevision(context.Context, domain.WorkspaceID) (int64, error) {
	taught := w.faqEvents() //nolint:contextcheck // the log in memory is read under the test's own
	if len(taught) == 0 {
		return 0, nil
	}
	return taught[len(taught)-1].Position, nil
}

func (w *world) faqEvents() []domain.Recorded {
	var all []domain.Recorded
	for _, r := range w.log() {
		if r.Stream.Kind == domain.FAQKind {
			all = append(all, r)
		}
	}
	return all
}

func (w *world) FAQs(context.Context, domain.WorkspaceID) ([]domain.FAQ, error) {
	var order []domain.StreamID
	states := map[domain.StreamID]domain.FAQ{}
	for _, r := range w.faqEvents() { //nolint:contextcheck // as above
		if _, known := states[r.Stream]; !known {
			order = append(order, r.Stream)
		}
		states[r.Stream] = states[r.Stream].Evolve(r.Event.(domain.FAQEvent))
	}
	var faqs []domain.FAQ
	for _, s := range order {
		if !states[s].Removed && states[s].ID != "" {
			faqs = append(faqs, states[s])
		}
	}
	return faqs, nil
}

// log is everything that happened.
func (w *world) log() []domain.Recorded {
	w.t.Helper()
	all, err := w.store.Page(w.t.Context(), 0, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) happens(stream domain.StreamID, events ...domain.Event) {
	w.t.Helper()
	for _, e := range events {
		_, err := w.store.Append(w.t.Context(), commands.AppendRequest{Workspace: shop, Parts: []commands.Part{{
			Stream: stream, Expected: commands.AnyVersion, Events: []domain.NewEvent{{ID: domain.EventID(w.id("event")), OccurredAt: w.now, Event: e}},
		}}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) message(who, text string) commands.ReceiveMessage {
	return commands.ReceiveMessage{
		WorkspaceID: shop, From: commands.Sender{Addresses: []string{who}, Name: who, Phone: w.phoneOf(who)}, MessageID: domain.MessageID(w.id("message")),
		Kind: domain.KindText, Text: text, SentAt: w.now, ReplyTo: who + "@lid",
	}
}

func (w *world) phoneOf(who string) string {
	for phone, p := range w.desk.people {
		if p.Name == who {
			return phone
		}
	}
	return ""
}

func (w *world) receives(m commands.ReceiveMessage) domain.CustomerID {
	w.t.Helper()
	c, err := w.do.ReceiveMessage(w.t.Context(), m)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) owner(m commands.ReceiveMessage, selfChat bool) domain.CustomerID {
	w.t.Helper()
	c, err := w.do.ReceiveOwnerMessage(w.t.Context(), m, selfChat)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) conversation(c domain.CustomerID) domain.Conversation {
	w.t.Helper()
	events, err := w.store.Load(w.t.Context(), domain.ConversationStream(shop, c), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	state, _ := commands.Fold[domain.Conversation, domain.ConversationEvent](events)
	return state
}

// step decides what is due in a chat now and sends what may be sent. It returns what was said, and why nothing was.
func (w *world) step(c domain.CustomerID) (said []string, silences []domain.Reason) {
	w.t.Helper()
	for {
		before := len(w.log())
		answered, err := w.do.AnswerTurn(w.t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: c,
			Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
				return w.turns.choose(w.t.Context(), turn, messages, w.turns.Library.Soon(w.t.Context(), shop))
			},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if answered.Decision == "" {
			return said, silences
		}
		for _, r := range w.log()[before:] {
			if e, ok := r.Event.(domain.ReplyDecided); ok && answered.ReplyID == "" {
				silences = append(silences, e.Why)
			}
		}
		refs := answered.Others
		if answered.ReplyID != "" {
			refs = append([]commands.ReplyRef{{WorkspaceID: shop, CustomerID: c, ReplyID: answered.ReplyID}}, refs...)
		}
		for _, ref := range refs {
			text, why := w.deliver(ref)
			if why != "" {
				silences = append(silences, why)
			} else {
				said = append(said, text)
			}
		}
	}
}

// deliver sends a queued reply through the last gate.
func (w *world) deliver(ref commands.ReplyRef) (string, domain.Reason) {
	w.t.Helper()
	if w.fail {
		return "(waits)", ""
	}
	reply, ok, err := w.do.ReleaseReply(w.t.Context(), ref)
	if err != nil {
		w.t.Fatal(err)
	}
	if !ok {
		for _, r := range slices.Backward(w.log()) {
			if cancelled, is := r.Event.(domain.ReplyCancelled); is && cancelled.ReplyID == ref.ReplyID {
				return "", cancelled.Reason
			}
		}
		return "", ""
	}
	if err := w.do.ReplySent(w.t.Context(), ref, w.now); err != nil {
		w.t.Fatal(err)
	}
	if reply.Quotes != "" {
		return "> " + reply.QuotedText + "\n" + reply.Text, ""
	}
	return reply.Text, ""
}

// settle lets time pass until the chat's open turn is decided.
func (w *world) settle(c domain.CustomerID) (said []string, silences []domain.Reason) {
	w.t.Helper()
	for range 200 {
		s, q := w.step(c)
		said, silences = append(said, s...), append(silences, q...)
		if len(w.conversation(c).Turn) == 0 {
			return said, silences
		}
		w.now = w.now.Add(100 * time.Millisecond)
	}
	w.t.Fatal("a turn stays open")
	return nil, nil
}

// says lets a customer write a burst and returns what they got, silences in brackets.
func (w *world) says(who string, texts ...string) string {
	w.t.Helper()
	var c domain.CustomerID
	for _, text := range texts {
		c = w.receives(w.message(who, text))
	}
	return heard(w.settle(c))
}

// commands lets the owner write to themselves.
func (w *world) orders(text string) string {
	w.t.Helper()
	return heard(w.settle(w.owner(w.message("self", text), true)))
}

func heard(said []string, silences []domain.Reason) string {
	for _, why := range silences {
		said = append(said, "("+string(why)+")")
	}
	if len(said) == 0 {
		return "(nothing)"
	}
	return strings.Join(said, "\n---\n")
}
