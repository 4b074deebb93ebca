package projections

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// quarter is the length of the intervals that are counted.
const quarter = 15 * time.Minute

func quarterOf(t time.Time) time.Time { return t.UTC().Truncate(quarter) }

// quarterStart names a quarter hour by its start, always in the same words, so that it can be part of a key.
type quarterStart string

// UnmarshalJSON takes the words a database uses.
func (q *quarterStart) UnmarshalJSON(data []byte) error {
	var t time.Time
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	*q = startOf(t)
	return nil
}

func startOf(t time.Time) quarterStart { return quarterStart(quarterOf(t).Format(time.RFC3339)) }

type quarterKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Quarter     quarterStart       `json:"quarter"`
}

func (k quarterKey) key() quarterKey { return k }

// quarterRow counts what happened within a quarter hour. Successes and deliveries count where the attempt and the reply
// count, so that a share never exceeds the whole.
type quarterRow struct {
	quarterKey
	Messages         int64   `json:"messages"`
	Answered         int64   `json:"answered"` // turns
	Choices          int64   `json:"choices"`
	Unanswered       int64   `json:"unanswered"` // turns the bot passed on or left
	HandedOver       int64   `json:"handed_over"`
	Sent             int64   `json:"sent"`     // replies WhatsApp took
	BotSent          int64   `json:"bot_sent"` // those of them by the bot
	Delivered        int64   `json:"delivered"`
	Failed           int64   `json:"failed"`
	ConnectAttempts  int64   `json:"connect_attempts"` // codes scanned or typed
	ConnectSuccesses int64   `json:"connect_successes"`
	ReplyTimes       []int64 `json:"reply_times"`     // histogram, see bucketOf; milliseconds from received to sent
	ReconnectTimes   []int64 `json:"reconnect_times"` // histogram; milliseconds from drop to connected
}

// presenceRow says that a customer wrote within a quarter hour, so that people can be counted over any span.
type presenceRow struct {
	presenceKey
}

type presenceKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Quarter     quarterStart       `json:"quarter"`
	CustomerID  domain.CustomerID  `json:"customer_id"`
}

func (k presenceKey) key() presenceKey { return k }

// pendingRow remembers a message until it is decided about, or a reply until it is delivered.
type pendingRow struct {
	threadKey
	ReceivedAt *time.Time    `json:"received_at"` // of the message; for a reply, of the message it answers
	ByBot      bool          `json:"by_bot"`
	SentIn     *quarterStart `json:"sent_in"`   // the quarter the reply was sent in
	Delivered  bool          `json:"delivered"` // a receipt may overtake the news that it was sent
}

// linkRow remembers a linking or a drop until it ends.
type linkRow struct {
	workspaceKey
	PairedIn  *quarterStart `json:"paired_in"` // the quarter of the attempt that has not succeeded yet
	CodeShown bool          `json:"code_shown"`
	DroppedAt *time.Time    `json:"dropped_at"`
}

var (
	quartersTable = newTable[quarterKey, quarterRow]("read_analytics")
	presenceTable = newTable[presenceKey, presenceRow]("read_analytics_customers")
	pendingTable  = newTable[threadKey, pendingRow]("read_analytics_pending")
	linksTable    = newTable[workspaceKey, linkRow]("read_analytics_links")
)

// Analytics are the figures of each workspace per quarter hour.
func Analytics() Projection {
	return Projection{
		Name: "analytics", Version: 1, Gather: later,
		Tables: []string{"read_analytics", "read_analytics_customers", "read_analytics_pending", "read_analytics_links"},
		Types: append(connectionTypes(), typesOf(domain.MessageReceived{}, domain.ReplyDecided{}, domain.ReplyQueued{}, domain.ReplySent{},
			domain.ReplyDelivered{}, domain.ReplyRead{}, domain.ReplyFailed{}, domain.ReplyCancelled{}, domain.ConversationHandedOff{})...),
		Apply: applyAnalytics,
	}
}

// figures are the tables of a page that is being counted.
type figures struct {
	quarters *rows[quarterKey, quarterRow]
	presence *rows[presenceKey, presenceRow]
	pending  *rows[threadKey, pendingRow]
	links    *rows[workspaceKey, linkRow]
}

func applyAnalytics(ctx context.Context, page []domain.Recorded, w Writer) (err error) {
	var f figures
	if f.presence, err = presenceTable.open(ctx, w, nil, nil); err != nil {
		return err
	}
	if f.pending, err = pendingTable.open(ctx, w, page, touchPending); err != nil {
		return err
	}
	if f.links, err = linksTable.open(ctx, w, page, touchLinks); err != nil {
		return err
	}
	if f.quarters, err = quartersTable.open(ctx, w, page, f.touchQuarters); err != nil {
		return err
	}
	for _, r := range page {
		f.evolve(r)
	}
	return f.close(ctx, w)
}

func (f figures) close(ctx context.Context, w Writer) error {
	if err := presenceTable.close(ctx, w, f.presence); err != nil {
		return err
	}
	if err := pendingTable.close(ctx, w, f.pending); err != nil {
		return err
	}
	if err := linksTable.close(ctx, w, f.links); err != nil {
		return err
	}
	return quartersTable.close(ctx, w, f.quarters)
}

func touchPending(r domain.Recorded) []threadKey {
	switch r.Event.(type) {
	case domain.MessageReceived, domain.ReplyDecided, domain.ReplyQueued, domain.ReplySent, domain.ReplyDelivered, domain.ReplyRead,
		domain.ReplyFailed, domain.ReplyCancelled:
		return touchThread(r)
	}
	return nil
}

func touchLinks(r domain.Recorded) []workspaceKey {
	if _, ok := r.Event.(domain.ConnectionEvent); ok {
		return []workspaceKey{{r.Workspace()}}
	}
	return nil
}

// touchQuarters names the quarter of the event, and the earlier ones that what is pending was counted in.
func (f figures) touchQuarters(r domain.Recorded) []quarterKey {
	keys := []quarterKey{quarterAt(r)}
	for _, k := range touchPending(r) {
		if row, ok := f.pending.get(k); ok && row.SentIn != nil {
			keys = append(keys, quarterKey{r.Workspace(), *row.SentIn})
		}
	}
	for _, k := range touchLinks(r) {
		if row, ok := f.links.get(k); ok && row.PairedIn != nil {
			keys = append(keys, quarterKey{r.Workspace(), *row.PairedIn})
		}
	}
	return keys
}

func quarterAt(r domain.Recorded) quarterKey {
	return quarterKey{r.Workspace(), startOf(r.OccurredAt)}
}

// count changes the figures of a quarter.
func (f figures) count(k quarterKey, change func(*quarterRow)) {
	row, ok := f.quarters.get(k)
	if !ok {
		row = quarterRow{quarterKey: k, ReplyTimes: []int64{}, ReconnectTimes: []int64{}}
	}
	change(&row)
	f.quarters.put(row)
}

func (f figures) evolve(r domain.Recorded) {
	now := quarterAt(r)
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		f.count(now, func(q *quarterRow) { q.Messages++ })
		f.presence.put(presenceRow{presenceKey{now.WorkspaceID, now.Quarter, e.CustomerID}})
		f.pending.put(pendingRow{threadKey: inKey(e.About, e.MessageID), ReceivedAt: stored(e.ReceivedAt)})
	case domain.ReplyDecided:
		f.decided(now, e)
	case domain.ConversationHandedOff:
		f.count(now, func(q *quarterRow) { q.HandedOver++ })
	case domain.ConnectionEvent:
		f.linked(now, e, r.OccurredAt)
	default:
		f.replied(now, r.Event)
	}
}

func (f figures) decided(now quarterKey, e domain.ReplyDecided) {
	switch e.Decision {
	case domain.DecideAnswer:
		f.count(now, func(q *quarterRow) { q.Answered++ })
	case domain.DecideChoices:
		f.count(now, func(q *quarterRow) { q.Choices++ })
	case domain.DecideFallback:
		if leavesSomebodyWaiting(e.Why) {
			f.count(now, func(q *quarterRow) { q.Unanswered++ })
		}
	case domain.DecideSilence:
		if leavesSomebodyWaiting(e.Why) && e.Why != domain.ReasonOwnerActive {
			f.count(now, func(q *quarterRow) { q.Unanswered++ })
		}
		for _, k := range inKeys(e.About, e.InReplyTo) {
			f.pending.remove(k)
		}
	case domain.DecideGreeting, domain.DecideAway, domain.DecideCommand:
	}
}

func (f figures) replied(now quarterKey, event domain.Event) {
	switch e := event.(type) {
	case domain.ReplyQueued:
		f.queued(e)
	case domain.ReplySent:
		f.sent(now, e)
	case domain.ReplyDelivered:
		f.delivered(outKey(e.About, e.ReplyID))
	case domain.ReplyRead:
		f.delivered(outKey(e.About, e.ReplyID))
	case domain.ReplyFailed:
		f.count(now, func(q *quarterRow) { q.Failed++ })
		f.pending.remove(outKey(e.About, e.ReplyID))
	case domain.ReplyCancelled:
		f.pending.remove(outKey(e.About, e.ReplyID))
	}
}

// queued hands the time of the last message over to the reply, and lets go of the messages.
func (f figures) queued(e domain.ReplyQueued) {
	if e.Command {
		return
	}
	reply := pendingRow{threadKey: outKey(e.About, e.ReplyID), ByBot: e.Author == domain.AuthorBot}
	for _, k := range inKeys(e.About, e.InReplyTo) {
		if message, ok := f.pending.get(k); ok {
			reply.ReceivedAt = message.ReceivedAt
			f.pending.remove(k)
		}
	}
	f.pending.put(reply)
}

func (f figures) sent(now quarterKey, e domain.ReplySent) {
	k := outKey(e.About, e.ReplyID)
	reply, ok := f.pending.get(k)
	if !ok || reply.SentIn != nil {
		return
	}
	f.count(now, func(q *quarterRow) {
		q.Sent++
		if reply.ByBot {
			q.BotSent++
		}
		if reply.ByBot && reply.ReceivedAt != nil {
			q.ReplyTimes = inBucket(q.ReplyTimes, stored(e.SentAt).Sub(*reply.ReceivedAt))
		}
	})
	reply.SentIn = &now.Quarter
	f.pending.put(reply)
	if reply.Delivered {
		f.delivered(k)
	}
}

// delivered counts a reply once, however many receipts come for it.
func (f figures) delivered(k threadKey) {
	reply, ok := f.pending.get(k)
	switch {
	case !ok:
	case reply.SentIn == nil:
		reply.Delivered = true
		f.pending.put(reply)
	default:
		f.count(quarterKey{k.WorkspaceID, *reply.SentIn}, func(q *quarterRow) { q.Delivered++ })
		f.pending.remove(k)
	}
}

// linked counts attempts to link and how long drops last. An attempt is a code that was scanned or typed.
func (f figures) linked(now quarterKey, e domain.ConnectionEvent, at time.Time) {
	k := workspaceKey{now.WorkspaceID}
	link, _ := f.links.get(k)
	link.workspaceKey = k
	switch e := e.(type) {
	case domain.ConnectionQRIssued, domain.ConnectionPairingCodeIssued:
		link.CodeShown = true
	case domain.ConnectionPaired:
		f.count(now, func(q *quarterRow) { q.ConnectAttempts++ })
		link.PairedIn, link.CodeShown = &now.Quarter, false
	case domain.ConnectionConnected:
		link = f.connected(now, link, at)
	case domain.ConnectionDisconnected:
		link = link.dropped(e.WillRetry, at)
	case domain.ConnectionReconnecting, domain.ConnectionReleased:
		link = link.dropped(true, at)
	case domain.ConnectionFailed:
		if link.CodeShown && wasAttempt(e.Reason) {
			f.count(now, func(q *quarterRow) { q.ConnectAttempts++ })
		}
		link = link.dropped(false, at)
	case domain.ConnectionUnlinked, domain.ConnectionCodeExpired:
		link = link.dropped(false, at)
	case domain.ConnectionRequested, domain.ConnectionCodeRefused, domain.ConnectionCatchingUp, domain.ConnectionCaughtUp, domain.ConnectionRestricted,
		domain.ConnectionRestrictionEnded, domain.ConnectionDegraded, domain.ConnectionSteadied, domain.ConnectionCrashed,
		domain.ConnectionNewChatsAllowed, domain.ConnectionChatBegun, domain.ConnectionSendRefused:
		return
	}
	f.links.put(link)
}

// wasAttempt says whether a failure means that somebody had used the code.
func wasAttempt(why domain.Reason) bool {
	return why == domain.ReasonPairFailed || why == domain.ReasonNumberTaken
}

func (f figures) connected(now quarterKey, link linkRow, at time.Time) linkRow {
	if link.PairedIn != nil {
		f.count(quarterKey{now.WorkspaceID, *link.PairedIn}, func(q *quarterRow) { q.ConnectSuccesses++ })
	}
	if link.DroppedAt != nil {
		f.count(now, func(q *quarterRow) { q.ReconnectTimes = inBucket(q.ReconnectTimes, stored(at).Sub(*link.DroppedAt)) })
	}
	link.PairedIn, link.DroppedAt, link.CodeShown = nil, nil, false
	return link
}

func (link linkRow) dropped(willRetry bool, at time.Time) linkRow {
	if !willRetry {
		return linkRow{workspaceKey: link.workspaceKey}
	}
	link.DroppedAt = firstTime(link.DroppedAt, stored(at))
	return link
}
