package projections_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

// at is some time after noon, as WhatsApp tells it: in whole seconds.
func at(minutes float64) time.Time {
	return noon.Truncate(time.Second).Add(time.Duration(minutes * float64(time.Minute)))
}

func asks(a domain.About, cluster, message string, when time.Time) domain.Event {
	return domain.QuestionUnanswered{
		About: a, Cluster: cluster, InReplyTo: []domain.MessageID{domain.MessageID(message)}, SentAt: when, AskedAt: when.Add(2 * time.Second), Text: cluster + "?",
	}
}

func types(a domain.About, message, text string, when time.Time) domain.OwnerReplied {
	return domain.OwnerReplied{About: a, MessageID: domain.MessageID(message), Kind: domain.KindText, SentAt: when, Text: text}
}

func quoting(e domain.OwnerReplied, message string) domain.Event {
	e.Quotes = domain.MessageID(message)
	return e
}

func fromDashboard(a domain.About, wa, text string, when time.Time) domain.ReplyQueued {
	return domain.ReplyQueued{
		About: a, ReplyID: replyID(a, wa), WhatsAppID: domain.MessageID(wa), Author: domain.AuthorDashboard, QueuedAt: when, To: "x", Text: text,
	}
}

// offered is what each cluster's suggestion says.
func offered(tb testing.TB, db *sqlx.DB) map[string]string {
	tb.Helper()
	texts := map[string]string{}
	for _, c := range must[[]projections.Cluster](tb)(projections.UnansweredOf(tb.Context(), db, shop, 10)) {
		if c.Reply != nil {
			texts[c.ID] = c.Reply.Text
		}
	}
	return texts
}

func TestADeclinedReplyIsNoAnswer(t *testing.T) {
	t.Parallel()
	decline := domain.FAQReplyDeclined{WorkspaceID: shop, Cluster: "chops", FromCustomer: ada.CustomerID}
	bola := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("bola")}
	replied := func() *history {
		return newHistory().add(shop, asks(ada, "chops", "M1", at(0)), asks(ada, "cake", "M2", at(0)), types(ada, "O1", "For you, yes", at(1)))
	}
	for name, c := range map[string]struct {
		h    *history
		want map[string]string
	}{
		"nor what is written to it later, or when it is asked again": {replied().add(shop, decline, types(ada, "O2", "Today", at(1.5)), asks(ada, "chops", "M3", at(90)), types(ada, "O3", "No", at(91))), map[string]string{"cake": "For you, yes\nToday"}},
		"though another customer's is":                               {replied().add(shop, decline, asks(bola, "chops", "M4", at(2)), types(bola, "O4", "₦85,000", at(3))), map[string]string{"cake": "For you, yes", "chops": "₦85,000"}},
		"also once the customer is known by another address":         {replied().add(shop, decline, domain.CustomerMerged{About: bola, Merged: ada.CustomerID}), map[string]string{"cake": "For you, yes"}},
		"when it was declined by that address":                       {replied().add(shop, domain.CustomerMerged{About: bola, Merged: ada.CustomerID}, decline), map[string]string{"cake": "For you, yes"}},
		"and nothing happens to a question nobody asked":             {newHistory().add(shop, decline), map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, offered(t, told(t, c.h))); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestWhatAPersonRepliedToAMissedQuestionIsOfferedAsItsAnswer(t *testing.T) {
	t.Parallel()
	picture := types(ada, "O1", "our price list", at(4))
	picture.Kind = domain.KindImage
	automatic := types(ada, "O1", "We reply within an hour.", at(4))
	automatic.Automatic = true
	older := types(ada, "O1", "Yes", at(4))
	older.Kind = ""
	question := asks(ada, "chops", "M1", at(0))
	answers := func(minutes float64) domain.Event {
		return domain.ReplyDecided{About: ada, Decision: domain.DecideAnswer, Why: domain.ReasonConfident, FAQ: price, DecidedAt: at(minutes)}
	}
	for name, c := range map[string]struct {
		events []domain.Event
		want   string
	}{
		"typed on the phone":                            {[]domain.Event{question, types(ada, "O1", " Yes, ₦85,000 for 50. ", at(5))}, "Yes, ₦85,000 for 50."},
		"typed in the dashboard":                        {[]domain.Event{question, fromDashboard(ada, "R1", "Yes", at(5))}, "Yes"},
		"the first is the reply":                        {[]domain.Event{question, types(ada, "O1", "Yes", at(5)), types(ada, "O2", "Which day?", at(9))}, "Yes"},
		"several messages within two minutes":           {[]domain.Event{question, types(ada, "O1", "Good evening", at(5)), types(ada, "O2", "Yes", at(5.5)), types(ada, "O3", "₦85,000", at(7)), types(ada, "O4", "Bye", at(7.1))}, "Good evening\nYes\n₦85,000"},
		"the phone's messages came late, reversed":      {[]domain.Event{question, types(ada, "O3", "Which day?", at(9)), types(ada, "O2", "₦85,000", at(6)), types(ada, "O1", "Yes", at(5))}, "Yes\n₦85,000"},
		"written before the question":                   {[]domain.Event{question, types(ada, "O1", "Hello", at(-1))}, ""},
		"while the bot was deciding":                    {[]domain.Event{question, types(ada, "O1", "Yes", at(0).Add(time.Second))}, "Yes"},
		"a day later":                                   {[]domain.Event{question, types(ada, "O1", "Yes", at(24*60+1))}, ""},
		"the bot answered something else meanwhile":     {[]domain.Event{question, answers(3), types(ada, "O1", "It's red", at(5))}, ""},
		"the bot did so after the reply that came late": {[]domain.Event{question, answers(6), types(ada, "O1", "Yes", at(5))}, "Yes"},
		"under the question, after other words":         {[]domain.Event{question, types(ada, "O1", "Hello", at(5)), quoting(types(ada, "O2", "Yes", at(30)), "M1")}, "Yes"},
		"under another message":                         {[]domain.Event{question, quoting(types(ada, "O1", "It's red", at(5)), "M0"), types(ada, "O2", "Yes", at(9))}, "Yes"},
		"to somebody else":                              {[]domain.Event{question, types(adaPN, "O1", "Yes", at(5))}, ""},
		"a caption":                                     {[]domain.Event{question, picture}, ""},
		"WhatsApp's own app":                            {[]domain.Event{question, automatic}, ""},
		"recorded before kinds were":                    {[]domain.Event{question, older}, "Yes"},
		"WhatsApp's own app, as was seen later":         {[]domain.Event{question, types(ada, "O1", "We reply within an hour.", at(0.1)), domain.OwnerReplyReclassified{About: ada, MessageID: "O1"}}, ""},
		"a command in the wrong chat":                   {[]domain.Event{question, types(ada, "O1", "!pause 2h", at(5)), types(ada, "O2", "Yes", at(5.1))}, "Yes"},
		"never sent":                                    {[]domain.Event{question, fromDashboard(ada, "R1", "Yes", at(5)), domain.ReplyFailed{About: ada, ReplyID: replyID(ada, "R1")}}, ""},
		"taken back":                                    {[]domain.Event{question, fromDashboard(ada, "R1", "Yes", at(5)), domain.ReplyCancelled{About: ada, ReplyID: replyID(ada, "R1")}}, ""},
		"the bot":                                       {[]domain.Event{question, queued(ada, "M1", "R1", "I asked the team.", at(5))}, ""},
		"asked again before the reply came":             {[]domain.Event{question, asks(ada, "chops", "M2", at(60)), types(ada, "O1", "Yes", at(59))}, "Yes"},
		"asked again, answered anew":                    {[]domain.Event{question, types(ada, "O1", "₦85,000", at(5)), asks(ada, "chops", "M2", at(48*60)), types(ada, "O2", "₦90,000", at(48*60+5))}, "₦90,000"},
		"asked again, not answered anew":                {[]domain.Event{question, types(ada, "O1", "₦85,000", at(5)), asks(ada, "chops", "M2", at(48*60))}, "₦85,000"},
		"as somebody who turned out to be another":      {[]domain.Event{asks(adaPN, "chops", "M1", at(0)), domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID}, types(ada, "O1", "Yes", at(5))}, "Yes"},
		"before that turned out":                        {[]domain.Event{asks(adaPN, "chops", "M1", at(0)), types(adaPN, "O1", "Yes", at(5)), question, domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID}}, "Yes"},
		"a late word to who turned out so":              {[]domain.Event{question, asks(adaPN, "chops", "M2", at(1)), domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID}, quoting(types(adaPN, "O1", "Yes", at(5)), "M2")}, "Yes"},
		"who is forgotten":                              {[]domain.Event{question, types(ada, "O1", "Yes", at(5)), domain.CustomerForgotten{About: ada}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHistory().add(shop, c.events...)
			want := map[string]string{}
			if c.want != "" {
				want["chops"] = c.want
			}
			if diff := cmp.Diff(want, offered(t, told(t, h))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOneReplyAnswersEveryOpenQuestionUnlessItQuotesOne(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, asks(ada, "chops", "M1", at(0)), asks(ada, "ibadan", "M2", at(1)), asks(ada, "cake", "M3", at(2)),
		quoting(types(ada, "O1", "We go to Ibadan", at(5)), "M2"), types(ada, "O2", "Yes to both", at(9)))
	want := map[string]string{"chops": "Yes to both", "ibadan": "We go to Ibadan", "cake": "Yes to both"}
	if diff := cmp.Diff(want, offered(t, told(t, h))); diff != "" {
		t.Fatal(diff)
	}
}

func TestTheNewestReplyIsOfferedWithHowManyDiffer(t *testing.T) {
	t.Parallel()
	h := newHistory()
	for n, text := range []string{"₦85,000", "₦85,000", "₦90,000, Bola. Pay into 0123456789"} {
		a := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("asker", fmt.Sprint(n))}
		h.add(shop, domain.CustomerSeen{About: a, Phone: "2348030000001", Name: "Bola"}, asks(a, "chops", "M1", at(float64(n))), types(a, "O1", text, at(float64(30-n))))
	}
	clusters := must[[]projections.Cluster](t)(projections.UnansweredOf(t.Context(), told(t, h), shop, 10))
	want := &projections.OwnReply{
		Text: "₦85,000", At: at(30), Author: domain.AuthorPhone, CustomerID: id[domain.CustomerID]("asker", "0"), Name: "Bola", Phone: "2348030000001", People: 3, Different: 2,
	}
	if diff := cmp.Diff(want, clusters[0].Reply, cmpopts.IgnoreFields(projections.OwnReply{}, "ID"), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Fatal(diff)
	}
	h.add(shop, domain.CustomerForgotten{About: domain.About{WorkspaceID: shop, CustomerID: want.CustomerID}},
		domain.CustomerForgotten{About: domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("asker", "1")}})
	clusters = must[[]projections.Cluster](t)(projections.UnansweredOf(t.Context(), told(t, h), shop, 10))
	if diff := cmp.Diff([]string{"0123456789", "Bola"}, clusters[0].Reply.Personal); diff != "" || clusters[0].Reply.People != 1 {
		t.Fatalf("%+v\n%s", clusters[0].Reply, diff)
	}
}
