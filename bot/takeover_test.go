package bot

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var (
	stories    = flag.Int("stories", 10_000, "how many random stories are played")
	firstStory = flag.Uint64("first", 0, "the seed of the first random story")
)

// fact is a stored event, as it would come back after a restart.
type fact struct {
	id    string
	event domain.ConversationEvent
}

// chatLog is one customer's chat under a storm of deliveries: in any order, more than once, with restarts in between.
type chatLog struct {
	facts []fact
	ids   map[string]bool
	state domain.Conversation
}

func (l *chatLog) append(id string, e domain.ConversationEvent) {
	if l.ids[id] {
		return // redelivered
	}
	l.ids[id] = true
	l.facts, l.state = append(l.facts, fact{id, e}), l.state.Evolve(e)
}

// restart folds everything again from its stored form.
func (l *chatLog) restart(t *testing.T) {
	t.Helper()
	l.state = domain.Conversation{}
	for _, f := range l.facts {
		body, err := json.Marshal(f.event)
		if err != nil {
			t.Fatal(err)
		}
		e, err := domain.DecodeEvent(f.event.EventType(), 1, body)
		if err != nil {
			t.Fatal(err)
		}
		l.state = l.state.Evolve(e.(domain.ConversationEvent))
	}
}

// storm is one random story of two chats.
type storm struct {
	t     *testing.T
	r     *rand.Rand
	w     domain.Workspace
	k     *Knowledge
	now   time.Time
	chats [2]*chatLog
	later []func() // deliveries under way, taken in any order
	count int
	owner [2][]time.Time // when a person wrote, by WhatsApp's clock, as far as delivered
	back  [2]time.Time   // when the chat was last given back to the bot
	wrote [2][]string    // ids of the customer's messages, delivered or not
	apps  [2][]appReply  // words of WhatsApp's own app that were taken for a person's
	stops [2]int         // confirmations of STOP that may still be said
	sent  int
}

// appReply is a message that turns out to be nobody's.
type appReply struct {
	id string
	at time.Time
}

var stormWords = []string{ //nolint:gochecknoglobals // a constant table
	"how much is delivery?", "opening hours", "where is your shop?", "hello", "STOP", "START", "thanks", "0", "1", "menu", "agent",
	"do you do small chops for weddings", "you people bring things when", "this is a scam", "idiot", "hmm",
}

func TestNothingIsSaidWhileAPersonTalksOrAfterSTOP(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	sent, silenced := 0, 0
	for n := range uint64(*stories) {
		seed := *firstStory + n
		s := newStorm(t, seed, k)
		for range 24 {
			s.act()
		}
		sent, silenced = sent+s.sent, silenced+len(s.owner[0])+len(s.owner[1])
		if t.Failed() {
			t.Fatalf("in story %d", seed)
		}
	}
	if sent < *stories || silenced < *stories {
		t.Fatalf("the stories are too tame: %d replies, %d messages by a person", sent, silenced)
	}
}

func newStorm(t *testing.T, seed uint64, k *Knowledge) *storm {
	t.Helper()
	s := &storm{t: t, r: rand.New(rand.NewPCG(seed, 7)), k: k, now: noon}
	s.w = domain.Workspace{}.Evolve(domain.WorkspaceRegistered{WorkspaceID: shop, Name: "Ada's Kitchen", TrialUntil: noon.AddDate(1, 0, 0)})
	if choices := domain.QuietChoices(); s.r.IntN(2) == 0 {
		minutes := choices[s.r.IntN(len(choices)-1)]
		s.w = s.w.Evolve(domain.WorkspaceSettingsChanged{QuietMinutes: &minutes})
	}
	for i := range s.chats {
		s.chats[i] = &chatLog{ids: map[string]bool{}}
	}
	return s
}

func (s *storm) id() string {
	s.count++
	return fmt.Sprint(s.count)
}

func (s *storm) act() {
	chat := s.r.IntN(2)
	switch s.r.IntN(24) {
	case 14:
		s.dashboardWrites(chat)
	case 16:
		s.appWrites(chat)
	case 17, 18:
		s.customerChanges(chat)
	case 19, 23:
		s.back[chat] = s.now
		s.chats[chat].append("back "+s.id(), domain.ConversationGivenBack{About: s.about(chat), At: s.now})
	case 20:
		s.chats[chat].append("handed "+s.id(), domain.ConversationHandedOff{About: s.about(chat), Reason: domain.ReasonHuman, At: s.now})
	case 21:
		s.appIsFoundOut(chat)
	case 0, 1, 2, 4, 15, 22:
		s.customerWrites(chat)
	case 3:
		s.ownerWrites(chat)
	case 5, 6:
		s.decide(chat)
	case 7, 8:
		s.send(chat)
	case 9, 12, 13:
		s.now = s.now.Add(time.Duration(s.r.IntN(40*60)) * time.Second)
	case 10:
		s.chats[chat].restart(s.t)
	case 11:
		s.now = s.now.Add(time.Duration(s.r.IntN(3000)) * time.Millisecond)
	}
	for len(s.later) > 0 && s.r.IntN(2) > 0 {
		i := s.r.IntN(len(s.later))
		deliver := s.later[i]
		if s.r.IntN(4) > 0 { // else it is delivered again later
			s.later = append(s.later[:i], s.later[i+1:]...)
		}
		deliver()
	}
	s.decide(s.r.IntN(2))
	s.send(s.r.IntN(2))
}

func (s *storm) about(chat int) domain.About {
	return domain.About{WorkspaceID: shop, CustomerID: domain.CustomerID(fmt.Sprint("customer ", chat))}
}

func (s *storm) customerWrites(chat int) {
	id, text, at := s.id(), stormWords[s.r.IntN(len(stormWords))], s.now
	s.wrote[chat] = append(s.wrote[chat], id)
	s.later = append(s.later, func() {
		s.chats[chat].append("in "+id, domain.MessageReceived{
			About: s.about(chat), MessageID: domain.MessageID(id), Kind: domain.KindText, Text: text, SentAt: at.Truncate(time.Second), ReceivedAt: s.now, ReplyTo: "x",
		})
	})
}

func (s *storm) ownerWrites(chat int) {
	id, at := s.id(), s.now.Truncate(time.Second)
	delivered := false
	s.later = append(s.later, func() {
		s.chats[chat].append("out "+id, domain.OwnerReplied{About: s.about(chat), MessageID: domain.MessageID(id), SentAt: at, Text: "me"})
		if !delivered {
			delivered = true
			s.owner[chat] = append(s.owner[chat], at)
		}
	})
}

// dashboardWrites is a person's reply from the dashboard: it is in the log at once, and sent later.
func (s *storm) dashboardWrites(chat int) {
	id := "reply " + s.id()
	s.owner[chat] = append(s.owner[chat], s.now)
	s.chats[chat].append("queued "+id, domain.ReplyQueued{
		About: s.about(chat), ReplyID: domain.ReplyID(id), WhatsAppID: domain.MessageID(id), Author: domain.AuthorDashboard,
		QueuedAt: s.now, Deadline: s.now.Add(domain.ReplyDeadline), Text: "me, from the dashboard",
	})
}

// appWrites is WhatsApp's own app answering: recognised at once, or taken for a person until it is found out.
func (s *storm) appWrites(chat int) {
	id, at, known := s.id(), s.now.Truncate(time.Second), s.r.IntN(2) == 0
	delivered := false
	s.later = append(s.later, func() {
		s.chats[chat].append("out "+id, domain.OwnerReplied{About: s.about(chat), MessageID: domain.MessageID(id), SentAt: at, Automatic: known, Text: "We are closed."})
		if !known && !delivered {
			delivered = true
			s.owner[chat], s.apps[chat] = append(s.owner[chat], at), append(s.apps[chat], appReply{id, at})
		}
	})
}

// appIsFoundOut takes such a message back: nobody wrote it.
func (s *storm) appIsFoundOut(chat int) {
	if len(s.apps[chat]) == 0 {
		return
	}
	app := s.apps[chat][0]
	s.apps[chat] = s.apps[chat][1:]
	s.chats[chat].append("found "+app.id, domain.OwnerReplyReclassified{About: s.about(chat), MessageID: domain.MessageID(app.id), Why: domain.ReasonAppReply})
	if i := slices.Index(s.owner[chat], app.at); i >= 0 {
		s.owner[chat] = slices.Delete(slices.Clone(s.owner[chat]), i, i+1)
	}
}

// customerChanges edits or deletes an earlier message, which may be delivered before the message itself.
func (s *storm) customerChanges(chat int) {
	if len(s.wrote[chat]) == 0 {
		return
	}
	about, change := domain.MessageID(s.wrote[chat][s.r.IntN(len(s.wrote[chat]))]), s.id()
	text, edits := stormWords[s.r.IntN(len(stormWords))], s.r.IntN(3) > 0
	s.later = append(s.later, func() {
		if edits {
			s.chats[chat].append("edit "+change, domain.MessageEdited{About: s.about(chat), MessageID: about, EditedAt: s.now, Text: text})
		} else {
			s.chats[chat].append("delete "+change, domain.MessageDeleted{About: s.about(chat), MessageID: about, DeletedAt: s.now})
		}
	})
}

// personTalks is told by this test alone: from what the person wrote and when the chat was given back, and nothing else.
func (s *storm) personTalks(chat int) bool {
	for _, at := range s.owner[chat] {
		if at.After(s.back[chat]) && s.now.Before(at.Add(s.w.Settings.Quiet())) {
			return true
		}
	}
	return false
}

func (s *storm) decide(chat int) {
	l := s.chats[chat]
	messages := l.state.Turn
	if len(messages) == 0 {
		return
	}
	wasOut := l.state.OptedOut
	o := Decide(commands.Turn{Workspace: s.w, Conversation: l.state, About: s.about(chat)}, messages, s.k, s.now)
	if o.Decided.Why == domain.ReasonOwnerActive && len(s.owner[chat]) == 0 {
		s.t.Errorf("silent for a person who never wrote here")
	}
	o.Decided.About, o.Decided.InReplyTo, o.Decided.DecidedAt = s.about(chat), ids(messages), s.now
	last := messages[len(messages)-1]
	l.append("decided "+string(last.ID)+last.Round, o.Decided)
	for i, e := range o.Also {
		l.append(fmt.Sprint("also ", last.ID, last.Round, i), e)
	}
	if !wasOut && l.state.OptedOut {
		s.stops[chat] = 1
	}
	if o.Reply != "" {
		id := domain.ReplyID("reply " + string(last.ID) + last.Round)
		l.append("queued "+string(id), domain.ReplyQueued{
			About: s.about(chat), ReplyID: id, Author: domain.AuthorBot, InReplyTo: o.Decided.InReplyTo, QueuedAt: s.now,
			Deadline: last.SentAt.Add(domain.ReplyDeadline), Text: o.Reply, Despite: l.state.Silence(s.w, s.now),
		})
	}
}

// send lets the first pending reply through the gate, sometimes, and holds what is said against the two promises.
func (s *storm) send(chat int) {
	l := s.chats[chat]
	if len(l.state.Pending) == 0 {
		return
	}
	reply := l.state.Pending[0]
	if why := l.state.Gate(reply, s.w, s.now); why != "" {
		l.append("cancelled "+string(reply.ReplyID), domain.ReplyCancelled{About: s.about(chat), ReplyID: reply.ReplyID, Reason: why, CancelledAt: s.now})
		return
	}
	if reply.Author != domain.AuthorBot {
		l.append("sent "+string(reply.ReplyID), domain.ReplySent{About: s.about(chat), ReplyID: reply.ReplyID, SentAt: s.now})
		return
	}
	if s.personTalks(chat) {
		s.t.Errorf("said %q while a person was talking", reply.Text)
	}
	if l.state.OptedOut {
		if s.stops[chat]--; reply.Text != sayStopped || s.stops[chat] < 0 {
			s.t.Errorf("said %q after STOP", reply.Text)
		}
	}
	for _, at := range s.owner[chat] {
		if s.now.Sub(at) < domain.SoftReturnFor && reply.Decision != domain.DecideAnswer {
			s.t.Errorf("said %q within a day of a person", reply.Text)
		}
	}
	s.sent++
	l.append("sent "+string(reply.ReplyID), domain.ReplySent{About: s.about(chat), ReplyID: reply.ReplyID, SentAt: s.now})
}

func TestTwoBotsFallSilentWithinSixMessages(t *testing.T) {
	greedy := []domain.FAQ{{ID: "g", Number: 1, Enabled: true, Questions: []string{"hi", "assistant", "menu", "answer", "person"}, Answer: "Hi, how much is delivery?"}}
	eager := []domain.FAQ{{ID: "e", Number: 1, Enabled: true, Questions: []string{"how much is delivery?", "delivery"}, Answer: "Where is your shop? What time do you open?"}}
	for name, sides := range map[string][2][]domain.FAQ{
		"of the same shop":                 {shopFAQs, shopFAQs},
		"without any FAQ":                  {nil, nil},
		"that answer each other's answers": {greedy, eager},
		"one with and one without":         {shopFAQs, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, opening := range []string{"hello", "how much is delivery?", "what is this", "1"} {
				for _, transit := range []time.Duration{50 * time.Millisecond, 700 * time.Millisecond, time.Second} {
					if n := talkToEachOther(t, newWorld(t, sides[0]...), newWorld(t, sides[1]...), opening, transit); n > 6 {
						t.Errorf("after %q, with %v on the way, they sent %d messages", opening, transit, n)
					}
				}
			}
		})
	}
}

// talkToEachOther gives each bot what the other says until nobody says anything, and counts.
func talkToEachOther(t *testing.T, a, b *world, opening string, transit time.Duration) int {
	t.Helper()
	heard, sent := []string{opening}, 0
	for len(heard) > 0 && sent < 50 {
		var c domain.CustomerID
		for _, text := range heard {
			c = a.receives(a.message("other", text))
		}
		heard, _ = a.settle(c)
		sent += len(heard)
		b.now = a.now.Add(transit)
		a, b = b, a
	}
	return sent
}
