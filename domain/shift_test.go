package domain_test

import (
	"math"
	"testing"

	"switchboard.example/domain"
)

func TestTheShiftOfAWorkspace(t *testing.T) {
	fitted := domain.WorkspaceShiftFitted{WorkspaceID: shop, Shift: -0.4, Labels: 60, Right: 28, Expected: 34.5, UpTo: 900, FittedAt: noon}
	fit := func(e domain.WorkspaceShiftFitted) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.FitShift(e), nil }
	}
	reset := domain.WorkspaceShiftReset{WorkspaceID: shop, ResetAt: noon.Add(day)}
	later := fitted
	later.Shift, later.UpTo = -0.2, 950
	asShipped, careful, between := domain.Shift{}.Needs(domain.AnswersFrom), domain.Shift{By: -0.4}.Needs(domain.AnswersFrom), domain.Shift{By: -0.2}.Needs(domain.AnswersFrom)
	if !(asShipped < between && between < careful) {
		t.Fatal(asShipped, between, careful)
	}
	moved := func(e domain.WorkspaceShiftFitted, before, after float64) domain.WorkspaceShiftFitted {
		e.AnsweredFrom, e.AnswersFrom = before, after
		return e
	}

	t.Run("a fit is taken over once, and says from where the bot answered and answers", func(t *testing.T) {
		givenShop(t).When(fit(fitted)).Then(moved(fitted, asShipped, careful))
		givenShop(t, fitted).When(fit(fitted)).ThenNothing()
		givenShop(t, fitted).When(fit(later)).Then(moved(later, careful, between))
	})
	t.Run("a workspace from before there were any is as shipped", func(t *testing.T) {
		if s := (domain.Workspace{}).Evolve(registered).Shift; s != (domain.Shift{}) || math.Abs(s.Needs(0.8)-0.8) > 1e-12 {
			t.Fatalf("%+v", s)
		}
	})
	t.Run("the reset takes it back, and what was counted does not come again", func(t *testing.T) {
		givenShop(t, fitted).When(func(w domain.Workspace) ([]domain.Event, error) { return w.ResetShift(noon.Add(day)) }).Then(
			domain.WorkspaceShiftReset{WorkspaceID: shop, ResetAt: noon.Add(day), AnsweredFrom: careful, AnswersFrom: asShipped})
		givenShop(t, fitted, reset).When(fit(fitted)).ThenNothing()
		w := domain.Workspace{}.Evolve(registered).Evolve(fitted).Evolve(reset)
		if w.Shift.By != 0 || !w.Shift.ResetAt.Equal(noon.Add(day)) || w.Shift.Due(domain.ShiftAfter-1) || !w.Shift.Due(domain.ShiftAfter) {
			t.Fatalf("%+v", w.Shift)
		}
		if w = w.Evolve(later); w.Shift.By != -0.2 || !w.Shift.ResetAt.Equal(noon.Add(day)) {
			t.Fatalf("a later fit forgets what no longer counts: %+v", w.Shift)
		}
	})
	t.Run("it waits for fifty questions, then for ten at a time", func(t *testing.T) {
		w := domain.Workspace{}.Evolve(registered)
		if w.Shift.Due(49) || !w.Shift.Due(50) {
			t.Error("the first fit")
		}
		if w = w.Evolve(fitted); w.Shift.Due(9) || !w.Shift.Due(10) {
			t.Error("the next fit")
		}
	})
	t.Run("a more careful bot needs more", func(t *testing.T) {
		if needs := (domain.Shift{By: -0.4}).Needs(0.8); math.Abs(needs-0.8565) > 0.0001 {
			t.Fatal(needs)
		}
	})
}

func TestWhatWasBelievedIsTheProbabilityBeforeAnyShift(t *testing.T) {
	decided := domain.ReplyDecided{Score: 0.6, Candidates: []domain.Candidate{{FAQ: "f1", Score: 0.6}, {FAQ: "f2", Score: 0.2}}}
	if faq, odds, ok := decided.Believed(); !ok || faq != "f1" || math.Abs(odds-domain.LogOdds(0.6)) > 1e-12 {
		t.Fatalf("before thresholds were recorded: %s %v %v", faq, odds, ok)
	}
	decided.Thresholds = &domain.Thresholds{Shift: -0.5}
	if _, odds, _ := decided.Believed(); math.Abs(odds-(domain.LogOdds(0.6)+0.5)) > 1e-12 {
		t.Fatalf("the shift in force was not taken off: %v", odds)
	}
	if _, _, ok := (domain.ReplyDecided{}).Believed(); ok {
		t.Fatal("something was believed of nothing")
	}
}
