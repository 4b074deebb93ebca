package bot

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// unsettled is the first of some messages about the delivery fee that a workspace answers as shipped, and asks back about when
// it is as careful as may be.
func unsettled(t *testing.T) string {
	t.Helper()
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"what will it cost to send to ikeja", "how much to send it to my house", "how much to deliver to my office", "wetin be the cost to deliver to my office", "how much is it to ikeja", "cost of delivering to yaba",
		"how much to delivering goods outside town", "how much to bring it to me", "can you waybill", "delivery price to yaba",
	} {
		r := k.Match(text)
		if r.FAQID == "f1" && r.Decision == match.Answer && !r.Exact && k.Shifted(domain.Shift{By: -1}).Match(text).Decision == match.Choices {
			return text
		}
	}
	t.Fatal("the matcher is sure of all of them, or of none: find another message")
	return ""
}

func TestAShiftIsInEveryExplanation(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	fitted := domain.WorkspaceShiftFitted{WorkspaceID: shop, Shift: -1, Labels: 60, Right: 20, Expected: 34, UpTo: 7, FittedAt: noon}
	between := unsettled(t)
	before := w.lastDecision(t, "ada", between)
	w.happens(domain.WorkspaceStream(shop), fitted)
	after := w.lastDecision(t, "bola", between)
	if before.Thresholds.Shift != 0 || after.Thresholds.Shift != -1 {
		t.Fatalf("the shift in force is not recorded: %+v, then %+v", before.Thresholds, after.Thresholds)
	}
	if moved := domain.LogOdds(after.Score) - domain.LogOdds(before.Score); math.Abs(moved+1) > 1e-9 {
		t.Fatalf("the score moved by %v", moved)
	}
	if before.Decision != domain.DecideAnswer || after.Decision != domain.DecideChoices {
		t.Fatalf("%s at %.3f, then %s at %.3f", before.Decision, before.Score, after.Decision, after.Score)
	}
	_, was, _ := before.Believed()
	if faq, is, ok := after.Believed(); !ok || faq != "f1" || math.Abs(is-was) > 1e-9 {
		t.Fatalf("what it believed depends on the shift: %v and %v", was, is)
	}
	t.Run("trying says the same as doing", func(t *testing.T) {
		k, err := w.turns.Library.Of(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		trial := Try(w.workspace(t), k, between, w.now)
		if diff := cmp.Diff(after.Thresholds, trial.Decided.Thresholds); diff != "" || trial.Decided.Score != after.Score || trial.Decided.Decision != after.Decision {
			t.Fatalf("%v %v (-done +tried):\n%s", trial.Decided.Decision, trial.Decided.Score, diff)
		}
		if trial.Seen.Confidence != after.Score || trial.Seen.Thresholds.Shift != -1 {
			t.Fatalf("what was seen: %+v", trial.Seen)
		}
	})
	t.Run("the log alone decides the same again", func(t *testing.T) {
		w.restart()
		if again := w.lastDecision(t, "chidi", between); again.Score != after.Score || again.Decision != after.Decision || *again.Thresholds != *after.Thresholds {
			t.Fatalf("%+v, then %+v", after, again)
		}
	})
	t.Run("a reset is as at first", func(t *testing.T) {
		if _, err := w.do.ResetShift(t.Context(), commands.ChangeWorkspace{WorkspaceID: shop}); err != nil {
			t.Fatal(err)
		}
		if again := w.lastDecision(t, "dupe", between); again.Score != before.Score || again.Decision != before.Decision || again.Thresholds.Shift != 0 {
			t.Fatalf("%+v, then %+v", before, again)
		}
	})
}

// lastDecision is what a customer's message came to.
func (w *world) lastDecision(t *testing.T, who, text string) domain.ReplyDecided {
	t.Helper()
	w.says(who, text)
	for _, r := range slices.Backward(w.log()) {
		if e, ok := r.Event.(domain.ReplyDecided); ok {
			return e
		}
	}
	t.Fatal("nothing was decided")
	return domain.ReplyDecided{}
}

func (w *world) workspace(t *testing.T) domain.Workspace {
	t.Helper()
	events, err := w.store.Load(t.Context(), domain.WorkspaceStream(shop), 0)
	if err != nil {
		t.Fatal(err)
	}
	space, _ := commands.Fold[domain.Workspace, domain.WorkspaceEvent](events)
	return space
}

func TestAFitIsRecordedOnceForWhatItRead(t *testing.T) {
	w := newWorld(t, shopFAQs...)
	var labels []match.Label
	for range 60 {
		labels = append(labels, match.Label{LogOdds: 0.4})
	}
	asked := 0
	fit := func(domain.Shift) (domain.WorkspaceShiftFitted, error) {
		asked++
		return FitShift(labels, 40), nil
	}
	for range 2 {
		if _, err := w.do.FitShift(t.Context(), shop, fit); err != nil {
			t.Fatal(err)
		}
	}
	s := w.workspace(t).Shift
	if asked != 2 || s.By != -1 || s.Labels != 60 || s.Right != 0 || s.UpTo != 40 || !s.FittedAt.Equal(w.now) {
		t.Fatalf("%+v after %d", s, asked)
	}
	recorded := 0
	for _, r := range w.log() {
		if _, ok := r.Event.(domain.WorkspaceShiftFitted); ok {
			recorded++
		}
	}
	if recorded != 1 {
		t.Fatalf("recorded %d times", recorded)
	}
}

func TestTheSettingsTellTheThresholdTheMatcherUses(t *testing.T) {
	if domain.AnswersFrom != match.DefaultThresholds().Answer {
		t.Fatal("two thresholds from which the bot answers")
	}
}
