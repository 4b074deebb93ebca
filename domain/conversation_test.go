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
	paused := open.Evolve(domain.WorkspaceBotPaused{})
	for _, c := range []struct {
		name  string
		w     domain.Workspace
		extra []domain.ConversationEvent
		now   time.Time
		want  domain.Reason
	}{
		{"it may leave", open, nil, noon, ""},
		{"the bot was paused meanwhile", paused, nil, noon, domain.ReasonPaused},
		{"the owner spoke meanwhile", open, []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon}}, noon, domain.ReasonOwnerActive},
		{"the customer opted out meanwhile", open, []domain.ConversationEvent{domain.ConversationOptedOut{}}, noon, domain.ReasonOptedOut},
		{"two hours passed", open, nil, noon.Add(domain.ReplyDeadline + 1), domain.ReasonTooLate},
		{"the owner spoke more than an hour ago", open, []domain.ConversationEvent{domain.OwnerReplied{SentAt: noon.Add(-domain.QuietAfter)}}, noon, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conversation := talk(append([]domain.ConversationEvent{asked, queued}, c.extra...)...)
			if got := conversation.Gate(conversation.Pending[0], c.w, c.now); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("a member's own words pass the bot's rules", func(t *testing.T) {
		byHand := domain.PendingReply{Author: domain.AuthorDashboard, Deadline: noon}
		if got := talk().Gate(byHand, paused, noon); got != "" {
			t.Fatalf("held back: %s", got)
		}
	})
}
