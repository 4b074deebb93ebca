package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
)

// full is a desk with more on it than a command shows, or one that is broken.
type full struct {
	*desk
	asked  int
	broken error
}

func (d full) Asked(context.Context, domain.WorkspaceID, domain.FAQID, time.Time) (int, error) {
	return d.asked, d.broken
}

func (d full) Waiting(context.Context, domain.WorkspaceID) ([]Waiting, error) {
	return d.waiting, d.broken
}

func TestCommandsShowTheFirstOfMany(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	for i := range 12 {
		p := w.person(fmt.Sprintf("c%d", i), fmt.Sprintf("23481000000%02d", i))
		w.desk.waiting = append(w.desk.waiting, Waiting{Person: p, Since: w.now.Add(-time.Hour), Text: `is the "big" 👩‍🍳 one left?`})
		w.desk.missed = append(w.desk.missed, Missed{Cluster: fmt.Sprintf("c%d", i), Question: `do you sell the "big" 👩‍🍳 one`, People: 12 - i})
	}
	w.turns.Desk = full{desk: w.desk, asked: 7}
	waiting, missed := "⚙️ 12 waiting:", "❓ Not answered yet:"
	for i := range 5 {
		waiting += fmt.Sprintf("\n%d. c%d, 60 min: \"is the \"big\" 👩‍🍳 one left?\"", i+1, i)
	}
	for i := range 10 {
		missed += fmt.Sprintf("\n%d. \"do you sell the \"big\" 👩‍🍳 one\", %d people", i+1, 12-i)
	}
	w.wants("!waiting", waiting+"\nMore: https://dash.example")
	w.wants("!missed", missed+"\nAnswer one: !answer 1 | your answer")
	w.wants("!answer 11 | Yes", "⚙️ Send *!missed* first, then !answer with a number from its list.")
	w.wants("!faq show #1", "#1 How much is delivery?\nAlso: delivery fee · cost of delivery\n→ Delivery is *₦1,500* in Lagos.\nAsked 7× in 30 days")
	w.wants("!faq add Which colours? | "+strings.Repeat("a", 250), "✅ FAQ #5 is live.\nTry it: !test Which colours?")
	w.wants("!test which colours?", "🧪 High · 1.00\n→ "+strings.Repeat("a", 200)+"…")
}

func TestStatusSaysHowThingsStand(t *testing.T) {
	const figures = "\nToday: 41 customers · 86% answered by bot · 3 waiting\nPlan: "
	later := noon.AddDate(0, 0, 9)
	active := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Active, Until: later}
	for _, c := range []struct {
		name     string
		happened []domain.Event
		status   domain.ConnectionStatus
		reason   domain.Reason
		want     string
	}{
		{"live, on a plan with days left", []domain.Event{active}, domain.Connected, "", "⚙️ 🟢 Live on +234 803 000 0001 since 12:00" + figures + "active, 9 days left"},
		{
			"live, on the last day of a trial",
			[]domain.Event{domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Trial, Until: noon.Add(time.Hour)}},
			domain.Connected, "", "⚙️ 🟢 Live on +234 803 000 0001 since 12:00" + figures + "trial, 1 day left",
		},
		{"reconnecting", []domain.Event{active}, domain.Reconnecting, domain.ReasonDropped, "⚙️ 🟡 Reconnecting. " + domain.ReasonDropped.Sentence() + figures + "active, 9 days left"},
		{"not connected, also while paused", []domain.Event{active, domain.WorkspaceBotPaused{WorkspaceID: shop}}, domain.Disconnected, domain.ReasonClosedByOwner, "⚙️ 🔴 Not connected. " + domain.ReasonClosedByOwner.Sentence() + figures + "active, 9 days left"},
		{"paused", []domain.Event{active, domain.WorkspaceBotPaused{WorkspaceID: shop}}, domain.Connected, "", "⚙️ ⏸ Paused until you send !resume" + figures + "active, 9 days left"},
		{"paused for a while", []domain.Event{active, domain.WorkspaceBotPaused{WorkspaceID: shop, Until: noon.Add(2 * time.Hour)}}, domain.Connected, "", "⚙️ ⏸ Paused until 15:00" + figures + "active, 9 days left"},
		{
			"suspended",
			[]domain.Event{active, domain.WorkspaceSuspended{WorkspaceID: shop}},
			domain.Connected, "",
			"⚙️ 🔴 " + domain.ReasonSuspended.Sentence() + figures + "active, 9 days left",
		},
		{
			"past due",
			[]domain.Event{domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.PastDue, Until: noon.AddDate(0, 0, 2)}},
			domain.Connected, "",
			"⚙️ 🟢 Live on +234 803 000 0001 since 12:00" + figures + "past due, 2 days left",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, shopFAQs...)
			w.happens(domain.WorkspaceStream(shop), c.happened...)
			w.desk.today.Customers, w.desk.today.AnsweredPercent, w.desk.today.Waiting = 41, 86, 3
			w.desk.today.Connected.Status, w.desk.today.Connected.Reason = c.status, c.reason
			w.wants("!status", c.want)
		})
	}
}

func TestWhatCannotBeLookedUpIsSaidToBeOurFaultAndChangesNothing(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	var told bytes.Buffer
	w.turns.Log = slog.New(slog.NewTextHandler(&told, nil))
	w.turns.Desk = full{desk: w.desk, broken: errors.New("the database is away")}
	before := len(w.log())
	got := w.orders("!waiting")
	code, ok := strings.CutPrefix(got, "⚙️ Something went wrong on our side (code ")
	code, ends := strings.CutSuffix(code, "). Nothing was changed.")
	if !ok || !ends || len(code) != 6 {
		t.Fatalf("said %q", got)
	}
	if log := told.String(); !strings.Contains(log, "code="+code) || !strings.Contains(log, "the database is away") {
		t.Errorf("nobody finds what %s was: %s", code, log)
	}
	for _, r := range w.log()[before:] {
		if r.Stream.Kind != domain.ConversationKind {
			t.Errorf("it changed %s", r.Type)
		}
	}
	w.now = w.now.Add(time.Second)
	if again := w.orders("!waiting"); again == got {
		t.Error("two failures cannot be told apart")
	}
}
