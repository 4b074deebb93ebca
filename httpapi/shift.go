package httpapi

import (
	"time"

	"switchboard.example/domain"
)

// shiftBody is how much more careful the bot is here, and why.
type shiftBody struct {
	By          float64    `json:"by"`
	AnswersFrom float64    `json:"answersFrom"`
	Labels      int        `json:"labels"`
	Right       int        `json:"right"`
	Expected    float64    `json:"expected"`
	FittedAt    *time.Time `json:"fittedAt"`
	Judged      int        `json:"judged"`
	Least       int        `json:"least"`
}

func newShiftBody(s domain.Shift, judged int) shiftBody {
	body := shiftBody{
		By: s.By, AnswersFrom: s.Needs(domain.AnswersFrom), Labels: s.Labels, Right: s.Right, Expected: s.Expected,
		Judged: judged, Least: domain.ShiftAfter,
	}
	if !s.FittedAt.IsZero() {
		body.FittedAt = inUTC(&s.FittedAt)
	}
	return body
}

// resetShift makes the bot as sure of itself as any other again.
func (s *Server) resetShift(c call) error {
	position, err := s.config.Commands.ResetShift(c.Request().Context(), c.change())
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelLabels); err != nil {
		return err
	}
	return s.getSettings(c)
}
