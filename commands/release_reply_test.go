package commands_test

import (
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestAReplyGoesAgainAsItWent(t *testing.T) {
	ada := domain.About{WorkspaceID: shop, CustomerID: "ada"}
	queued := domain.ReplyQueued{
		About: ada, ReplyID: "r", WhatsAppID: "w", Author: domain.AuthorBot, InReplyTo: []domain.MessageID{"m1", "m2"},
		To: "234@s.whatsapp.net", Text: "₦1,500", Quotes: "m1", QuotedText: "how much?",
	}
	sent, taken := domain.ReplySent{About: ada, ReplyID: "r", SentAt: noon}, domain.MessageDeleted{About: ada, MessageID: "m1"}
	withLink := queued
	withLink.Text = commands.SignInReply
	for _, c := range []struct {
		name   string
		events []domain.Event
		quotes domain.MessageID
		found  bool
	}{
		{"with the message it was shown with", []domain.Event{queued, sent}, "m1", true},
		{"before the log knows that it went, too", []domain.Event{queued}, "m1", true},
		{"whatever became of that message since", []domain.Event{queued, sent, taken}, "m1", true},
		{"without one that was taken back before it went", []domain.Event{queued, taken, sent}, "", true},
		{"not when it never went", []domain.Event{queued, domain.ReplyCancelled{About: ada, ReplyID: "r"}}, "", false},
		{"not when it is a link that goes once", []domain.Event{withLink, sent}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			stream := domain.ConversationStream(shop, ada.CustomerID)
			o.append(stream, domain.MessageReceived{About: ada, MessageID: "m1", Text: "how much?"})
			o.append(stream, c.events...)
			log, err := o.store.Load(t.Context(), stream, 1)
			if err != nil {
				t.Fatal(err)
			}
			reply, found, err := o.SentReply(t.Context(), log[0])
			if err != nil || found != c.found || reply.Quotes != c.quotes {
				t.Fatalf("%+v %v %v", reply, found, err)
			}
			if found && (reply.Text != queued.Text || reply.To != queued.To || (reply.QuotedText == "") != (c.quotes == "")) {
				t.Fatalf("%+v", reply)
			}
		})
	}
}

func TestWhatIsAnsweredCountsAsReadUnlessTheBusinessWishesOtherwise(t *testing.T) {
	ada := domain.About{WorkspaceID: shop, CustomerID: "ada"}
	for _, c := range []struct {
		decision domain.Decision
		unseen   bool // a picture beside the question is for a person to look at
	}{{domain.DecideAnswer, false}, {domain.DecideAnswer, true}, {domain.DecideChoices, false}, {domain.DecideFallback, false}, {domain.DecideAway, false}} {
		for _, wish := range []bool{true, false} {
			o := newOffice(t)
			o.append(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, ReadReceipts: &wish})
			o.append(domain.ConversationStream(shop, ada.CustomerID),
				domain.MessageReceived{About: ada, MessageID: "m1", Text: "how much?"},
				domain.ReplyDecided{About: ada, InReplyTo: []domain.MessageID{"m1"}, Decision: c.decision, Unseen: c.unseen},
				domain.ReplyQueued{About: ada, ReplyID: "r", WhatsAppID: "w", Author: domain.AuthorBot, InReplyTo: []domain.MessageID{"m1"}, To: "x", Text: "₦1,500", Deadline: noon.Add(time.Hour)})
			reply, wanted, err := o.ReleaseReply(t.Context(), commands.ReplyRef{WorkspaceID: shop, CustomerID: ada.CustomerID, ReplyID: "r"})
			if err != nil || !wanted || reply.Answers != (wish && c.decision == domain.DecideAnswer && !c.unseen) {
				t.Errorf("wished for %v, %+v: %+v %v %v", wish, c, reply, wanted, err)
			}
		}
	}
}
