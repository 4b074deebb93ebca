package httpapi

import (
	"net/http"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

type analyticsBody struct {
	From                time.Time       `json:"from"`
	To                  time.Time       `json:"to"`
	UpTo                time.Time       `json:"upTo"`
	Customers           int64           `json:"customers"`
	Messages            int64           `json:"messages"`
	AnsweredByBot       int64           `json:"answeredByBot"`
	AnsweredShare       *float64        `json:"answeredShare"`
	Choices             int64           `json:"choices"`
	HandedOver          int64           `json:"handedOver"`
	MedianReplyMs       *int64          `json:"medianReplyMs"`
	P95ReplyMs          *int64          `json:"p95ReplyMs"`
	ConnectionAttempts  int64           `json:"connectionAttempts"`
	ConnectionSuccesses int64           `json:"connectionSuccesses"`
	Delivered           int64           `json:"delivered"`
	RepliesSent         int64           `json:"repliesSent"`
	Series              []analyticsItem `json:"series"`
}

type analyticsItem struct {
	At         time.Time `json:"at"`
	Messages   int64     `json:"messages"`
	Answered   int64     `json:"answered"`
	Unanswered int64     `json:"unanswered"`
}

const (
	longestSpan = 400 * 24 * time.Hour
	hourlyUpTo  = 72 * time.Hour // longer spans are shown by day
)

func (s *Server) getAnalytics(c call) error {
	now := s.config.Now()
	var body analyticsBody
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		workspace, _, err := projections.WorkspaceOf(c.Request().Context(), q, c.session.Workspace)
		if err != nil {
			return err
		}
		zone := zoneOf(workspace.Timezone)
		from, to, err := spanOf(c, now, zone)
		if err != nil {
			return err
		}
		figures, err := projections.FiguresOf(c.Request().Context(), q, c.session.Workspace, from, to)
		body = newAnalyticsBody(figures, from, to, now)
		body.Series = seriesOf(figures.Series, from, to, zone)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, body)
}

func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// spanOf reads from and to; today until now unless said otherwise.
func spanOf(c call, now time.Time, zone *time.Location) (from, to time.Time, err error) {
	from, to = startOfDay(now.In(zone)), now
	for name, into := range map[string]*time.Time{"from": &from, "to": &to} {
		text := c.QueryParam(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			return from, to, domain.InvalidField(name, "time.invalid", "Write the time as 2026-12-31T18:00:00+01:00.")
		}
	}
	if !from.Before(to) || to.Sub(from) > longestSpan {
		return from, to, domain.InvalidField("to", "span.invalid", "Ask for a span of at most 400 days that ends after it begins.")
	}
	return from, to, nil
}

func startOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func newAnalyticsBody(f projections.Figures, from, to, now time.Time) analyticsBody {
	body := analyticsBody{
		From: from.UTC(), To: to.UTC(), UpTo: now.UTC(), Customers: f.Customers, Messages: f.Messages, AnsweredByBot: f.Answered,
		Choices: f.Choices, HandedOver: f.HandedOver, MedianReplyMs: f.MedianReplyMs, P95ReplyMs: f.P95ReplyMs,
		ConnectionAttempts: f.ConnectAttempts, ConnectionSuccesses: f.ConnectSuccesses, Delivered: f.Delivered, RepliesSent: f.Sent,
	}
	if f.UpTo != nil {
		body.UpTo = f.UpTo.UTC()
	}
	if answered, ok := f.AnsweredShare(); ok {
		body.AnsweredShare = &answered
	}
	return body
}

// seriesOf adds quarter hours up to hours or, in the workspace's time zone, to days; intervals in which nothing happened are
// there as well.
func seriesOf(points []projections.FiguresPoint, from, to time.Time, zone *time.Location) []analyticsItem {
	begin, step := intervals(to.Sub(from), zone)
	series := []analyticsItem{}
	for at := begin(from); at.Before(to); at = step(at) {
		series = append(series, analyticsItem{At: at.UTC()})
	}
	i := 0
	for _, p := range points {
		for i+1 < len(series) && !p.At.Before(series[i+1].At) {
			i++
		}
		series[i].Messages += p.Messages
		series[i].Answered += p.Answered
		series[i].Unanswered += p.Unanswered
	}
	return series
}

func intervals(span time.Duration, zone *time.Location) (begin, step func(time.Time) time.Time) {
	if span <= hourlyUpTo {
		return func(t time.Time) time.Time { return t.Truncate(time.Hour) }, func(t time.Time) time.Time { return t.Add(time.Hour) }
	}
	return func(t time.Time) time.Time { return startOfDay(t.In(zone)) }, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
}
