package projections

import (
	"context"

	"switchboard.example/domain"
)

// Reason is what a decision was made on, beyond the FAQ itself.
type Reason struct {
	Candidates []domain.Candidate `json:"candidates"`
	Thresholds *domain.Thresholds `json:"thresholds"`
	Revision   int                `json:"revision"`  // the FAQ's
	Knowledge  int                `json:"knowledge"` // all FAQs', as the log's position
	Matched    []string           `json:"matched"`   // the customer's words that counted
	Also       []domain.FAQID     `json:"also"`
	Late       bool               `json:"late"`
	Greeted    bool               `json:"greeted"`
	Language   domain.Language    `json:"language,omitempty"` // of the answer, where the FAQ has one in Pidgin, too
	Told       []string           `json:"told,omitempty"`     // the customer's words that told
}

type reasonRow struct {
	threadKey
	CustomerID domain.CustomerID `json:"customer_id"`
	Decision   Reason            `json:"decision"`
}

var reasonsTable = newTable[threadKey, reasonRow]("read_reasons")

// Reasons are what the bot's decisions were made on: one for each message, and for the reply it got.
func Reasons() Projection {
	return Projection{
		Name: "reasons", Version: 1, Gather: later, Tables: []string{"read_reasons"},
		Types: typesOf(domain.ReplyDecided{}, domain.ReplyQueued{}, domain.CustomerForgotten{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			forgotten := func(e domain.Event) bool { _, ok := e.(domain.CustomerForgotten); return ok }
			return inStretches(page, forgotten,
				func(stretch []domain.Recorded) error {
					return reasonsTable.fold(ctx, w, stretch, touchReasons, evolveReasons)
				},
				func(r domain.Recorded) error { return forgetReasons(ctx, w, r) })
		},
	}
}

func touchReasons(r domain.Recorded) []threadKey {
	switch e := r.Event.(type) {
	case domain.ReplyDecided:
		return inKeys(e.About, e.InReplyTo)
	case domain.ReplyQueued:
		return append(inKeys(e.About, e.InReplyTo), outKey(e.About, e.ReplyID))
	}
	return nil
}

func evolveReasons(rows *rows[threadKey, reasonRow], r domain.Recorded) {
	switch e := r.Event.(type) {
	case domain.ReplyDecided:
		matched := make([]string, len(e.Matched))
		for i, word := range e.Matched {
			matched[i] = words(word)
		}
		var told []string
		for _, word := range e.Told {
			told = append(told, words(word))
		}
		for _, k := range inKeys(e.About, e.InReplyTo) {
			rows.put(reasonRow{k, e.CustomerID, Reason{
				Candidates: e.Candidates, Thresholds: e.Thresholds, Revision: e.Revision, Knowledge: e.Knowledge, Matched: matched,
				Also: e.Also, Late: e.Late, Greeted: e.Greeted, Language: e.Language, Told: told,
			}})
		}
	case domain.ReplyQueued:
		if e.Author != domain.AuthorBot || len(e.InReplyTo) == 0 {
			return
		}
		if row, ok := rows.get(inKey(e.About, e.InReplyTo[len(e.InReplyTo)-1])); ok {
			rows.put(reasonRow{outKey(e.About, e.ReplyID), e.CustomerID, row.Decision})
		}
	}
}

func forgetReasons(ctx context.Context, w Writer, r domain.Recorded) error {
	k, _ := aboutOf(r)
	_, err := w.ExecContext(ctx, `
		UPDATE read_reasons
		SET decision = jsonb_set(decision - 'told', '{matched}', '[]')
		WHERE workspace_id = $1 AND customer_id = $2`, k.WorkspaceID, k.CustomerID)
	return wrap(err, "blank a forgotten customer's words")
}
