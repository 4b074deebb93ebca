package domain_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

var (
	asked  = domain.MessageReceived{MessageID: "m1", Kind: domain.KindText, Text: "how much?", SentAt: noon, ReceivedAt: noon}
	queued = domain.ReplyQueued{ReplyID: "r1", WhatsAppID: "3EB0", Author: domain.AuthorBot, Text: "₦1,500", QueuedAt: noon, Deadline: noon.Add(domain.ReplyDeadline)}
)

func talk(events ...domain.ConversationEvent) domain.Conversation {
	var c domain.Conversation
	for _, e := range events {
		c = c.Evolve(e)
	}
	return c
}

func TestATurnIsDecidedOnce(t *testing.T) {
	c := talk(asked, domain.ReplyDecided{InReplyTo: []domain.MessageID{"m1"}, Decision: domain.DecideAnswer}, queued)
	if len(c.Turn) != 0 {
		t.Fatalf("still open: %v", c.Turn)
	}
	if _, pending := c.FindPending("r1"); !pending {
		t.Fatal("the reply is not pending")
	}
	c = c.Evolve(domain.ReplySent{ReplyID: "r1", SentAt: noon})
	if _, pending := c.FindPending("r1"); pending {
		t.Fatal("a sent reply is still pending")
	}
}

func TestEditsAndDeletionsReachTheOpenTurn(t *testing.T) {
	edited := talk(asked, domain.MessageEdited{MessageID: "m1", Text: "how much is delivery?"})
	if edited.Turn[0].Text != "how much is delivery?" {
		t.Fatalf("the old words stayed: %v", edited.Turn)
	}
	if deleted := talk(asked, domain.MessageDeleted{MessageID: "m1"}); len(deleted.Turn) != 0 {
		t.Fatalf("a deleted message waits for an answer: %v", deleted.Turn)
	}
}

func TestFoldingNeverChangesAnEarlierState(t *testing.T) {
	before := talk(asked, queued)
	want := talk(asked, queued)
	before.Evolve(domain.MessageReceived{MessageID: "m2"})
	before.Evolve(domain.ReplyQueued{ReplyID: "r2"})
	before.Evolve(domain.MessageEdited{MessageID: "m1", Text: "other"})
	if diff := cmp.Diff(want, before); diff != "" {
		t.Fatal(diff)
	}
}

func TestTheLastGate(t *testing.T) {
	open := domain.Workspace{}.Evolve(registered)
	paused, suspended := open.Evolve(domain.WorkspaceBotPaused{}), open.Evolve(domain.WorkspaceSuspended{})
	for _, c := range []struct {
		name  string
		w     domain.Workspace
		extra []domain.ConversationEvent
		now   time.Time
		want  domain.Reason
	}{
		{"it may leave", open, nil, noon, ""},
		{"the bot was paused meanwhile", paused, nil, noon, domain.ReasonPaused},
		{"the workspace was suspended meanwhile", suspended, nil, noon, domain.ReasonSuspended},
		{"the owner spoke meanwhile", open, []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}}, noon, domain.ReasonOwnerActive},
		{"the customer opted out meanwhile", open, []domain.ConversationEvent{domain.ConversationOptedOut{}}, noon, domain.ReasonOptedOut},
		{"two hours passed", open, nil, noon.Add(domain.ReplyDeadline + 1), domain.ReasonTooLate},
		{
			"the owner spoke meanwhile, though long ago by now", open,
			[]domain.ConversationEvent{domain.OwnerReplied{SentAt: noon.Add(time.Minute)}},
			noon.Add(90 * time.Minute), domain.ReasonOwnerActive,
		},
		{"the owner spoke more than an hour ago", open, []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon.Add(-domain.QuietAfter)}}, noon, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conversation := talk(append([]domain.ConversationEvent{asked, queued}, c.extra...)...)
			if got := conversation.Gate(conversation.Pending[0], c.w, c.now); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("words of a person that came late let only an answer through, for a day", func(t *testing.T) {
		for decision, want := range map[domain.Decision]domain.Reason{
			domain.DecideAnswer: "", domain.DecideChoices: domain.ReasonSoftReturn, domain.DecideFallback: domain.ReasonSoftReturn,
		} {
			c := talk(asked, domain.ReplyDecided{InReplyTo: []domain.MessageID{"m1"}, Decision: decision}, queued, domain.OwnerReplied{SentAt: noon.Add(-2 * domain.QuietAfter)})
			if got := c.Gate(c.Pending[0], open, noon); got != want {
				t.Errorf("%s: %q, want %q", decision, got, want)
			}
		}
	})
	t.Run("a person's words from the second in which it was queued hold it back, however late it is looked at", func(t *testing.T) {
		atOnce := queued
		atOnce.QueuedAt = noon.Add(600 * time.Millisecond)
		c := talk(asked, atOnce, domain.OwnerReplied{SentAt: noon})
		if got := c.Gate(c.Pending[0], open, noon.Add(90*time.Minute)); got != domain.ReasonOwnerActive {
			t.Fatalf("got %q", got)
		}
	})
	t.Run("STOP is confirmed once, and not after it was taken back", func(t *testing.T) {
		confirming := queued
		confirming.Despite = domain.ReasonOptedOut
		stopped := talk(asked, domain.ConversationOptedOut{}, confirming)
		if got := stopped.Gate(stopped.Pending[0], open, noon); got != "" {
			t.Fatalf("not confirmed: %s", got)
		}
		again := stopped.Evolve(domain.ConversationOptedIn{}).Evolve(domain.ConversationOptedOut{})
		if got := again.Gate(again.Pending[0], open, noon); got != domain.ReasonOptingIn {
			t.Fatalf("confirmed for the second time: %q", got)
		}
	})
	t.Run("a member's own words pass the bot's rules", func(t *testing.T) {
		byHand := domain.PendingReply{Author: domain.AuthorDashboard, Deadline: noon}
		if got := talk().Gate(byHand, paused, noon); got != "" {
			t.Fatalf("held back: %s", got)
		}
	})
}

func TestTheQuietWindow(t *testing.T) {
	w := domain.Workspace{}.Evolve(registered)
	said := func(id domain.MessageID, at time.Time) domain.MessageReceived {
		return domain.MessageReceived{MessageID: id, Text: "hi", SentAt: at, ReceivedAt: at}
	}
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, c := range []struct {
		name   string
		events []domain.ConversationEvent
		at     time.Time
		want   domain.Reason
	}{
		{"holds for an hour", []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}}, minutes(59), domain.ReasonOwnerActive},
		{"and then ends", []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}}, minutes(60), ""},
		{"is not made longer by the customer", []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}, said("m1", minutes(50))}, minutes(61), ""},
		{"counts from when the words were written, however late they arrive", []domain.ConversationEvent{said("m1", minutes(50)), domain.OwnerReplied{SentAt: noon}}, minutes(61), ""},
		{"counts from the last of them, in whatever order they arrive", []domain.ConversationEvent{
			domain.OwnerReplied{MessageID: "o2", SentAt: minutes(30)}, domain.OwnerReplied{MessageID: "o1", SentAt: noon},
		}, minutes(89), domain.ReasonOwnerActive},
		{"is opened by words from the dashboard too", []domain.ConversationEvent{
			domain.ReplyQueued{ReplyID: "r", Author: domain.AuthorDashboard, QueuedAt: noon, Deadline: minutes(120)},
		}, minutes(59), domain.ReasonOwnerActive},
		{"is not opened by the bot's own words", []domain.ConversationEvent{queued, domain.ReplySent{ReplyID: "r1", SentAt: noon}}, minutes(1), ""},
		{"is not opened by the app's automatic words", []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon, Automatic: true}}, minutes(1), ""},
		{"ends when the chat is given back", []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}, domain.ConversationGivenBack{At: minutes(5)}}, minutes(6), ""},
		{"opens again when a person writes after that", []domain.ConversationEvent{
			domain.ConversationGivenBack{At: minutes(5)}, domain.OwnerReplied{SentAt: minutes(6)},
		}, minutes(7), domain.ReasonOwnerActive},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := talk(c.events...).Silence(w, c.at); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnEditAfterTheReplyLeftOpensATurnOnce(t *testing.T) {
	decided := domain.ReplyDecided{InReplyTo: []domain.MessageID{"m1"}, Decision: domain.DecideAnswer, FAQ: "f1"}
	edit := domain.MessageEdited{MessageID: "m1", Text: "where?", EditedAt: noon.Add(time.Minute)}
	sent := talk(asked, decided, queued, domain.ReplySent{ReplyID: "r1", SentAt: noon}, edit)
	if m := sent.Turn[0]; !m.Edited || m.Again || m.Answered != "f1" || m.Text != "where?" || m.Round == "" {
		t.Fatalf("%+v", m)
	}
	again := talk(asked, decided, edit, domain.ReplyDecided{InReplyTo: []domain.MessageID{"m1"}, Decision: domain.DecideAnswer, FAQ: "f2"}, edit)
	if m := again.Turn[0]; !m.Again {
		t.Fatalf("a second update would be sent: %+v", m)
	}
	byReply := queued
	byReply.InReplyTo = []domain.MessageID{"m1"}
	waiting := talk(asked, decided, byReply, edit)
	if waiting.Turn[0].Edited || waiting.Pending[0].Withdrawn != domain.ReasonEdited {
		t.Fatalf("a reply that has not left answers the old words: %+v", waiting)
	}
}

func TestAReadableCopyTakesThePlaceOfAnUnreadableOne(t *testing.T) {
	c := talk(domain.MessageUndecryptable{MessageID: "m1", SentAt: noon}, asked)
	if len(c.Turn) != 1 || c.Turn[0].Kind != domain.KindText {
		t.Fatalf("%+v", c.Turn)
	}
}

func TestWhatWasAskedBeforeCountsWhateverStoodBetween(t *testing.T) {
	decided := func(d domain.Decision, why domain.Reason, after time.Duration, faqs ...domain.FAQID) domain.ReplyDecided {
		return domain.ReplyDecided{Decision: d, Why: why, FAQ: faqs[0], Also: faqs[1:], DecidedAt: noon.Add(after)}
	}
	answered := func(after time.Duration, faqs ...domain.FAQID) domain.ReplyDecided {
		return decided(domain.DecideAnswer, domain.ReasonConfident, after, faqs...)
	}
	again := func(after time.Duration, faqs ...domain.FAQID) domain.ReplyDecided {
		return decided(domain.DecideAnswer, domain.ReasonRepeat, after, faqs...)
	}
	type history = []domain.ConversationEvent
	var many history
	for i := range 30 {
		many = append(many, answered(time.Duration(i)*time.Second, domain.FAQID(rune('A'+i))))
	}
	for name, c := range map[string]struct {
		events  history
		repeats int
		before  bool
	}{
		"never":                                  {history{answered(0, "b")}, 0, false},
		"once":                                   {history{answered(0, "a")}, 0, true},
		"with another between":                   {history{answered(0, "a"), answered(time.Minute, "b")}, 0, true},
		"as the second of two":                   {history{answered(0, "b", "a")}, 0, true},
		"twice, with another between":            {history{answered(0, "a"), answered(time.Minute, "b"), again(2*time.Minute, "a"), again(3*time.Minute, "b")}, 1, true},
		"handed over for it":                     {history{answered(0, "a"), again(0, "a"), decided(domain.DecideFallback, domain.ReasonRepeat, 0, "a")}, 2, true},
		"handed over, as it was recorded before": {history{answered(0, "a"), again(0, "a"), decided(domain.DecideFallback, domain.ReasonRepeat, 0, "")}, 2, true},
		"answered once more beside another":      {history{answered(0, "a"), again(time.Minute, "a"), answered(2*time.Minute, "a", "b")}, 1, true},
		"too long ago":                           {history{answered(-7*time.Minute, "a"), answered(0, "b")}, 0, false},
		"a person wrote since":                   {history{answered(0, "a"), again(0, "a"), domain.OwnerReplied{MessageID: "o", SentAt: noon}}, 0, true},
		"before more answers than are kept":      {append(history{answered(0, "a")}, many...), 0, false},
	} {
		state := talk(c.events...)
		repeats, before := state.AskedBefore("a", noon.Add(4*time.Minute))
		if repeats != c.repeats || before != c.before {
			t.Errorf("%s: %d repeats, asked before: %v; want %d, %v", name, repeats, before, c.repeats, c.before)
		}
		if len(state.Answered) > 20 {
			t.Errorf("%s: keeps %d answers", name, len(state.Answered))
		}
	}
	before := talk(answered(0, "a"), again(0, "a"))
	want := talk(answered(0, "a"), again(0, "a"))
	before.Evolve(domain.OwnerReplied{MessageID: "o", SentAt: noon})
	before.Evolve(again(time.Minute, "a"))
	if diff := cmp.Diff(want, before); diff != "" {
		t.Fatal(diff)
	}
}
