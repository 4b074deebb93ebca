package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// Figures are what happened in a workspace between two moments.
type Figures struct {
	Customers, Messages, Answered, Choices, Unanswered, HandedOver int64
	Sent, Delivered, Failed                                        int64
	ConnectAttempts, ConnectSuccesses                              int64
	MedianReplyMs, P95ReplyMs                                      *int64 // nil: no reply was timed
	P95ReconnectMs                                                 *int64
	Series                                                         []FiguresPoint // by quarter hour, those with anything in them
	UpTo                                                           *time.Time     // everything recorded until then is in; nil: everything is
}

// AnsweredShare is how many of the questions the bot answered by itself; false when nothing was asked.
func (f Figures) AnsweredShare() (float64, bool) {
	asked := f.Answered + f.Choices + f.Unanswered
	if asked == 0 {
		return 0, false
	}
	return float64(f.Answered) / float64(asked), true
}

// FiguresPoint is one quarter hour of Figures.
type FiguresPoint struct {
	At         time.Time
	Messages   int64
	Answered   int64
	Unanswered int64
}

// FiguresOf adds up the quarter hours that begin at or after from and before to.
func FiguresOf(ctx context.Context, q Queryer, w domain.WorkspaceID, from, to time.Time) (Figures, error) {
	quarters, err := query[quarterRow](ctx, q, `
		SELECT * FROM read_analytics
		WHERE workspace_id = $1 AND quarter >= $2 AND quarter < $3
		ORDER BY quarter`, w, quarterOf(from), to)
	if err != nil {
		return Figures{}, fmt.Errorf("read the figures: %w", err)
	}
	f, err := addUp(quarters)
	if err != nil {
		return Figures{}, err
	}
	if f.Customers, err = queryNumber(ctx, q, `
		SELECT count(DISTINCT customer_id)
		FROM read_analytics_customers
		WHERE workspace_id = $1 AND quarter >= $2 AND quarter < $3`, w, quarterOf(from), to); err != nil {
		return Figures{}, fmt.Errorf("count the customers: %w", err)
	}
	f.UpTo, err = UpTo(ctx, q, Analytics())
	return f, err
}

func addUp(quarters []quarterRow) (Figures, error) {
	var f Figures
	var replies, reconnects []int64
	for _, q := range quarters {
		f.Messages, f.Answered, f.Choices, f.Unanswered = f.Messages+q.Messages, f.Answered+q.Answered, f.Choices+q.Choices, f.Unanswered+q.Unanswered
		f.HandedOver, f.Sent, f.Delivered, f.Failed = f.HandedOver+q.HandedOver, f.Sent+q.Sent, f.Delivered+q.Delivered, f.Failed+q.Failed
		f.ConnectAttempts, f.ConnectSuccesses = f.ConnectAttempts+q.ConnectAttempts, f.ConnectSuccesses+q.ConnectSuccesses
		replies, reconnects = addHistogram(replies, q.ReplyTimes), addHistogram(reconnects, q.ReconnectTimes)
		at, err := time.Parse(time.RFC3339, string(q.Quarter))
		if err != nil {
			return Figures{}, fmt.Errorf("read a quarter's start: %w", err)
		}
		f.Series = append(f.Series, FiguresPoint{At: at, Messages: q.Messages, Answered: q.Answered, Unanswered: q.Unanswered})
	}
	f.MedianReplyMs, f.P95ReplyMs, f.P95ReconnectMs = quantileOf(replies, 500), quantileOf(replies, 950), quantileOf(reconnects, 950)
	return f, nil
}

func quantileOf(histogram []int64, thousandths int64) *int64 {
	if ms, ok := quantile(histogram, thousandths); ok {
		return &ms
	}
	return nil
}

// UpTo says until when everything recorded is in a read model's tables; nil when nothing is waiting.
func UpTo(ctx context.Context, q Queryer, p Projection) (*time.Time, error) {
	type progress struct {
		Behind    bool      `json:"behind"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	at, ok, err := queryOne[progress](ctx, q, `
		SELECT c.position < l.head_position AS behind, c.updated_at
		FROM projection_checkpoints c, event_log l
		WHERE c.name = $1 AND c.version = $2`, p.Name, p.Version)
	if err != nil {
		return nil, fmt.Errorf("read how far %s is: %w", p.Name, err)
	}
	if !ok || !at.Behind {
		return nil, nil //nolint:nilnil // nothing is waiting, and that is no error
	}
	return &at.UpdatedAt, nil
}

// RepliesSince counts what a workspace's bot has sent since the given moment, rounded down to a quarter hour.
func RepliesSince(ctx context.Context, q Queryer, w domain.WorkspaceID, since time.Time) (int, error) {
	n, err := queryNumber(ctx, q, `
		SELECT coalesce(sum(bot_sent), 0)::bigint
		FROM read_analytics
		WHERE workspace_id = $1 AND quarter >= $2`, w, quarterOf(since))
	if err != nil {
		return 0, fmt.Errorf("count the replies sent: %w", err)
	}
	return int(n), nil
}
