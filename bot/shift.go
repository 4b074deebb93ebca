package bot

import (
	"switchboard.example/bot/match"
	"switchboard.example/domain"
)

// LabelsFitted is how many judged questions a shift is fitted on at most, the newest: older ones were asked of other FAQs.
const LabelsFitted = 300

// FitShift is how careful a workspace's bot has to be after the questions that people judged, up to a position of the log.
func FitShift(labels []match.Label, upTo int64) domain.WorkspaceShiftFitted {
	fit := match.FitShift(labels)
	return domain.WorkspaceShiftFitted{Shift: fit.Shift, Labels: fit.Labels, Right: fit.Right, Expected: fit.Expected, UpTo: upTo}
}
