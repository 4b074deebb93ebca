package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// beliefRow is what the bot thought of a chat's last words, and of those it last offered choices for: what is judged later is
// the probability as it was then, never one to which the same words were taught.
type beliefRow struct {
	customerKey
	Thought        *domain.FAQID `json:"thought"` // the FAQ it thought of first; nil: none
	ThoughtLogOdds float64       `json:"thought_log_odds"`
	Offered        *domain.FAQID `json:"offered"` // the first of the choices last offered; nil: none were
	OfferedLogOdds float64       `json:"offered_log_odds"`
}

type labelKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	ID          string             `json:"id"`
}

func (k labelKey) key() labelKey { return k }

// labelRow is a question of which somebody said, or may yet say, whether the bot's first thought was right. A question many
// people ask in the same words counts once.
type labelRow struct {
	labelKey
	FAQID    domain.FAQID `json:"faq_id"` // the bot's first thought
	LogOdds  float64      `json:"log_odds"`
	Right    *bool        `json:"was_right"` // nil: nobody said
	Position int64        `json:"position"`  // of the newest change
	At       *time.Time   `json:"at"`
}

// shiftRow is how careful a workspace's bot is, and whether there is news enough to fit that again.
type shiftRow struct {
	workspaceKey
	Shift  domain.Shift `json:"shift"`
	Judged int          `json:"judged"` // judgements since it was fitted or reset
	Due    bool         `json:"due"`
}

var (
	beliefsTable = newTable[customerKey, beliefRow]("read_beliefs")
	labelsTable  = newTable[labelKey, labelRow]("read_labels")
	shiftsTable  = newTable[workspaceKey, shiftRow]("read_shifts")
)

// Labels are the questions that people judged, for the shift of each workspace's confidences to be fitted on: choices that a
// customer picked or refused, and unanswered questions that were assigned or are not for the bot.
//
// Nothing else is taken for a judgement. Thanks after an answer would speak for the bot and never against it, and what a person
// writes after an answer may correct it or go on from it.
func Labels() Projection {
	return Projection{
		Name: "labels", Version: 1, Gather: later, Tables: []string{"read_beliefs", "read_labels", "read_shifts"},
		Types: typesOf(domain.ReplyDecided{}, domain.QuestionUnanswered{}, domain.FAQClusterAnswered{}, domain.FAQDismissed{},
			domain.FAQDismissalUndone{}, domain.WorkspaceShiftFitted{}, domain.WorkspaceShiftReset{}),
		Apply: applyLabels,
	}
}

func applyLabels(ctx context.Context, page []domain.Recorded, w Writer) error {
	changes, err := readBeliefs(ctx, page, w)
	if err != nil {
		return err
	}
	judged := map[int64]bool{} // the positions at which somebody did
	touch := func(r domain.Recorded) []labelKey {
		if change, ok := changes[r.Position]; ok {
			return []labelKey{change.labelKey}
		}
		return nil
	}
	err = labelsTable.fold(ctx, w, page, touch, func(rows *rows[labelKey, labelRow], r domain.Recorded) {
		if change, ok := changes[r.Position]; ok {
			judged[r.Position] = change.apply(rows, r)
		}
	})
	if err != nil {
		return err
	}
	touchShift := func(r domain.Recorded) []workspaceKey {
		switch r.Event.(type) {
		case domain.WorkspaceShiftFitted, domain.WorkspaceShiftReset:
		default:
			if !judged[r.Position] {
				return nil
			}
		}
		return []workspaceKey{{r.Workspace()}}
	}
	return shiftsTable.fold(ctx, w, page, touchShift, func(rows *rows[workspaceKey, shiftRow], r domain.Recorded) {
		for _, k := range touchShift(r) {
			evolveShift(rows, k, r.Event)
		}
	})
}

// readBeliefs follows what the bot thought, and says what each event of the page means for which question.
func readBeliefs(ctx context.Context, page []domain.Recorded, w Writer) (map[int64]labelChange, error) {
	beliefs, err := beliefsTable.open(ctx, w, page, touchBeliefs)
	if err != nil {
		return nil, err
	}
	changes := map[int64]labelChange{} // by position
	for _, r := range page {
		if change, ok := labelChangeBy(r, beliefs); ok {
			changes[r.Position] = change
		}
		evolveBeliefs(beliefs, r)
	}
	return changes, beliefsTable.close(ctx, w, beliefs)
}

func touchBeliefs(r domain.Recorded) []customerKey {
	switch e := r.Event.(type) {
	case domain.ReplyDecided:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.QuestionUnanswered:
		return []customerKey{keyOfCustomer(e.About)}
	}
	return nil
}

func evolveBeliefs(rows *rows[customerKey, beliefRow], r domain.Recorded) {
	e, ok := r.Event.(domain.ReplyDecided)
	if !ok || e.Decision == domain.DecideCommand {
		return
	}
	row, known := rows.get(keyOfCustomer(e.About))
	next := beliefRow{customerKey: keyOfCustomer(e.About)}
	if e.Decision == domain.DecideSilence { // what was offered stays open
		next.Offered, next.OfferedLogOdds = row.Offered, row.OfferedLogOdds
	}
	if faq, odds, thought := e.Believed(); thought && e.Decision != domain.DecideAnswer {
		next.Thought, next.ThoughtLogOdds = &faq, odds
		if e.Decision == domain.DecideChoices {
			next.Offered, next.OfferedLogOdds = &faq, odds
		}
	}
	switch {
	case next.Thought != nil || next.Offered != nil:
		rows.put(next)
	case known:
		rows.remove(next.customerKey)
	}
}

// labelChange is what an event means for one question.
type labelChange struct {
	labelKey
	apply func(*rows[labelKey, labelRow], domain.Recorded) (judged bool)
}

func labelChangeBy(r domain.Recorded, beliefs *rows[customerKey, beliefRow]) (labelChange, bool) {
	switch e := r.Event.(type) {
	case domain.ReplyDecided:
		return chosen(e, beliefs)
	case domain.QuestionUnanswered:
		b, _ := beliefs.get(keyOfCustomer(e.About))
		if b.Thought == nil {
			return labelChange{}, false
		}
		return asked(labelKey{e.WorkspaceID, e.Cluster}, *b.Thought, b.ThoughtLogOdds), true
	case domain.FAQClusterAnswered:
		return judgedAs(labelKey{e.WorkspaceID, e.Cluster}, func(l labelRow) *bool { right := l.FAQID == e.FAQID; return &right }), true
	case domain.FAQDismissed:
		return judgedAs(labelKey{e.WorkspaceID, e.Cluster}, func(labelRow) *bool { return new(bool) }), true
	case domain.FAQDismissalUndone:
		return judgedAs(labelKey{e.WorkspaceID, e.Cluster}, func(labelRow) *bool { return nil }), true
	}
	return labelChange{}, false
}

// chosen is what a customer says by picking one of the choices, or by 0 for none of them. Asking the same again and again
// says it once.
func chosen(e domain.ReplyDecided, beliefs *rows[customerKey, beliefRow]) (labelChange, bool) {
	b, _ := beliefs.get(keyOfCustomer(e.About))
	picked := e.Decision == domain.DecideAnswer && e.Why == domain.ReasonPicked
	refused := e.Decision == domain.DecideFallback && e.Why == domain.ReasonUnsure
	if b.Offered == nil || !picked && !refused {
		return labelChange{}, false
	}
	l := labelRow{labelKey: labelKey{e.WorkspaceID, domain.DeriveID(string(e.CustomerID), "chose", string(*b.Offered))}}
	right := picked && e.FAQ == *b.Offered
	l.FAQID, l.LogOdds, l.Right = *b.Offered, b.OfferedLogOdds, &right
	return labelChange{l.labelKey, func(rows *rows[labelKey, labelRow], r domain.Recorded) bool {
		l.Position, l.At = r.Position, stored(r.OccurredAt)
		rows.put(l)
		return true
	}}, true
}

// asked notes a question nobody judged yet, as the bot thought of it the last time.
func asked(k labelKey, faq domain.FAQID, odds float64) labelChange {
	return labelChange{k, func(rows *rows[labelKey, labelRow], r domain.Recorded) bool {
		if before, _ := rows.get(k); before.Right == nil {
			rows.put(labelRow{labelKey: k, FAQID: faq, LogOdds: odds, Position: r.Position, At: stored(r.OccurredAt)})
		}
		return false
	}}
}

func judgedAs(k labelKey, right func(labelRow) *bool) labelChange {
	return labelChange{k, func(rows *rows[labelKey, labelRow], r domain.Recorded) bool {
		_, known := rows.get(k)
		rows.change(k, func(l labelRow) labelRow {
			l.Right, l.Position, l.At = right(l), r.Position, stored(r.OccurredAt)
			return l
		})
		return known
	}}
}

func evolveShift(rows *rows[workspaceKey, shiftRow], k workspaceKey, e domain.Event) {
	row, _ := rows.get(k)
	row.workspaceKey = k
	if fit, ok := e.(domain.WorkspaceEvent); ok {
		row.Shift, row.Judged = domain.Workspace{Shift: row.Shift}.Evolve(fit).Shift, 0
	} else {
		row.Judged++
	}
	row.Due = row.Shift.Due(row.Judged)
	rows.put(row)
}

// Label is a question that somebody judged.
type Label struct {
	LogOdds float64 `json:"log_odds"`  // of the bot's first thought, before any shift
	Right   bool    `json:"was_right"` // that was the FAQ meant
}

// LabelsSince lists the newest judged questions since a moment, the newest first, and the log's position they reach up to.
func LabelsSince(ctx context.Context, q Queryer, w domain.WorkspaceID, since time.Time, limit int) ([]Label, int64, error) {
	labels, err := query[Label](ctx, q, `
		SELECT log_odds, was_right
		FROM read_labels
		WHERE workspace_id = $1 AND was_right IS NOT NULL AND ($2::timestamptz IS NULL OR at > $2)
		ORDER BY position DESC
		LIMIT $3`, w, stored(since), limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read the judged questions: %w", err)
	}
	upTo, err := queryNumber(ctx, q, `SELECT coalesce(max(position), 0) FROM read_labels WHERE workspace_id = $1`, w)
	if err != nil {
		return nil, 0, fmt.Errorf("read up to where questions are judged: %w", err)
	}
	return labels, upTo, nil
}

// ShiftsDue lists workspaces whose shift is to be fitted, over all of them.
func ShiftsDue(ctx context.Context, q Queryer, limit int) ([]domain.WorkspaceID, error) {
	type due struct {
		WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	}
	found, err := query[due](ctx, q, `SELECT workspace_id FROM read_shifts WHERE due ORDER BY workspace_id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read whose shift is due: %w", err)
	}
	workspaces := make([]domain.WorkspaceID, len(found))
	for i, d := range found {
		workspaces[i] = d.WorkspaceID
	}
	return workspaces, nil
}

// ShiftOf returns how careful a workspace's bot is, and how many questions were judged since that was fitted or reset.
func ShiftOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (domain.Shift, int, error) {
	row, _, err := queryOne[shiftRow](ctx, q, `SELECT workspace_id, shift, judged, due FROM read_shifts WHERE workspace_id = $1`, w)
	if err != nil {
		return domain.Shift{}, 0, fmt.Errorf("read the shift: %w", err)
	}
	return row.Shift, row.Judged, nil
}
