package projections_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

var opening = id[domain.FAQID]("opening")

// thinks is a decision about words that the bot believed to be the first of the FAQs.
func thinks(a domain.About, d domain.Decision, why domain.Reason, score float64, faqs ...domain.FAQID) domain.ReplyDecided {
	e := domain.ReplyDecided{About: a, Decision: d, Why: why, Score: score, DecidedAt: noon, Thresholds: &domain.Thresholds{Answer: 0.8, Careful: 0.9, Choices: 0.35}}
	for _, f := range faqs {
		e.Candidates = append(e.Candidates, domain.Candidate{FAQ: f, Score: score})
	}
	return e
}

func offers(a domain.About, score float64, faqs ...domain.FAQID) domain.Event {
	return thinks(a, domain.DecideChoices, domain.ReasonUnsure, score, faqs...)
}

func picks(a domain.About, faq domain.FAQID) domain.Event {
	e := thinks(a, domain.DecideAnswer, domain.ReasonPicked, 0.1, price)
	e.FAQ = faq
	return e
}

func refuses(a domain.About) domain.Event {
	return thinks(a, domain.DecideFallback, domain.ReasonUnsure, 0.1)
}

// asksInVain is a question that goes to the owner, as the bot records it.
func asksInVain(a domain.About, cluster string, score float64, faq domain.FAQID) []domain.Event {
	return []domain.Event{
		thinks(a, domain.DecideFallback, domain.ReasonUnclear, score, faq),
		domain.QuestionUnanswered{About: a, Cluster: cluster, AskedAt: noon, Text: "abeg"},
	}
}

func person(n int) domain.About {
	return domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("person", fmt.Sprint(n))}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	answered := func(faq domain.FAQID) domain.Event {
		return domain.FAQClusterAnswered{WorkspaceID: shop, FAQID: faq, Cluster: "c"}
	}
	dismissed := domain.FAQDismissed{WorkspaceID: shop, Cluster: "c"}
	undone := domain.FAQDismissalUndone{WorkspaceID: shop, Cluster: "c"}
	label := func(score float64, right bool) projections.Label {
		return projections.Label{LogOdds: domain.LogOdds(score), Right: right}
	}
	asked := asksInVain(ada, "c", 0.5, price)
	shifted := thinks(ada, domain.DecideChoices, domain.ReasonUnsure, 0.5, price, opening)
	shifted.Thresholds.Shift = -1
	for _, c := range []struct {
		rule   string
		events []domain.Event
		want   []projections.Label
	}{
		{"the first choice picked is right", []domain.Event{offers(ada, 0.6, price, opening), picks(ada, price)}, []projections.Label{label(0.6, true)}},
		{"another choice picked is wrong", []domain.Event{offers(ada, 0.6, price, opening), picks(ada, opening)}, []projections.Label{label(0.6, false)}},
		{"none of them is wrong", []domain.Event{offers(ada, 0.6, price, opening), refuses(ada)}, []projections.Label{label(0.6, false)}},
		{"a silence between does not matter", []domain.Event{offers(ada, 0.6, price), thinks(ada, domain.DecideSilence, domain.ReasonSmallTalk, 0.1), picks(ada, price)}, []projections.Label{label(0.6, true)}},
		{"a pick from the menu says nothing", []domain.Event{thinks(ada, domain.DecideGreeting, domain.ReasonMenu, 0.1, price), picks(ada, price)}, nil},
		{"a choice made after other words says nothing", []domain.Event{offers(ada, 0.6, price), thinks(ada, domain.DecideAnswer, domain.ReasonConfident, 0.9, price), picks(ada, price)}, nil},
		{"the same choice again counts once", []domain.Event{offers(ada, 0.6, price), picks(ada, price), offers(ada, 0.7, price), picks(ada, price)}, []projections.Label{label(0.7, true)}},
		{"an answer is not judged by thanks", []domain.Event{thinks(ada, domain.DecideAnswer, domain.ReasonConfident, 0.9, price), thinks(ada, domain.DecideFallback, domain.ReasonThanks, 0)}, nil},
		{"a question nobody judged is none", asked, nil},
		{"assigned to what the bot thought of is right", append(asked, answered(price)), []projections.Label{label(0.5, true)}},
		{"assigned to another is wrong", append(asked, answered(opening)), []projections.Label{label(0.5, false)}},
		{"made a new FAQ is wrong", append(asked, answered(id[domain.FAQID]("new"))), []projections.Label{label(0.5, false)}},
		{"not for the bot is wrong", append(asked, dismissed), []projections.Label{label(0.5, false)}},
		{"taken back is none", append(asked, dismissed, undone), nil},
		{"taken back and assigned is right", append(asked, dismissed, undone, answered(price)), []projections.Label{label(0.5, true)}},
		{
			"what was learned from a question does not judge it", append(append(append([]domain.Event{}, asked...), answered(price)), asksInVain(person(1), "c", 0.99, price)...),
			[]projections.Label{label(0.5, true)},
		},
		{
			"many who ask in the same words count once", append(append(append([]domain.Event{}, asked...), asksInVain(person(1), "c", 0.4, price)...), dismissed),
			[]projections.Label{label(0.4, false)},
		},
		{"the shift in force is taken off", []domain.Event{shifted, picks(ada, price)}, []projections.Label{{LogOdds: domain.LogOdds(0.5) + 1, Right: true}}},
		{"a judgement of a question from nowhere is none", []domain.Event{answered(price), picks(ada, price), refuses(ada)}, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			db := told(t, newHistory().add(shop, registered(shop)).add(shop, c.events...))
			got, _, err := projections.LabelsSince(t.Context(), db, shop, time.Time{}, 100)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-12)); diff != "" || err != nil {
				t.Fatalf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAShiftIsDue(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop))
	next := 0
	judge := func(n int) {
		for range n {
			next++
			h.add(shop, offers(person(next), 0.6, price), refuses(person(next)))
		}
	}
	due := func() bool {
		found := must[[]domain.WorkspaceID](t)(projections.ShiftsDue(t.Context(), told(t, h), 10))
		return len(found) == 1 && found[0] == shop
	}
	if judge(49); due() {
		t.Fatal("after 49 questions")
	}
	if judge(1); !due() {
		t.Fatal("not after 50")
	}
	h.add(shop, domain.WorkspaceShiftFitted{WorkspaceID: shop, Shift: -0.5, Labels: 50, Expected: 30, UpTo: int64(len(h.events)), FittedAt: h.now})
	if judge(9); due() {
		t.Fatal("nine after a fit")
	}
	if judge(1); !due() {
		t.Fatal("not ten after a fit")
	}
	resetAt := h.now.Add(time.Second)
	h.add(shop, domain.WorkspaceShiftReset{WorkspaceID: shop, ResetAt: resetAt})
	if judge(20); due() {
		t.Fatal("twenty after a reset")
	}
	db := told(t, h)
	shift, judged, err := projections.ShiftOf(t.Context(), db, shop)
	if err != nil || shift.By != 0 || judged != 20 || !shift.ResetAt.Equal(resetAt) {
		t.Fatalf("%+v, %d judged, %v", shift, judged, err)
	}
	labels, upTo, err := projections.LabelsSince(t.Context(), db, shop, shift.ResetAt, 100)
	if err != nil || len(labels) != 20 || upTo != int64(len(h.events)) {
		t.Fatalf("%d labels up to %d since the reset: %v", len(labels), upTo, err)
	}
	if newest, _, _ := projections.LabelsSince(t.Context(), db, shop, time.Time{}, 7); len(newest) != 7 || math.Abs(newest[0].LogOdds-domain.LogOdds(0.6)) > 1e-12 {
		t.Fatalf("%+v", newest)
	}
}
