package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

type dismissedRow struct {
	clusterKey
	Position int64      `json:"position"`
	At       *time.Time `json:"at"`
	Undone   bool       `json:"undone"`
}

var dismissedTable = newTable[clusterKey, dismissedRow]("read_dismissed")

// Dismissed are the questions somebody said are not for the bot.
func Dismissed() Projection {
	return Projection{
		Name: "dismissed", Version: 1, Tables: []string{"read_dismissed"}, Types: typesOf(domain.FAQDismissed{}, domain.FAQDismissalUndone{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return dismissedTable.fold(ctx, w, page, touchDismissed, func(rows *rows[clusterKey, dismissedRow], r domain.Recorded) {
				_, undone := r.Event.(domain.FAQDismissalUndone)
				for _, k := range touchDismissed(r) {
					rows.put(dismissedRow{k, r.Position, stored(r.OccurredAt), undone})
				}
			})
		},
	}
}

func touchDismissed(r domain.Recorded) []clusterKey {
	switch e := r.Event.(type) {
	case domain.FAQDismissed:
		return []clusterKey{{r.Workspace(), e.Cluster}}
	case domain.FAQDismissalUndone:
		return []clusterKey{{r.Workspace(), e.Cluster}}
	}
	return nil
}

// DismissedQuestion is a question that is not for the bot.
type DismissedQuestion struct {
	ID       string    `json:"id"` // of the cluster
	Question string    `json:"question"`
	People   int       `json:"people"`
	At       time.Time `json:"at"`
}

// DismissedOf lists what is not for the bot, the newest first.
func DismissedOf(ctx context.Context, q Queryer, w domain.WorkspaceID, limit int) ([]DismissedQuestion, error) {
	found, err := query[DismissedQuestion](ctx, q, `
		SELECT d.cluster AS id, d.at, coalesce(c.people, 0) AS people,
			coalesce((
				SELECT a.text
				FROM read_unanswered_askers a
				WHERE a.workspace_id = d.workspace_id AND a.cluster = d.cluster AND a.text <> ''
				ORDER BY a.asked_at DESC, a.customer_id
				LIMIT 1), '') AS question
		FROM read_dismissed d
		LEFT JOIN read_unanswered c ON c.workspace_id = d.workspace_id AND c.cluster = d.cluster
		WHERE d.workspace_id = $1 AND NOT d.undone
		ORDER BY d.position DESC
		LIMIT $2`, w, limit)
	if err != nil {
		return nil, fmt.Errorf("read what is not for the bot: %w", err)
	}
	return found, nil
}

// DismissedTexts are the words of questions that are not for the bot, for the matcher to learn from.
func DismissedTexts(ctx context.Context, q Queryer, w domain.WorkspaceID, limit int) ([]string, error) {
	type asked struct {
		Text string `json:"text"`
	}
	found, err := query[asked](ctx, q, `
		SELECT a.text
		FROM read_dismissed d
		JOIN read_unanswered_askers a ON a.workspace_id = d.workspace_id AND a.cluster = d.cluster
		WHERE d.workspace_id = $1 AND NOT d.undone AND a.text <> ''
		GROUP BY a.text, d.position
		ORDER BY d.position DESC, a.text
		LIMIT $2`, w, limit)
	if err != nil {
		return nil, fmt.Errorf("read dismissed questions: %w", err)
	}
	texts := make([]string, len(found))
	for i, a := range found {
		texts[i] = a.Text
	}
	return texts, nil
}

// LessonsRevision changes whenever FAQs do, or what is not for the bot.
func LessonsRevision(ctx context.Context, q Queryer, w domain.WorkspaceID) (int64, error) {
	n, err := queryNumber(ctx, q, `
		SELECT greatest(
			(SELECT coalesce(max(revision), 0) FROM read_faq_revisions WHERE workspace_id = $1),
			(SELECT coalesce(max(position), 0) FROM read_dismissed WHERE workspace_id = $1))`, w)
	if err != nil {
		return 0, fmt.Errorf("read the lessons' revision: %w", err)
	}
	return n, nil
}
