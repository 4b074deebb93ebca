package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// ThreadMessage is a message or a reply of a conversation.
type ThreadMessage struct {
	ID        string        `json:"id"`
	Direction string        `json:"direction"` // in, out; notice: nobody wrote it
	Author    string        `json:"author"`    // customer, bot, phone, dashboard
	Kind      string        `json:"kind"`
	Text      string        `json:"text"`
	At        time.Time     `json:"at"`
	Position  int64         `json:"position"`
	Status    string        `json:"status"` // received; queued, sent, unreadable, delivered, read, failed, cancelled
	Deleted   bool          `json:"deleted"`
	Edited    bool          `json:"edited"`
	Decision  string        `json:"decision"` // empty: nothing was decided
	Why       domain.Reason `json:"why"`
	FAQID     *domain.FAQID `json:"faq_id"`
	Question  *string       `json:"question"` // the FAQ's first wording
	Score     *float64      `json:"score"`
	Margin    *float64      `json:"margin"`

	MemberID   domain.MemberID    `json:"member_id"`  // who wrote it; empty where that is not known
	Candidates []ThreadCandidate  `json:"candidates"` // what the bot weighed, the best first
	Thresholds *domain.Thresholds `json:"thresholds"`
	Revision   int                `json:"revision"` // the FAQ's
	Knowledge  int64              `json:"knowledge"`
	Matched    []string           `json:"matched"`
	Language   domain.Language    `json:"language"` // empty: the FAQ has one answer for everybody
	Told       []string           `json:"told"`
}

// IsNotice says whether it is about the customer and nobody wrote it. Its kind says what it tells.
func (m ThreadMessage) IsNotice() bool { return m.Direction == notice }

// ThreadCandidate is an FAQ the bot weighed.
type ThreadCandidate struct {
	FAQ      domain.FAQID `json:"faq"`
	Question string       `json:"question"` // empty when it was removed since
	Score    float64      `json:"score"`
}

// ThreadPage asks for a page of a conversation.
type ThreadPage struct {
	Limit          int
	BeforeTime     time.Time // of the oldest one of the page before; zero: the newest page
	BeforePosition int64
}

// ThreadOf returns a page of a conversation in the order it was written, the newest page first.
func ThreadOf(ctx context.Context, q Queryer, w domain.WorkspaceID, c domain.CustomerID, p ThreadPage) ([]ThreadMessage, error) {
	found, err := query[ThreadMessage](ctx, q, `
		SELECT * FROM (
			SELECT t.id, t.direction, t.author, t.member_id, t.kind, t.text, t.at, t.position, t.status, t.deleted, t.edited, t.decision, t.why,
				t.faq_id, (array_remove(f.questions, ''))[1] AS question, t.score, t.margin,
				r.decision->'thresholds' AS thresholds, coalesce((r.decision->>'revision')::int, 0) AS revision,
				coalesce((r.decision->>'knowledge')::bigint, 0) AS knowledge, r.decision->'matched' AS matched,
				coalesce(r.decision->>'language', '') AS language, r.decision->'told' AS told,
				(SELECT jsonb_agg(jsonb_build_object('faq', x->>'faq', 'score', x->'score', 'question', coalesce((array_remove(cf.questions, ''))[1], '')))
					FROM jsonb_array_elements(coalesce(nullif(r.decision->'candidates', 'null'), '[]')) x
					LEFT JOIN read_faqs cf ON cf.workspace_id = t.workspace_id AND cf.faq_id::text = x->>'faq') AS candidates
			FROM read_thread t
			LEFT JOIN read_reasons r ON r.workspace_id = t.workspace_id AND r.id = t.id
			LEFT JOIN read_faqs f ON f.workspace_id = t.workspace_id AND f.faq_id = t.faq_id
			WHERE t.workspace_id = $1 AND t.customer_id = $2
				AND ($3::timestamptz IS NULL OR (t.at, t.position) < ($3::timestamptz, $4::bigint))
			ORDER BY t.at DESC, t.position DESC
			LIMIT $5) newest
		ORDER BY at, position`, w, c, stored(p.BeforeTime), p.BeforePosition, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("read a conversation's messages: %w", err)
	}
	return found, nil
}

// QueuedAt returns the position at which the reply was queued that WhatsApp knows under one of our ids; false when there is
// none, or its words are no more.
func QueuedAt(ctx context.Context, q Queryer, w domain.WorkspaceID, id domain.MessageID) (int64, bool, error) {
	type queued struct {
		Position int64 `json:"position"`
	}
	found, ok, err := queryOne[queued](ctx, q, `
		SELECT position
		FROM read_thread
		WHERE workspace_id = $1 AND whatsapp_id = $2 AND direction = 'out' AND text <> ''
		LIMIT 1`, w, string(id))
	if err != nil {
		return 0, false, fmt.Errorf("find a sent reply: %w", err)
	}
	return found.Position, ok, nil
}

// ChatsTold counts the chats, but for one, that were told a text from the dashboard since the given moment.
func ChatsTold(ctx context.Context, q Queryer, w domain.WorkspaceID, text string, since time.Time, besides domain.CustomerID) (int, error) {
	n, err := queryNumber(ctx, q, `
		SELECT count(DISTINCT customer_id)
		FROM read_thread
		WHERE workspace_id = $1 AND author = 'dashboard' AND at >= $2 AND text = $3 AND customer_id <> $4`, w, since, text, besides)
	if err != nil {
		return 0, fmt.Errorf("count the chats that were told the same: %w", err)
	}
	return int(n), nil
}
