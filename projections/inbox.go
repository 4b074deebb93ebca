package projections

import (
	"context"
	"slices"
	"time"

	"switchboard.example/domain"
)

// inboxRow is one customer's conversation as the inbox lists it. What depends on the time of day is decided when it is read.
type inboxRow struct {
	customerKey
	Name              string        `json:"name"`
	Phone             string        `json:"phone"`
	FirstAt           *time.Time    `json:"first_at"`
	LastAt            *time.Time    `json:"last_at"`    // of the newest message either way; nil: nothing to show
	LastVoice         domain.Author `json:"last_voice"` // whose the newest reply is
	Unanswered        int           `json:"unanswered"` // messages since the last reply
	FirstUnansweredAt *time.Time    `json:"first_unanswered_at"`
	WaitingSince      *time.Time    `json:"waiting_since"` // for a person
	HandedOff         bool          `json:"handed_off"`
	Mark              Mark          `json:"mark"`
	Unseen            bool          `json:"unseen"`   // a picture or the like came, which only a person can look at
	OwnerAt           *time.Time    `json:"owner_at"` // when a person from the business last wrote
	TakenUntil        *time.Time    `json:"taken_until"`
	MutedUntil        *time.Time    `json:"muted_until"`
	OptedOut          bool          `json:"opted_out"`
	Ignored           bool          `json:"ignored"`
	Allowed           bool          `json:"allowed"`
	Forgotten         bool          `json:"forgotten"`
	Before            *inboxBefore  `json:"before"` // the newest message from the business's phone
}

// inboxBefore is what a message from the business's phone ended, for when it turns out that nobody wrote it.
type inboxBefore struct {
	MessageID         domain.MessageID
	LastVoice         domain.Author
	OwnerAt           *time.Time
	Unanswered        int
	FirstUnansweredAt *time.Time
	WaitingSince      *time.Time
	HandedOff         bool
	Mark              Mark
	Unseen            bool
}

// Mark is what a person should know before they open a conversation; empty is nothing.
type Mark string

// The marks. A person's words take them off.
const (
	Urgent  Mark = "urgent"  // the customer complains
	Abusive Mark = "abusive" // the customer was rude to the bot
)

var (
	inboxTable     = newTable[customerKey, inboxRow]("read_inbox")
	inboxRedirects = newRedirects("read_inbox_redirects")
)

// Inbox is one row per conversation: who it is with, who is talking, and whether somebody waits.
func Inbox() Projection {
	return Projection{
		Name: "inbox", Version: 3, Gather: together, Tables: []string{"read_inbox", "read_inbox_redirects"},
		Types: typesOf(domain.CustomerSeen{}, domain.CustomerAddressLinked{}, domain.CustomerMerged{}, domain.CustomerIgnored{}, domain.CustomerAllowed{},
			domain.CustomerForgotten{}, domain.MessageReceived{}, domain.MessageUndecryptable{},
			domain.OwnerReplied{}, domain.OwnerReplyReclassified{}, domain.ReplyDecided{}, domain.ReplyQueued{}, domain.ReplySent{}, domain.ReplyFailed{},
			domain.ReplyCancelled{}, domain.ConversationHandedOff{}, domain.ConversationTakenOver{}, domain.ConversationGivenBack{},
			domain.ConversationOptedOut{}, domain.ConversationOptedIn{}, domain.ConversationMuted{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return inStretches(page, isMerge,
				func(stretch []domain.Recorded) error { return foldInbox(ctx, w, stretch) },
				func(r domain.Recorded) error { return mergeInbox(ctx, w, r) })
		},
	}
}

func isMerge(e domain.Event) bool {
	_, ok := e.(domain.CustomerMerged)
	return ok
}

func foldInbox(ctx context.Context, w Writer, stretch []domain.Recorded) error {
	if len(stretch) == 0 {
		return nil
	}
	merged, err := inboxRedirects.load(ctx, w, stretch)
	if err != nil {
		return err
	}
	touch := func(r domain.Recorded) []customerKey {
		if k, ok := aboutOf(r); ok {
			return []customerKey{merged.follow(k)}
		}
		return nil
	}
	return inboxTable.fold(ctx, w, stretch, touch, func(rows *rows[customerKey, inboxRow], r domain.Recorded) {
		for _, k := range touch(r) {
			evolveInbox(rows, k, r.Event)
		}
	})
}

// evolveInbox lets only what shows a customer make a row: the owner's own chat with themselves is no conversation.
func evolveInbox(rows *rows[customerKey, inboxRow], k customerKey, e domain.Event) {
	row, ok := rows.get(k)
	switch e.(type) {
	case domain.CustomerSeen, domain.MessageReceived, domain.MessageUndecryptable, domain.OwnerReplied:
		row.customerKey = k
	default:
		if !ok {
			return
		}
	}
	switch e := e.(type) {
	case domain.CustomerEvent:
		row = row.afterCustomer(e)
	case domain.ReplyQueued, domain.ReplySent, domain.ReplyFailed, domain.ReplyCancelled, domain.OwnerReplied, domain.OwnerReplyReclassified,
		domain.ReplyDecided:
		row = row.afterReply(e)
	case domain.ConversationEvent:
		row = row.afterConversation(e)
	}
	rows.put(row)
}

func (row inboxRow) afterCustomer(e domain.CustomerEvent) inboxRow {
	if _, forgotten := e.(domain.CustomerForgotten); forgotten { // that there was a conversation, and when, is all that stays
		return inboxRow{customerKey: row.customerKey, FirstAt: row.FirstAt, LastAt: row.LastAt, Forgotten: true}
	}
	now := domain.Customer{
		Phone: row.Phone, Name: row.Name, Ignored: row.Ignored, Allowed: row.Allowed, Forgotten: row.Forgotten,
	}.Evolve(e)
	row.Phone, row.Name, row.Ignored, row.Allowed, row.Forgotten = words(now.Phone), words(now.Name), now.Ignored, now.Allowed, now.Forgotten
	return row
}

func (row inboxRow) afterConversation(e domain.ConversationEvent) inboxRow {
	switch e := e.(type) {
	case domain.MessageReceived:
		row = row.spoke(e.SentAt)
		row.Unanswered++
		row.FirstUnansweredAt = earliest(row.FirstUnansweredAt, stored(e.SentAt))
	case domain.MessageUndecryptable:
		row = row.spoke(e.SentAt)
	case domain.ConversationHandedOff:
		row.HandedOff = true
		if e.Reason == domain.ReasonComplaint {
			row.Mark = Urgent
		}
		row.WaitingSince = firstTime(row.WaitingSince, row.FirstUnansweredAt, stored(e.At))
	case domain.ConversationTakenOver:
		row.TakenUntil = stored(e.Until)
	case domain.ConversationGivenBack:
		row.TakenUntil, row.OwnerAt, row.WaitingSince, row.HandedOff, row.Before = nil, nil, nil, false, nil
		row.Mark, row.Unseen = "", false
	case domain.ConversationOptedOut:
		row.OptedOut = true
	case domain.ConversationOptedIn:
		row.OptedOut = false
	case domain.ConversationMuted:
		row.MutedUntil = stored(e.Until)
		if e.Reason == domain.ReasonAbuse && row.Mark == "" {
			row.Mark = Abusive
		}
	default: // replies have a function of their own, and the rest changes nothing here
	}
	return row
}

func (row inboxRow) afterReply(e domain.Event) inboxRow {
	switch e := e.(type) {
	case domain.OwnerReplied:
		if e.Automatic {
			return row.spoke(e.SentAt)
		}
		row.Before = &inboxBefore{e.MessageID, row.LastVoice, row.OwnerAt, row.Unanswered, row.FirstUnansweredAt, row.WaitingSince, row.HandedOff, row.Mark, row.Unseen}
		row = row.spoke(e.SentAt).personSpoke(domain.AuthorPhone, e.SentAt)
		row.Unanswered, row.FirstUnansweredAt = 0, nil
	case domain.OwnerReplyReclassified:
		row = row.reclassified(e.MessageID)
	case domain.ReplyDecided:
		row = row.afterDecision(e)
	case domain.ReplyQueued:
		row = row.spoke(e.QueuedAt)
		row.LastVoice = e.Author
		if e.Author == domain.AuthorDashboard {
			row.Before = nil
			row = row.personSpoke(e.Author, e.QueuedAt)
		}
	case domain.ReplySent:
		row.Unanswered, row.FirstUnansweredAt = 0, nil
	case domain.ReplyFailed:
		row.WaitingSince = firstTime(row.WaitingSince, row.FirstUnansweredAt)
	case domain.ReplyCancelled:
		row = row.leftBy(e.Reason)
	}
	return row
}

// reclassified takes back what a message did that no person wrote. Of an earlier one nothing is left to take back.
func (row inboxRow) reclassified(id domain.MessageID) inboxRow {
	was := row.Before
	if was == nil || was.MessageID != id {
		return row
	}
	if row.LastVoice == domain.AuthorPhone {
		row.LastVoice = was.LastVoice
	}
	row.OwnerAt, row.Before = was.OwnerAt, nil
	row.Unanswered += was.Unanswered
	row.FirstUnansweredAt = earliest(was.FirstUnansweredAt, row.FirstUnansweredAt)
	row.WaitingSince, row.HandedOff = earliest(was.WaitingSince, row.WaitingSince), was.HandedOff || row.HandedOff
	row.Mark, row.Unseen = firstMark(row.Mark, was.Mark), row.Unseen || was.Unseen
	return row
}

func (row inboxRow) afterDecision(e domain.ReplyDecided) inboxRow {
	if e.Unseen || e.Why == domain.ReasonNotText {
		row.Unseen = true
		row.WaitingSince = firstTime(row.WaitingSince, row.FirstUnansweredAt)
	}
	switch e.Decision {
	case domain.DecideSilence:
		return row.leftBy(e.Why)
	case domain.DecideFallback:
		return row.leftBy(e.Why)
	case domain.DecideAnswer:
		if !row.HandedOff && !row.Unseen {
			row.WaitingSince = nil
		}
	case domain.DecideChoices, domain.DecideGreeting, domain.DecideAway, domain.DecideCommand:
	}
	return row
}

// leftBy notes that the bot said nothing: mostly, a person has to.
func (row inboxRow) leftBy(why domain.Reason) inboxRow {
	if leavesSomebodyWaiting(why) {
		row.WaitingSince = firstTime(row.WaitingSince, row.FirstUnansweredAt)
	}
	return row
}

// leavesSomebodyWaiting says whether a silence for this reason leaves the customer without the answer they hoped for.
func leavesSomebodyWaiting(why domain.Reason) bool {
	return !slices.Contains([]domain.Reason{
		domain.ReasonSmallTalk, domain.ReasonGreeting, domain.ReasonOptedOut, domain.ReasonIgnored, domain.ReasonWithdrawn,
		domain.ReasonRepeat, domain.ReasonLoop, domain.ReasonCommand, domain.ReasonEdited, domain.ReasonOptingOut, domain.ReasonOptingIn,
		domain.ReasonOwnNote, domain.ReasonNotAllowed, domain.ReasonSavedContact, domain.ReasonAbuse, domain.ReasonErased,
	}, why)
}

func (row inboxRow) spoke(at time.Time) inboxRow {
	row.FirstAt, row.LastAt = earliest(row.FirstAt, stored(at)), latest(row.LastAt, at)
	return row
}

func (row inboxRow) personSpoke(author domain.Author, at time.Time) inboxRow {
	row.LastVoice, row.OwnerAt = author, latest(row.OwnerAt, at)
	row.WaitingSince, row.HandedOff, row.Mark, row.Unseen = nil, false, "", false
	return row
}

// mergeInbox makes one conversation of two.
func mergeInbox(ctx context.Context, w Writer, r domain.Recorded) error {
	e, _ := r.Event.(domain.CustomerMerged)
	into, err := inboxRedirects.merge(ctx, w, r, e)
	if err != nil {
		return err
	}
	gone := customerKey{e.WorkspaceID, e.Merged}
	both := func(domain.Recorded) []customerKey { return []customerKey{gone, into} }
	return inboxTable.fold(ctx, w, []domain.Recorded{r}, both, func(rows *rows[customerKey, inboxRow], _ domain.Recorded) {
		loser, ok := rows.get(gone)
		if !ok {
			return
		}
		winner, known := rows.get(into)
		if !known {
			winner = inboxRow{customerKey: into}
		}
		rows.put(winner.joinedBy(loser))
		rows.remove(gone)
	})
}

func (row inboxRow) joinedBy(other inboxRow) inboxRow {
	if row.LastAt == nil || (other.LastAt != nil && other.LastAt.After(*row.LastAt)) {
		row.LastVoice = other.LastVoice
	}
	row.Name, row.Phone = orElse(row.Name, other.Name), orElse(row.Phone, other.Phone)
	row.FirstAt, row.LastAt = earliest(row.FirstAt, other.FirstAt), latest(row.LastAt, moment(other.LastAt))
	row.Unanswered += other.Unanswered
	row.FirstUnansweredAt = earliest(row.FirstUnansweredAt, other.FirstUnansweredAt)
	row.WaitingSince = earliest(row.WaitingSince, other.WaitingSince)
	row.HandedOff = row.HandedOff || other.HandedOff
	row.OwnerAt, row.TakenUntil = latest(row.OwnerAt, moment(other.OwnerAt)), latest(row.TakenUntil, moment(other.TakenUntil))
	row.MutedUntil = latest(row.MutedUntil, moment(other.MutedUntil))
	row.Mark, row.Unseen = firstMark(row.Mark, other.Mark), row.Unseen || other.Unseen
	row.OptedOut, row.Ignored, row.Allowed = row.OptedOut || other.OptedOut, row.Ignored || other.Ignored, row.Allowed || other.Allowed
	return row
}

// firstMark is the graver of two marks.
func firstMark(a, b Mark) Mark {
	if a == Urgent || b == "" {
		return a
	}
	return b
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// earliest returns the earlier of two stored times; nil is none.
func earliest(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}

// firstTime returns the first of the times that is one.
func firstTime(times ...*time.Time) *time.Time {
	for _, t := range times {
		if t != nil {
			return t
		}
	}
	return nil
}
