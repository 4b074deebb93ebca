package commands_test

import (
	"context"
	"errors"
	"testing"

	"switchboard.example/commands"
	"switchboard.example/commands/memory"
	"switchboard.example/domain"
)

// shredder erases customers from a log in memory.
type shredder struct {
	store *memory.Store
	first func() // what happens just before
}

func (s shredder) Erase(
	ctx context.Context, w domain.WorkspaceID, c domain.CustomerID, record func(commands.Whole) (commands.Erasing, error),
) (int64, error) {
	erasing, err := record(commands.Whole{Customers: []domain.CustomerID{c}})
	if err != nil {
		return 0, err
	}
	if s.first != nil {
		s.first()
	}
	position, err := s.store.Append(ctx, erasing.Record)
	if err == nil {
		s.store.Forget(w, c)
	}
	return position, err
}

// erase orders it.
func (o *office) erase(c domain.CustomerID) error {
	o.t.Helper()
	_, err := o.EraseCustomer(o.t.Context(), commands.InConversation{WorkspaceID: shop, CustomerID: c})
	return err
}

func TestErasingClosesWhatIsOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Erasure = shredder{store: o.store}
	c := o.receives("m1", "do you deliver?")
	about := commands.InConversation{WorkspaceID: shop, CustomerID: c}
	ref, _, err := o.WriteReply(t.Context(), about, "Yes, everywhere")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.erase(c); err != nil {
		t.Fatal(err)
	}
	o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.reply_queued", "conversation.reply_decided", "conversation.reply_cancelled")
	o.expect(domain.CustomerStream(shop, c), "customer.seen", "customer.forgotten")
	if _, wanted, err := o.ReleaseReply(t.Context(), ref); err != nil || wanted {
		t.Errorf("the reply leaves all the same: %v", err)
	}
	if err := o.erase(c); err != nil {
		t.Error(err)
	}
	o.expect(domain.CustomerStream(shop, c), "customer.seen", "customer.forgotten")
}

func TestWhatCameInJustBeforeAnErasureIsAnsweredNever(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.receives("m1", "do you deliver?")
	o.answers(c, "Yes, everywhere")
	o.Erasure = shredder{store: o.store, first: func() { o.receives("m2", "hello?") }} // the chat was closed when it was looked at
	if err := o.erase(c); err != nil {
		t.Fatal(err)
	}
	answered, err := o.AnswerTurn(t.Context(), commands.AnswerTurn{WorkspaceID: shop, CustomerID: c, Choose: func(commands.Turn, []domain.TurnMessage) (commands.Outcome, bool, error) {
		return commands.Outcome{}, false, errors.New("asked what to answer")
	}})
	if err != nil || answered.Position != 0 {
		t.Fatal(err)
	}
	o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.reply_decided", "conversation.reply_queued",
		"conversation.message_received", "conversation.reply_decided", "conversation.reply_cancelled")
}
