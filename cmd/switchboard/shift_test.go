package main

import (
	"fmt"
	"math"
	"testing"
	"time"

	"switchboard.example/bot"
	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

func TestJudgedQuestionsMakeTheBotMoreCareful(t *testing.T) {
	w := newWorld(t)
	id := w.signsUp("ada@example.com") // not linked, so that nobody else decides its turns
	faq := domain.FAQID(newID())
	for n := range domain.ShiftAfter {
		who := fmt.Sprintf("23480500001%02d", n)
		w.decides(id, who, "do you people bring things and when", func(commands.Turn, []domain.TurnMessage) commands.Outcome {
			return commands.Outcome{Decided: domain.ReplyDecided{
				Decision: domain.DecideChoices, Why: domain.ReasonUnsure, Score: 0.6, Candidates: []domain.Candidate{{FAQ: faq, Score: 0.6}},
				Thresholds: &domain.Thresholds{Answer: 0.8, Careful: 0.9, Choices: 0.35},
			}}
		})
		w.decides(id, who, "0", func(commands.Turn, []domain.TurnMessage) commands.Outcome {
			return commands.Outcome{Decided: domain.ReplyDecided{Decision: domain.DecideFallback, Why: domain.ReasonUnsure}}
		})
	}
	w.eventually("the shift is fitted", func() bool { return len(w.fits()) > 0 })
	fitted := w.fits()[0]
	if fitted.Shift != -1 || fitted.Labels != domain.ShiftAfter || fitted.Right != 0 || math.Abs(fitted.Expected-0.6*domain.ShiftAfter) > 1e-6 {
		t.Fatalf("%+v", fitted)
	}

	t.Run("what was decided and what is tried say so alike", func(t *testing.T) {
		tried, err := (matcher{w.app.library, w.app.core.store}).Try(w.ctx, id, "price of delivery?")
		if err != nil {
			t.Fatal(err)
		}
		decided := w.decides(id, "2348050000999", "price of delivery?", func(turn commands.Turn, messages []domain.TurnMessage) commands.Outcome {
			k, err := w.app.library.Of(w.ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return bot.Decide(turn, messages, k, time.Now())
		})
		if decided.Thresholds == nil || decided.Thresholds.Shift != -1 || *decided.Thresholds != *tried.Thresholds || decided.Score != tried.Confidence {
			t.Fatalf("decided %+v at %v, tried %+v at %v", decided.Thresholds, decided.Score, tried.Thresholds, tried.Confidence)
		}
	})
	t.Run("the log alone gives the same fit and the same tables", func(t *testing.T) {
		if code, _, errs := w.runs("rebuild", "labels"); code != 0 {
			t.Fatal(errs)
		}
		judged, upTo, err := projections.LabelsSince(w.ctx, w.app.core.worker, id, time.Time{}, bot.LabelsFitted)
		if err != nil {
			t.Fatal(err)
		}
		labels := make([]match.Label, len(judged))
		for i, l := range judged {
			labels[i] = match.Label(l)
		}
		again := bot.FitShift(labels, upTo)
		again.WorkspaceID, again.FittedAt = fitted.WorkspaceID, fitted.FittedAt
		again.AnsweredFrom, again.AnswersFrom = domain.AnswersFrom, domain.Shift{By: again.Shift}.Needs(domain.AnswersFrom)
		if again != fitted {
			t.Fatalf("%+v, then %+v", fitted, again)
		}
		w.eventually("every read model is what the log says", func() bool {
			code, _, _ := w.runs("verify")
			return code == 0
		})
	})
	t.Run("the owner takes it back, and it does not come again by itself", func(t *testing.T) {
		position, err := w.app.core.handler.ResetShift(w.ctx, commands.ChangeWorkspace{WorkspaceID: id})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.app.feed.Wait(w.ctx, projections.Labels().Name, position); err != nil {
			t.Fatal(err)
		}
		if due, err := projections.ShiftsDue(w.ctx, w.app.core.worker, 10); err != nil || len(due) != 0 {
			t.Fatalf("due again: %v %v", due, err)
		}
		tried, err := (matcher{w.app.library, w.app.core.store}).Try(w.ctx, id, "price of delivery?")
		if err != nil || tried.Thresholds.Shift != 0 {
			t.Fatalf("%+v %v", tried.Thresholds, err)
		}
		if len(w.fits()) != 1 {
			t.Fatalf("fitted anew:\n%s", w.log())
		}
	})
}

// decides lets somebody write and the turn be decided as told, and returns what was recorded.
func (w *world) decides(
	id domain.WorkspaceID, phone, text string, choose func(commands.Turn, []domain.TurnMessage) commands.Outcome,
) domain.ReplyDecided {
	w.t.Helper()
	address := phone + "@s.whatsapp.net"
	customer, err := w.app.core.handler.ReceiveMessage(w.ctx, commands.ReceiveMessage{
		WorkspaceID: id, From: commands.Sender{Addresses: []string{address}, Phone: phone}, MessageID: domain.MessageID("M" + newID()),
		Kind: domain.KindText, Text: text, SentAt: time.Now(), ReplyTo: address,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	var decided domain.ReplyDecided
	answered, err := w.app.core.handler.AnswerTurn(w.ctx, commands.AnswerTurn{
		WorkspaceID: id, CustomerID: customer,
		Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
			outcome := choose(turn, messages)
			outcome.Reply, decided = "", outcome.Decided
			return outcome, true, nil
		},
	})
	if err != nil || answered.Decision == "" {
		w.t.Fatalf("not decided: %v", err)
	}
	return decided
}

// fits are the shifts in the log.
func (w *world) fits() []domain.WorkspaceShiftFitted {
	w.t.Helper()
	page, err := w.app.core.store.Page(w.ctx, 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	var found []domain.WorkspaceShiftFitted
	for _, r := range page {
		if e, ok := r.Event.(domain.WorkspaceShiftFitted); ok {
			found = append(found, e)
		}
	}
	return found
}
