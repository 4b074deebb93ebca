package commands_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchboard.example/commands"
	"switchboard.example/commands/memory"
	"switchboard.example/domain"
)

const shop domain.WorkspaceID = "00000000-0000-5000-8000-000000000001"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// office is a Handler on a log in memory, with a registered workspace.
type office struct {
	*commands.Handler
	t       *testing.T
	store   *memory.Store
	book    addressBook
	sent    int
	sentAgo time.Duration  // since the last of them
	told    map[string]int // chats, by the text they were told from the dashboard
	now     time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, store: &memory.Store{}, book: addressBook{}, now: noon}
	o.Handler = &commands.Handler{
		Store: o.store, Addresses: o.book, Counters: &counter{}, Sent: o, Accounts: accounts{o.store},
		Now: func() time.Time { return o.now }, NewID: uuid.NewString, ReplyKey: []byte("key"), Pacing: true,
	}
	o.append(domain.WorkspaceStream(shop), domain.WorkspaceRegistered{WorkspaceID: shop, Name: "Ada's Kitchen", TrialUntil: noon.Add(domain.TrialLength)})
	return o
}

func (o *office) RepliesSince(_ context.Context, _ domain.WorkspaceID, since time.Time) (int, error) {
	if o.now.Add(-o.sentAgo).Before(since) {
		return 0, nil
	}
	return o.sent, nil
}

func (o *office) ChatsTold(_ context.Context, _ domain.WorkspaceID, text string, since time.Time, _ domain.CustomerID) (int, error) {
	if o.now.Add(-o.sentAgo).Before(since) {
		return 0, nil
	}
	return o.told[text], nil
}

func (o *office) append(stream domain.StreamID, events ...domain.Event) {
	o.t.Helper()
	for _, e := range events {
		_, err := o.store.Append(o.t.Context(), commands.AppendRequest{Workspace: shop, Parts: []commands.Part{{
			Stream: stream, Expected: commands.AnyVersion, Events: []domain.NewEvent{{ID: domain.EventID(uuid.NewString()), OccurredAt: o.now, Event: e}},
		}}})
		if err != nil {
			o.t.Fatal(err)
		}
	}
}

// log is the stored names of a stream's events.
func (o *office) log(stream domain.StreamID) []string {
	o.t.Helper()
	events, err := o.store.Load(o.t.Context(), stream, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	var names []string
	for _, r := range events {
		names = append(names, r.Type)
	}
	return names
}

func (o *office) expect(stream domain.StreamID, want ...string) {
	o.t.Helper()
	if diff := cmp.Diff(want, o.log(stream)); diff != "" {
		o.t.Fatalf("%s (-want +got):\n%s", stream, diff)
	}
}

// addressBook resolves every address to a customer of that name.
type addressBook map[string]domain.CustomerID

func (b addressBook) Resolve(_ context.Context, _ domain.WorkspaceID, addresses []string, _ time.Time) (commands.Resolved, error) {
	if c, ok := b[addresses[0]]; ok {
		return commands.Resolved{Customer: c}, nil
	}
	b[addresses[0]] = domain.CustomerID(domain.DeriveID(domain.Namespace, addresses[0]))
	return commands.Resolved{Customer: b[addresses[0]], Created: true}, nil
}

func (b addressBook) Known(_ context.Context, _ domain.WorkspaceID, addresses []string) (commands.Resolved, bool, error) {
	c, ok := b[addresses[0]]
	return commands.Resolved{Customer: c}, ok, nil
}

type counter struct{ n int }

func (c *counter) NextFAQNumber(context.Context, domain.WorkspaceID) (int, error) {
	c.n++
	return c.n, nil
}

type accounts struct{ store *memory.Store }

func (a accounts) Create(ctx context.Context, _ commands.Account, r commands.AppendRequest) (int64, error) {
	return a.store.Append(ctx, r)
}

func (accounts) DisableMember(context.Context, domain.WorkspaceID, domain.MemberID) error { return nil }

func refused(t *testing.T, err error, code string) {
	t.Helper()
	refusal := (*domain.Error)(nil)
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("want refusal %q, got %v", code, err)
	}
}

func TestConnecting(t *testing.T) {
	connect := commands.ConnectWorkspace{WorkspaceID: shop}
	t.Run("the wish is recorded once", func(t *testing.T) {
		o := newOffice(t)
		for range 3 {
			if _, err := o.ConnectWorkspace(t.Context(), connect); err != nil {
				t.Fatal(err)
			}
		}
		o.expect(domain.ConnectionStream(shop), "connection.requested")
	})
	t.Run("a suspended workspace is refused", func(t *testing.T) {
		o := newOffice(t)
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceSuspended{WorkspaceID: shop})
		_, err := o.ConnectWorkspace(t.Context(), connect)
		refused(t, err, "workspace.suspended")
	})
	t.Run("a plan that ended is refused", func(t *testing.T) {
		o := newOffice(t)
		o.now = noon.Add(domain.TrialLength)
		_, err := o.ConnectWorkspace(t.Context(), connect)
		refused(t, err, "plan.ended")
	})
	t.Run("a workspace that does not exist is refused", func(t *testing.T) {
		_, err := newOffice(t).ConnectWorkspace(t.Context(), commands.ConnectWorkspace{WorkspaceID: "nobody"})
		refused(t, err, "workspace.not_found")
	})
	t.Run("the same command carried out twice is one event", func(t *testing.T) {
		o := newOffice(t)
		cmd := connect
		cmd.CommandID = "c1"
		first, err := o.ConnectWorkspace(t.Context(), cmd)
		if err != nil || first == 0 {
			t.Fatal(first, err)
		}
		if _, err := o.ConnectWorkspace(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		o.expect(domain.ConnectionStream(shop), "connection.requested")
	})
}

func (o *office) receives(id, text string) domain.CustomerID {
	o.t.Helper()
	c, err := o.ReceiveMessage(o.t.Context(), commands.ReceiveMessage{
		WorkspaceID: shop, From: commands.Sender{Addresses: []string{"1@lid"}, Phone: "2348100000001", Name: "Bola"},
		MessageID: domain.MessageID(id), Kind: domain.KindText, Text: text, SentAt: o.now, ReplyTo: "1@lid",
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func TestReceiving(t *testing.T) {
	t.Run("a message delivered three times is one event", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "hello")
		o.receives("m1", "hello")
		o.receives("m1", "hello")
		o.expect(domain.ConversationStream(shop, c), "conversation.message_received")
		o.expect(domain.CustomerStream(shop, c), "customer.seen")
	})
	t.Run("also when the program forgot what it knew of the customer in between", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "hello")
		restarted := *o
		restarted.Handler = &commands.Handler{Store: o.store, Addresses: o.book, Now: o.Now, NewID: o.NewID}
		restarted.receives("m1", "hello")
		restarted.receives("m2", "hello again")
		o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.message_received")
		o.expect(domain.CustomerStream(shop, c), "customer.seen")
	})
	t.Run("a customer whose address row outlived a crash is still introduced", func(t *testing.T) {
		o := newOffice(t)
		o.book["1@lid"] = "left-behind"
		o.receives("m1", "hello")
		o.expect(domain.CustomerStream(shop, "left-behind"), "customer.seen")
	})
	t.Run("a stale owner of the session is fenced", func(t *testing.T) {
		o := newOffice(t)
		o.store.SetEpoch(shop, 2)
		_, err := o.ReceiveMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: shop, Epoch: 1, From: commands.Sender{Addresses: []string{"1@lid"}}, MessageID: "m1",
		})
		if !errors.Is(err, commands.ErrFenced) {
			t.Fatalf("got %v", err)
		}
	})
}

func say(reply string) func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) {
	return func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) {
		return commands.Outcome{Decided: domain.ReplyDecided{Decision: domain.DecideAnswer}, Reply: reply}, true, nil
	}
}

func (o *office) answers(c domain.CustomerID, reply string) commands.ReplyRef {
	o.t.Helper()
	answered, err := o.AnswerTurn(o.t.Context(), commands.AnswerTurn{WorkspaceID: shop, CustomerID: c, Choose: say(reply)})
	if err != nil {
		o.t.Fatal(err)
	}
	return commands.ReplyRef{WorkspaceID: shop, CustomerID: c, ReplyID: answered.ReplyID}
}

func TestAnswering(t *testing.T) {
	t.Run("a turn is decided once, however often it is asked", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "how much?")
		o.answers(c, "₦1,500")
		o.answers(c, "₦1,500")
		o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.reply_decided", "conversation.reply_queued")
	})
	t.Run("a message that comes in while deciding is part of the decision", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "how much?")
		asked := 0
		_, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: c,
			Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
				if asked++; asked == 1 {
					o.receives("m2", "to Ibadan")
				}
				return say(fmt.Sprint(len(messages)))(turn, messages)
			},
		})
		if err != nil || asked != 2 {
			t.Fatalf("asked %d times, %v", asked, err)
		}
		events, _ := o.store.Load(t.Context(), domain.ConversationStream(shop, c), 0)
		if queued := events[len(events)-1].Event.(domain.ReplyQueued); queued.Text != "2" || len(queued.InReplyTo) != 2 {
			t.Fatalf("%+v", queued)
		}
	})
	t.Run("each message is a turn of its own where nothing waits for a burst", func(t *testing.T) {
		o := newOffice(t)
		c := o.receives("m1", "how much?")
		o.receives("m2", "to Ibadan")
		for range 3 {
			if _, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{WorkspaceID: shop, CustomerID: c, OneByOne: true, Choose: say("x")}); err != nil {
				t.Fatal(err)
			}
		}
		o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.message_received",
			"conversation.reply_decided", "conversation.reply_queued", "conversation.reply_decided", "conversation.reply_queued")
	})
	t.Run("a message that could not be opened does not hold up the next one", func(t *testing.T) {
		o := newOffice(t)
		from := commands.Sender{Addresses: []string{"1@lid"}}
		cmd := commands.ReceiveMessage{WorkspaceID: shop, From: from, MessageID: "m1", SentAt: o.now, ReplyTo: "1@lid"}
		if err := o.ReceiveUndecryptable(t.Context(), cmd, "undecryptable"); err != nil {
			t.Fatal(err)
		}
		c := o.receives("m2", "how much?")
		_, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{
			WorkspaceID: shop, CustomerID: c, OneByOne: true,
			Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
				if len(messages) != 1 || messages[0].ID != "m2" {
					t.Errorf("asked about %v", messages)
				}
				return say("x")(turn, messages)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("the WhatsApp id depends on what is answered, never on when", func(t *testing.T) {
		a, b := newOffice(t), newOffice(t)
		b.now = noon.Add(time.Minute)
		first := a.answers(a.receives("m1", "x"), "y")
		second := b.answers(b.receives("m1", "x"), "y")
		other := b.answers(b.receives("m2", "x"), "y")
		if first.ReplyID != second.ReplyID || first.ReplyID == other.ReplyID {
			t.Fatal(first, second, other)
		}
	})
}

func TestTheLastGate(t *testing.T) {
	ready := func(t *testing.T) (*office, commands.ReplyRef) {
		t.Helper()
		o := newOffice(t)
		return o, o.answers(o.receives("m1", "how much?"), "₦1,500")
	}
	release := func(o *office, ref commands.ReplyRef) bool {
		o.t.Helper()
		_, ok, err := o.ReleaseReply(o.t.Context(), ref)
		if err != nil {
			o.t.Fatal(err)
		}
		return ok
	}
	lastEvent := func(o *office, ref commands.ReplyRef) domain.Event {
		events, _ := o.store.Load(o.t.Context(), domain.ConversationStream(shop, ref.CustomerID), 0)
		return events[len(events)-1].Event
	}
	t.Run("lets a pending reply go until it is sent", func(t *testing.T) {
		o, ref := ready(t)
		for range 2 {
			if !release(o, ref) {
				t.Fatal("held back")
			}
		}
		if err := o.ReplySent(t.Context(), ref, noon); err != nil {
			t.Fatal(err)
		}
		if release(o, ref) {
			t.Fatal("sent twice")
		}
	})
	for name, c := range map[string]struct {
		meanwhile func(*office, commands.ReplyRef)
		why       domain.Reason
	}{
		"holds back when the owner spoke": {func(o *office, ref commands.ReplyRef) {
			o.append(domain.ConversationStream(shop, ref.CustomerID), domain.OwnerReplied{About: domain.About{WorkspaceID: shop, CustomerID: ref.CustomerID}, SentAt: noon})
		}, domain.ReasonOwnerActive},
		"holds back when the bot was paused": {func(o *office, _ commands.ReplyRef) {
			if _, err := o.PauseBot(o.t.Context(), commands.ChangeWorkspace{WorkspaceID: shop}, time.Time{}); err != nil {
				o.t.Fatal(err)
			}
		}, domain.ReasonPaused},
		"holds back when the plan ended": {func(o *office, _ commands.ReplyRef) {
			o.append(domain.WorkspaceStream(shop), domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
		}, domain.ReasonPlanEnded},
		"holds back over the day's limit": {func(o *office, _ commands.ReplyRef) { o.sent = 500 }, domain.ReasonRateLimited},
		"gives up after two hours":        {func(o *office, _ commands.ReplyRef) { o.now = noon.Add(domain.ReplyDeadline + 1) }, domain.ReasonTooLate},
	} {
		t.Run(name, func(t *testing.T) {
			o, ref := ready(t)
			c.meanwhile(o, ref)
			if release(o, ref) {
				t.Fatal("released")
			}
			if e, ok := lastEvent(o, ref).(domain.ReplyCancelled); !ok || e.Reason != c.why {
				t.Fatalf("%+v", lastEvent(o, ref))
			}
		})
	}
}

func TestAdminCommands(t *testing.T) {
	order := commands.AdminCommand{WorkspaceID: shop, Command: "pause", Reason: "abuse report", Caller: commands.Caller{Actor: domain.Actor{Kind: domain.ActorAdmin, ID: "ngozi"}}}
	t.Run("are carried out and recorded with their reason", func(t *testing.T) {
		o := newOffice(t)
		if _, err := o.AdminCommand(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		o.expect(domain.WorkspaceStream(shop), "workspace.registered", "workspace.bot_paused")
		o.expect(domain.AdminStream(shop), "admin.command_issued")
	})
	t.Run("refused ones are recorded too", func(t *testing.T) {
		o := newOffice(t)
		bad := order
		bad.Command, bad.Args = "set_plan", map[string]string{"state": "golden"}
		_, err := o.AdminCommand(t.Context(), bad)
		refused(t, err, "plan.unknown")
		o.expect(domain.AdminStream(shop), "admin.command_refused")
	})
	t.Run("need a reason", func(t *testing.T) {
		o := newOffice(t)
		bad := order
		bad.Reason = " "
		_, err := o.AdminCommand(t.Context(), bad)
		refused(t, err, "reason.required")
		o.expect(domain.AdminStream(shop))
	})
}

func TestSigningUp(t *testing.T) {
	o := newOffice(t)
	made, err := o.SignUp(t.Context(), commands.SignUp{Email: " Ada@Example.COM ", PasswordHash: "h", BusinessName: "Ada's Kitchen"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Account.Email != "ada@example.com" || made.Account.Role != domain.RoleOwner {
		t.Fatalf("%+v", made.Account)
	}
	o.expect(domain.WorkspaceStream(made.Account.WorkspaceID), "workspace.registered", "workspace.member_added")
	for email, code := range map[string]string{"": "email.invalid", "ada": "email.invalid", "a@b": "email.invalid", "a b@c.de": "email.invalid"} {
		_, err := o.SignUp(t.Context(), commands.SignUp{Email: email, BusinessName: "x"})
		refused(t, err, code)
	}
	_, err = o.SignUp(t.Context(), commands.SignUp{Email: "a@b.cd", BusinessName: "  "})
	refused(t, err, "business_name.invalid")
}

func TestFAQs(t *testing.T) {
	o := newOffice(t)
	draft := domain.FAQDraft{Questions: []string{"How much?"}, Answer: "₦1,500", Enabled: true}
	cmd := commands.AddFAQ{WorkspaceID: shop, Draft: draft, Caller: commands.Caller{CommandID: "c1"}}
	id, _, err := o.AddFAQ(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err := o.AddFAQ(t.Context(), cmd); err != nil || again != id {
		t.Fatal("the same command made another faq", again, err)
	}
	o.expect(domain.FAQStream(shop, id), "faq.added")
	_, _, err = o.AddFAQ(t.Context(), commands.AddFAQ{WorkspaceID: shop, Draft: domain.FAQDraft{Questions: []string{"q?"}}})
	refused(t, err, "faq.no_answer")
	_, err = o.RemoveFAQ(t.Context(), commands.RemoveFAQ{WorkspaceID: shop, FAQID: "other"})
	refused(t, err, "faq.not_found")
}
