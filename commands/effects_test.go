package commands_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// orders lets the owner write a command whose outcome is given.
func (o *office) orders(id string, outcome commands.Outcome) commands.Answered {
	o.t.Helper()
	c, err := o.ReceiveOwnerMessage(o.t.Context(), commands.ReceiveMessage{
		WorkspaceID: shop, From: commands.Sender{Addresses: []string{"self"}}, MessageID: domain.MessageID(id), Text: "!x", SentAt: o.now, ReplyTo: "self",
	}, true)
	if err != nil {
		o.t.Fatal(err)
	}
	answered, err := o.AnswerTurn(o.t.Context(), commands.AnswerTurn{
		WorkspaceID: shop, CustomerID: c,
		Choose: func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) { return outcome, true, nil },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return answered
}

func (o *office) self() domain.StreamID {
	return domain.ConversationStream(shop, domain.CustomerID(domain.DeriveID(domain.Namespace, "self")))
}

func ordered(reply string, effects ...commands.Effect) commands.Outcome {
	return commands.Outcome{
		Decided: domain.ReplyDecided{Decision: domain.DecideCommand}, Reply: reply, Effects: effects,
		Done:    &domain.CommandCarriedOut{Command: "!x", What: "it"},
		Refused: func(e *domain.Error) string { return "refused: " + e.Code },
	}
}

func (o *office) lastReply(stream domain.StreamID) string {
	o.t.Helper()
	events, err := o.store.Load(o.t.Context(), stream, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	return events[len(events)-1].Event.(domain.ReplyQueued).Text
}

func TestCommandsThatChangeOtherStreams(t *testing.T) {
	faqStream := domain.FAQStream(shop, "f1")
	withFAQ := func(t *testing.T) *office {
		t.Helper()
		o := newOffice(t)
		o.append(faqStream, domain.FAQAdded{WorkspaceID: shop, FAQID: "f1", Number: 1, Questions: []string{"q?"}, Answer: "old", Enabled: true})
		return o
	}
	edit := func(answer string) commands.Effect {
		return commands.Change(faqStream, func(f domain.FAQ) ([]domain.Event, error) {
			return f.Change(shop, domain.FAQChange{Answer: &answer})
		})
	}
	t.Run("leave a trail in their own chat", func(t *testing.T) {
		o := withFAQ(t)
		o.orders("c1", ordered("done", edit("new")))
		o.expect(faqStream, "faq.added", "faq.revised")
		o.expect(o.self(), "conversation.owner_commanded", "conversation.reply_decided", "conversation.command_carried_out", "conversation.reply_queued")
	})
	t.Run("change nothing at all when a part of them is refused", func(t *testing.T) {
		o := withFAQ(t)
		gone := commands.Change(domain.FAQStream(shop, "f2"), func(f domain.FAQ) ([]domain.Event, error) { return f.Remove(shop) })
		o.orders("c1", ordered("done", edit("new"), gone))
		o.expect(faqStream, "faq.added")
		o.expect(o.self(), "conversation.owner_commanded", "conversation.reply_decided", "conversation.reply_queued")
		if got := o.lastReply(o.self()); got != "refused: faq.not_found" {
			t.Fatal(got)
		}
	})
	t.Run("are decided again when a stream moved on meanwhile", func(t *testing.T) {
		o := withFAQ(t)
		tries := 0
		racing := commands.Change(faqStream, func(f domain.FAQ) ([]domain.Event, error) {
			if tries++; tries == 1 {
				o.append(faqStream, domain.FAQDisabled{WorkspaceID: shop, FAQID: "f1"})
			}
			answer := "new"
			return f.Change(shop, domain.FAQChange{Answer: &answer})
		})
		o.orders("c1", ordered("done", racing))
		if tries != 2 {
			t.Fatalf("decided %d times", tries)
		}
		o.expect(faqStream, "faq.added", "faq.disabled", "faq.revised")
	})
	t.Run("number a new FAQ only when it is added", func(t *testing.T) {
		o := withFAQ(t)
		add := func(answer string) commands.Outcome {
			outcome := ordered("")
			outcome.NewFAQ = &commands.NewFAQ{
				Draft: domain.FAQDraft{Questions: []string{"q2?"}, Answer: answer, Enabled: true},
				Say:   func(n int) string { return strings.Repeat("#", n) },
			}
			return outcome
		}
		o.orders("c1", add(" "))
		if got := o.lastReply(o.self()); got != "refused: faq.no_answer" {
			t.Fatal(got)
		}
		o.orders("c2", add("yes"))
		if got := o.lastReply(o.self()); got != "#" {
			t.Fatalf("a refused FAQ used up a number: %s", got)
		}
	})
	t.Run("go back to where a stream stood, unless it has moved on", func(t *testing.T) {
		o := withFAQ(t)
		o.orders("c1", ordered("done", edit("new")))
		back := commands.Revert[domain.FAQ, domain.FAQEvent](shop, domain.ChangedStream{Kind: domain.FAQKind, Key: "f1", Version: 1, After: 2},
			func(now, before domain.FAQ) ([]domain.Event, error) { return now.BackTo(shop, before) })
		o.orders("c2", ordered("undone", back))
		events, _ := o.store.Load(t.Context(), faqStream, 0)
		if f, _ := commands.Fold[domain.FAQ, domain.FAQEvent](events); f.Answer != "old" {
			t.Fatalf("%+v", f)
		}
		o.orders("c3", ordered("undone", back))
		if got := o.lastReply(o.self()); got != "refused: undo.moved_on" {
			t.Fatal(got)
		}
	})
	t.Run("send a person's words, and the bot is quiet there", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "are you there?")
		outcome := ordered("sent")
		outcome.Send = &commands.Send{CustomerID: c, Text: "Yes!"}
		answered := o.orders("c1", outcome)
		if len(answered.Others) != 1 {
			t.Fatalf("%+v", answered)
		}
		reply, ok, err := o.ReleaseReply(t.Context(), answered.Others[0])
		if err != nil || !ok || reply.Text != "Yes!" || reply.To != "1@lid" || reply.Author != domain.AuthorDashboard {
			t.Fatalf("%+v %v %v", reply, ok, err)
		}
		events, _ := o.store.Load(t.Context(), domain.ConversationStream(shop, c), 0)
		chat, _ := commands.Fold[domain.Conversation, domain.ConversationEvent](events)
		if why := chat.Silence(domain.Workspace{}, o.now); why != domain.ReasonOwnerActive {
			t.Fatalf("the bot would go on: %q", why)
		}
	})
}

func TestAnAutomaticReplyOfTheAppIsRecordedOnceAndForAll(t *testing.T) {
	o := newOffice(t)
	chat := func(who string) (domain.CustomerID, commands.ReceiveMessage) {
		m := commands.ReceiveMessage{
			WorkspaceID: shop, From: commands.Sender{Addresses: []string{who}}, MessageID: domain.MessageID("in " + who), Kind: domain.KindText,
			Text: "hello", SentAt: o.now, ReplyTo: who,
		}
		c, err := o.ReceiveMessage(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		m.MessageID, m.Text, m.SentAt = domain.MessageID("out "+who), "Thank you for contacting us! We will reply.", o.now.Add(2*time.Second)
		return c, m
	}
	ada, first := chat("ada")
	_, second := chat("bola")
	for _, m := range []commands.ReceiveMessage{first, second, second, first} { // each delivered twice
		if _, err := o.ReceiveOwnerMessage(t.Context(), m, false); err != nil {
			t.Fatal(err)
		}
	}
	o.expect(domain.WorkspaceStream(shop), "workspace.registered", "workspace.quick_reply_seen", "workspace.quick_reply_seen", "workspace.app_reply_recognised", "workspace.alert_raised")
	o.expect(domain.ConversationStream(shop, ada), "conversation.message_received", "conversation.owner_replied", "conversation.owner_reply_reclassified")
}

func TestTheLastGateKnowsWhoIsLeftAloneAndHowMuchIsEnough(t *testing.T) {
	ready := func(t *testing.T) (*office, commands.ReplyRef) {
		t.Helper()
		o := newOffice(t)
		return o, o.answers(o.receives("m1", "how much?"), "₦1,500")
	}
	about := func(ref commands.ReplyRef) domain.About {
		return domain.About{WorkspaceID: shop, CustomerID: ref.CustomerID}
	}
	allowed := domain.AnswerAllowed
	for name, c := range map[string]struct {
		meanwhile func(*office, commands.ReplyRef)
		why       domain.Reason
	}{
		"ignored meanwhile": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.CustomerStream(shop, ref.CustomerID), domain.CustomerIgnored{About: about(ref), Ignored: true})
		}, domain.ReasonIgnored},
		"only allowed people are answered now": {func(o *office, _ commands.ReplyRef) {
			o.append(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, Audience: &allowed})
		}, domain.ReasonNotAllowed},
		"the customer deleted the question": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConversationStream(shop, ref.CustomerID), domain.MessageDeleted{About: about(ref), MessageID: "m1"})
		}, domain.ReasonWithdrawn},
		"a new link sends half as much": {func(o *office, _ commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-time.Hour)})
			o.sent = 250
		}, domain.ReasonRateLimited},
		"an older link does not": {func(o *office, _ commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-49 * time.Hour)})
			o.sent = 250
		}, ""},
		"the day's replies, most of them yesterday": {func(o *office, _ commands.ReplyRef) { o.sent, o.sentAgo = 500, 23*time.Hour }, domain.ReasonRateLimited},
		"the day's replies, but of the day before":  {func(o *office, _ commands.ReplyRef) { o.sent, o.sentAgo = 500, 25*time.Hour }, ""},
		"three in a minute are enough on a new link": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-time.Hour)})
			o.said(ref, 3, time.Second)
		}, domain.ReasonRateLimited},
		"three in a minute are not on an older link": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-49 * time.Hour)})
			o.said(ref, 3, time.Second)
		}, ""},
		"twenty in the last day are enough on a new link": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-time.Hour)})
			o.said(ref, 20, 20*time.Minute)
		}, domain.ReasonRateLimited},
		"nineteen are not": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, PairedAt: o.now.Add(-time.Hour)})
			o.said(ref, 19, 20*time.Minute)
		}, ""},
		"five replies in the last minute": {func(o *office, ref commands.ReplyRef) { o.said(ref, 5, time.Second) }, ""},
		"thirty-nine in the last day":     {func(o *office, ref commands.ReplyRef) { o.said(ref, 39, 20*time.Minute) }, ""},
		"six replies in the last minute":  {func(o *office, ref commands.ReplyRef) { o.said(ref, 6, time.Second) }, domain.ReasonRateLimited},
		"forty in the last day":           {func(o *office, ref commands.ReplyRef) { o.said(ref, 40, 20*time.Minute) }, domain.ReasonRateLimited},
		"without pacing there is no limit": {func(o *office, ref commands.ReplyRef) {
			o.said(ref, 6, time.Second)
			o.Pacing, o.sent = false, 10_000
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, ref := ready(t)
			c.meanwhile(o, ref)
			_, ok, err := o.ReleaseReply(t.Context(), ref)
			if err != nil || ok != (c.why == "") {
				t.Fatalf("released %v, %v", ok, err)
			}
			events, _ := o.store.Load(t.Context(), domain.ConversationStream(shop, ref.CustomerID), 0)
			if e, cancelled := events[len(events)-1].Event.(domain.ReplyCancelled); cancelled && e.Reason != c.why {
				t.Fatalf("%+v", e)
			}
		})
	}
}

func TestNoLimitHoldsBackAPersonOrTheAnswerToACommand(t *testing.T) {
	o := newOffice(t)
	c := o.receives("m1", "are you there?")
	ref, _, err := o.WriteReply(t.Context(), commands.InConversation{WorkspaceID: shop, CustomerID: c}, "Yes!")
	if err != nil {
		t.Fatal(err)
	}
	answered := o.orders("c1", ordered("done"))
	self := commands.ReplyRef{WorkspaceID: shop, CustomerID: domain.CustomerID(o.self().Key), ReplyID: answered.ReplyID}
	o.sent = 10_000
	for who, ref := range map[string]commands.ReplyRef{"a person": ref, "a command": self} {
		o.said(ref, 40, time.Second)
		if _, ok, err := o.ReleaseReply(t.Context(), ref); err != nil || !ok {
			t.Errorf("%s is held back: %v", who, err)
		}
	}
	o.now = o.now.Add(domain.ReplyDeadline + time.Second)
	if _, ok, err := o.ReleaseReply(t.Context(), ref); err != nil || ok {
		t.Errorf("what a person wrote is sent hours later: %v", err)
	}
}

func TestAChatTakenOverSaysByWhomAndUntilWhen(t *testing.T) {
	o := newOffice(t)
	c := o.receives("m1", "are you there?")
	until := o.now.Add(4 * time.Hour)
	who := commands.Caller{Actor: domain.Actor{Kind: domain.ActorMember, ID: "ngozi"}}
	for range 2 { // the second changes nothing
		if _, err := o.TakeOver(t.Context(), commands.InConversation{Caller: who, WorkspaceID: shop, CustomerID: c}, until); err != nil {
			t.Fatal(err)
		}
	}
	o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.taken_over")
	events, _ := o.store.Load(t.Context(), domain.ConversationStream(shop, c), 1)
	if e := events[0].Event.(domain.ConversationTakenOver); e.MemberID != "ngozi" || !e.Until.Equal(until) {
		t.Fatalf("%+v", e)
	}
}

// said lets the bot have sent n replies, the newest just now.
func (o *office) said(ref commands.ReplyRef, n int, apart time.Duration) {
	about := domain.About{WorkspaceID: shop, CustomerID: ref.CustomerID}
	for i := range n {
		id := domain.ReplyID(strings.Repeat("r", i+1))
		o.append(domain.ConversationStream(shop, ref.CustomerID),
			domain.ReplyQueued{About: about, ReplyID: id, Author: domain.AuthorBot, QueuedAt: o.now, Deadline: o.now.Add(time.Hour)},
			domain.ReplySent{About: about, ReplyID: id, SentAt: o.now.Add(-time.Duration(n-1-i) * apart)})
	}
}

func TestCommandsFromAMembersPhone(t *testing.T) {
	o := newOffice(t)
	c := o.receives("m1", "!status")
	var seen []bool
	ask := func() {
		t.Helper()
		_, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: c,
			Choose: func(_ commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
				seen = append(seen, messages[0].Command)
				return commands.Outcome{}, false, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask()
	o.append(domain.WorkspaceStream(shop), domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "ngozi", Role: domain.RoleAgent},
		domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: "ngozi", CustomerID: c})
	ask()
	o.append(domain.WorkspaceStream(shop), domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: "ngozi"})
	ask()
	if len(seen) != 3 || seen[0] || !seen[1] || seen[2] {
		t.Fatalf("%v", seen)
	}
	if _, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{WorkspaceID: shop, CustomerID: c, Choose: func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) {
		return commands.Outcome{}, false, errors.New("no")
	}}); err == nil {
		t.Fatal("an error was swallowed")
	}
}
