package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
)

func TestEveryReplyAndEverySilenceExplainsItself(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.says("ada", "how much is delivery?")
	w.says("ada", "you people bring things when")
	w.says("ada", "do you do small chops for weddings")
	w.says("ada", "agent")
	w.says("ada", "opening hours")
	w.says("bola", "thanks")
	w.says("bola", "this is a scam")
	w.owner(w.message("chidi", "hi"), false)
	w.says("chidi", "where is your shop?")
	w.orders("!pause")
	w.says("dupe", "where is your shop?")
	w.orders("!resume")
	w.says("efe", "is there anything for a naming ceremony")
	w.says("efe", "what of a naming ceremony then") // hands over
	w.says("efe", "naming ceremony o")              // is silent
	w.says("femi", "you people bring things when")
	w.says("femi", "1")
	w.says("gozie", "STOP")
	w.says("gozie", "how much is delivery?")
	voice := w.message("hauwa", "")
	voice.Kind = domain.KindVoice
	w.settle(w.receives(voice))
	late := w.message("ife", "how much is delivery?")
	late.SentAt = w.now.Add(-3 * time.Hour)
	w.settle(w.receives(late))
	decided, kinds := 0, map[domain.Decision]int{}
	for _, r := range w.log() {
		e, ok := r.Event.(domain.ReplyDecided)
		if !ok || e.Decision == domain.DecideCommand {
			continue
		}
		decided++
		kinds[e.Decision]++
		if e.Why == "" || e.Why.Sentence() == string(e.Why) {
			t.Errorf("%s: no reason for people: %q", e.Decision, e.Why)
		}
		if e.Thresholds == nil || e.Thresholds.Answer == 0 || e.Knowledge == 0 || len(e.Candidates) == 0 && e.Score > 0 {
			t.Errorf("%s (%s) does not say what was matched against what: %+v", e.Decision, e.Why, e)
		}
		if e.Decision == domain.DecideAnswer && (e.FAQ == "" || e.Revision == 0) {
			t.Errorf("an answer of no FAQ: %+v", e)
		}
	}
	if decided != 18 {
		t.Fatalf("%d decisions: %v", decided, kinds)
	}
	for _, d := range []domain.Decision{domain.DecideAnswer, domain.DecideChoices, domain.DecideFallback, domain.DecideSilence} {
		if kinds[d] == 0 {
			t.Errorf("no %s is looked at: %v", d, kinds)
		}
	}
}

func TestAChoiceTeachesOnceTwoCustomersAgree(t *testing.T) {
	const words = "wey dat waybill matter sef"
	w := newWorld(t, shopFAQs...)
	picks := func(who string) string {
		t.Helper()
		c := w.receives(w.message(who, words))
		about := domain.About{WorkspaceID: shop, CustomerID: c}
		w.happens(domain.ConversationStream(shop, c), domain.ReplyDecided{
			About: about, InReplyTo: []domain.MessageID{w.conversation(c).Turn[0].ID}, Decision: domain.DecideChoices, Why: domain.ReasonUnsure,
			Candidates: []domain.Candidate{{FAQ: "f2"}, {FAQ: "f1"}}, DecidedAt: w.now,
		})
		w.now = w.now.Add(5 * time.Second)
		return w.says(who, "2")
	}
	for _, who := range []string{"ada", "ada", "bola"} {
		if k, err := w.turns.Library.Of(t.Context(), shop); err != nil || k.Match(words).Exact {
			t.Fatalf("one customer taught alone: %v", err)
		}
		if got := picks(who); !strings.HasPrefix(got, "Delivery") && !strings.HasPrefix(got, "That's the answer") {
			t.Fatal(got)
		}
	}
	if got := w.says("chidi", words); !strings.HasSuffix(got, "₦1,500* in Lagos.") {
		t.Fatalf("two customers did not teach: %s", got)
	}
}

func TestLateAnswersAreSpreadOverTime(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	start := w.now
	for _, who := range []string{"ada", "bola", "chidi"} {
		m := w.message(who, "how much is delivery?")
		m.SentAt = w.now.Add(-10 * time.Minute)
		if said, _ := w.settle(w.receives(m)); len(said) != 1 || !strings.HasPrefix(said[0], sayLate) {
			t.Fatal(said)
		}
	}
	if took := w.now.Sub(start); took < 3*lateEvery {
		t.Fatalf("three late answers within %v", took)
	}
	before := w.now
	w.restart()
	m := w.message("dupe", "how much is delivery?")
	m.SentAt = w.now.Add(-10 * time.Minute)
	w.settle(w.receives(m))
	if took := w.now.Sub(before); took < lateEvery {
		t.Fatalf("after a restart the next one came within %v", took)
	}
}

func TestLateAnswersKeepTheirOrder(t *testing.T) {
	var late lateAnswers
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	asks := func(who domain.CustomerID, w domain.WorkspaceID, seconds int, want time.Duration) {
		t.Helper()
		if got := late.wait(OpenTurn{w, who}, at(seconds)); max(got, 0) != want {
			t.Errorf("%s waits %v at %d s, want %v", who, got, seconds, want)
		}
	}
	asks("ada", shop, 0, lateEvery)
	asks("bola", shop, 1, 2*lateEvery-time.Second)
	asks("chidi", "another", 2, lateEvery)
	asks("ada", shop, 9, 0)                         // some seconds after its time, on a busy machine
	asks("bola", shop, 12, lateEvery-3*time.Second) // still not two within six seconds
	asks("bola", shop, 15, 0)
	late.forget(at(15))
	asks("dupe", shop, 16, lateEvery)
	late.forget(at(16).Add(time.Hour)) // somebody answered dupe by hand
	if n := len(late.places) + len(late.last) + len(late.given); n > 0 {
		t.Errorf("%d entries are remembered for ever", n)
	}
}

func TestMessagesInTheWrongOrder(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	early := w.message("ada", "where is your shop?")
	w.now = w.now.Add(10 * time.Second)
	w.says("ada", "how much is delivery?")
	if got := heard(w.settle(w.receives(early))); got != "(out_of_order)" {
		t.Fatalf("a finished turn was opened again: %s", got)
	}
}

func TestWithoutPacingNothingIsRepeatedLimitedOrMuted(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.do.Pacing = false
	w.turns.Pacing = false
	for i := range 50 {
		if got := w.says("ada", "how much is delivery?"); !strings.HasSuffix(got, "Delivery is *₦1,500* in Lagos.") {
			t.Fatalf("message %d: %s", i, got)
		}
	}
}

func TestChatsFromBeforeTheLinkGetOnlySureAnswers(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	says := func(text string) string {
		m := w.message("ada", text)
		m.From.KnownBefore = true
		c := w.receives(m)
		w.now = w.now.Add(5 * time.Second)
		return heard(w.settle(c))
	}
	if got := says("hello"); got != "(soft_return)" {
		t.Fatal(got)
	}
	if got := says("how much is delivery?"); got != "Delivery is *₦1,500* in Lagos." {
		t.Fatal(got)
	}
	w.now = w.now.AddDate(0, 0, 20)
	if got := says("opening hours"); got != "We open 9 to 6." {
		t.Fatalf("somebody known from before was greeted: %s", got)
	}
}

func TestTheMenuShowsWhatIsAskedMost(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	k.inOrder([]domain.FAQID{"f3", "f4", "f1"})
	if got := []domain.FAQID{k.Menu[0].ID, k.Menu[1].ID, k.Menu[2].ID}; got[0] != "f3" || got[1] != "f1" || got[2] != "f2" || k.Enabled[0].ID != "f1" {
		t.Fatal(got)
	}
}

func TestAnAnswerSaysInWhichLanguageAndWhy(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	w.orders("!faq pidgin #1 | Na *₦1,500*.")
	for text, want := range map[string]domain.ReplyDecided{
		"how much una dey charge for delivery": {Language: domain.Pidgin, Told: []string{"una", "dey"}},
		"how much is delivery":                 {Language: domain.English},
		"where is your shop":                   {},
	} {
		w.says(text, text) // each from somebody else
		var got domain.ReplyDecided
		for _, r := range w.log() {
			if e, ok := r.Event.(domain.ReplyDecided); ok {
				got = e
			}
		}
		if got.Language != want.Language || !slices.Equal(got.Told, want.Told) {
			t.Errorf("%q: in %q, told by %q", text, got.Language, got.Told)
		}
	}
}
