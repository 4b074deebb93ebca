package domain

import (
	"math"
	"time"
)

// WorkspaceShiftFitted records how much more careful, or less, the bot is in this workspace from now on, because of the
// questions that people there judged.
type WorkspaceShiftFitted struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Shift       float64     `json:"shift"`    // added to the log-odds of every confidence; below zero is more careful
	Labels      int         `json:"labels"`   // judged questions it was fitted on
	Right       int         `json:"right"`    // of those, where the FAQ the bot thought of first was the one meant
	Expected    float64     `json:"expected"` // how many of them the bot had expected to be
	UpTo        int64       `json:"up_to"`    // the log's position up to which judgements counted
	FittedAt    time.Time   `json:"fitted_at"`

	AnsweredFrom float64 `json:"answered_from,omitempty"` // the confidence, as the matcher ships, from which the bot answered before,
	AnswersFrom  float64 `json:"answers_from,omitempty"`  // and from which it answers now
}

// WorkspaceShiftReset records that the bot is as sure of itself as any other again. What was judged before no longer counts.
type WorkspaceShiftReset struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	ResetAt     time.Time   `json:"reset_at"`

	AnsweredFrom float64 `json:"answered_from,omitempty"` // the confidence, as the matcher ships, from which the bot answered before,
	AnswersFrom  float64 `json:"answers_from,omitempty"`  // and from which it answers now
}

// The stored names.
func (WorkspaceShiftFitted) EventType() string { return "workspace.shift_fitted" }
func (WorkspaceShiftReset) EventType() string  { return "workspace.shift_reset" }

func (WorkspaceShiftFitted) workspaceEvent() {}
func (WorkspaceShiftReset) workspaceEvent()  {}

var (
	_ = register[WorkspaceShiftFitted]()
	_ = register[WorkspaceShiftReset]()
)

// Shift is how much more careful the bot is in a workspace than the matcher as shipped, and why. The zero value is as shipped.
type Shift struct {
	By       float64   // added to the log-odds of every confidence; below zero is more careful
	Labels   int       // judged questions it was fitted on
	Right    int       // of those, where the bot's first thought was right
	Expected float64   // how many of them the bot had expected to be
	UpTo     int64     // the log's position up to which judgements counted
	FittedAt time.Time // zero: never, or not since it was reset
	ResetAt  time.Time // what was judged until then does not count
}

func (s Shift) evolve(e WorkspaceEvent) Shift {
	switch e := e.(type) {
	case WorkspaceShiftFitted:
		return Shift{By: e.Shift, Labels: e.Labels, Right: e.Right, Expected: e.Expected, UpTo: e.UpTo, FittedAt: e.FittedAt, ResetAt: s.ResetAt}
	case WorkspaceShiftReset:
		return Shift{UpTo: s.UpTo, ResetAt: e.ResetAt}
	default: // the others do not move it
		return s
	}
}

// AnswersFrom is the confidence from which the bot answers where nothing shifts it.
const AnswersFrom = 0.80

// How many judged questions the shift waits for: the first time, and to be fitted anew.
const (
	ShiftAfter = 50
	ShiftEvery = 10
)

// Due says whether so many judgements since the last fit, or since the reset, are enough for another.
func (s Shift) Due(judged int) bool {
	if s.FittedAt.IsZero() {
		return judged >= ShiftAfter
	}
	return judged >= ShiftEvery
}

// Needs is the confidence, as the matcher ships, that counts as the given one here: a bot that is more careful needs more.
func (s Shift) Needs(confidence float64) float64 {
	return 1 / (1 + math.Exp(s.By-LogOdds(confidence)))
}

// FitShift decides to take over a shift; of judgements that were counted before, nothing follows.
func (w Workspace) FitShift(fitted WorkspaceShiftFitted) []Event {
	if w.ID == "" || fitted.UpTo <= w.Shift.UpTo {
		return nil
	}
	fitted.WorkspaceID = w.ID
	fitted.AnsweredFrom, fitted.AnswersFrom = w.Shift.Needs(AnswersFrom), Shift{By: fitted.Shift}.Needs(AnswersFrom)
	return []Event{fitted}
}

// ResetShift decides to be as sure as shipped again, and to begin counting anew.
func (w Workspace) ResetShift(now time.Time) ([]Event, error) {
	return []Event{WorkspaceShiftReset{
		WorkspaceID: w.ID, ResetAt: now, AnsweredFrom: w.Shift.Needs(AnswersFrom), AnswersFrom: Shift{}.Needs(AnswersFrom),
	}}, nil
}

// LogOdds of a probability, which is kept a little away from 0 and 1.
func LogOdds(p float64) float64 {
	p = max(1e-6, min(1-1e-6, p))
	return math.Log(p / (1 - p))
}

// Believed is the FAQ the bot thought of first and the log-odds of that before any shift; false when it thought of none.
func (e ReplyDecided) Believed() (FAQID, float64, bool) {
	if len(e.Candidates) == 0 {
		return "", 0, false
	}
	shift := 0.0
	if e.Thresholds != nil {
		shift = e.Thresholds.Shift
	}
	return e.Candidates[0].FAQ, LogOdds(e.Score) - shift, true
}
