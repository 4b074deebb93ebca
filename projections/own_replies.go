package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard.example/domain"
)

// ownReply is what a person of the business replied to one customer's question, from the phone or the dashboard.
//
// The reply is the first text a person wrote in that chat once the question was asked, together with what they wrote within two
// minutes of it: people send one answer in several messages, as customers do. It counts for a day, and until the bot answered
// something else there, by WhatsApp's clock: messages from the phone may come late and in another order. Words written under the
// question itself go before words that came earlier; words written under another message are about that one. WhatsApp's own
// automatic replies, captions and !commands are no reply.
type ownReply struct {
	Reply     string     `json:"reply"`
	RepliedAt *time.Time `json:"replied_at"`
	Bubbles   []bubble   `json:"bubbles"` // the messages it was written in
}

// bubble is one message of a person's reply.
type bubble struct {
	ID     domain.ReplyID `json:"id"`
	At     *time.Time     `json:"at"`
	Author domain.Author  `json:"author"`
	Quotes bool           `json:"quotes"` // written under the question
	Text   string         `json:"text"`
}

const (
	repliedWithin = 24 * time.Hour  // of the question
	oneReply      = 2 * time.Minute // from a reply's first message to its last
	mostBubbles   = 5
	mostMessages  = 20 // a question is remembered to have been asked with
)

// askedAgain is the row after one more time. A question asked again while a reply is still awaited stays the same question.
func (a askerRow) askedAgain(k askerKey, e domain.QuestionUnanswered) askerRow {
	asked := stored(e.SentAt)
	if asked == nil {
		asked = stored(e.AskedAt) // it was not recorded at first
	}
	since, until, ids := asked, stored(moment(asked).Add(repliedWithin)), make([]domain.MessageID, len(e.InReplyTo))
	for i, id := range e.InReplyTo {
		ids[i] = domain.MessageID(words(string(id)))
	}
	if a.awaitsReply(asked) {
		since, until, ids = a.Since, latest(a.Until, moment(until)), append(slices.Clip(a.Messages), ids...)
	}
	a.askerKey, a.Text, a.AskedAt, a.Times = k, words(e.Text), stored(e.AskedAt), a.Times+1
	a.Since, a.Until, a.Messages = since, until, ids[max(0, len(ids)-mostMessages):]
	return a
}

func (a askerRow) awaitsReply(at *time.Time) bool {
	return a.Since != nil && a.Until != nil && at != nil && !at.Before(*a.Since) && !at.After(*a.Until)
}

// heard adds a person's words where they reply to the question; quotes is the message they were written under.
func (a askerRow) heard(b bubble, quotes domain.MessageID) (now askerRow, changed bool) {
	b.Quotes = quotes != ""
	if !a.awaitsReply(b.At) || b.Quotes && !slices.Contains(a.Messages, quotes) {
		return a, false
	}
	said := []bubble{b}
	for _, earlier := range a.Bubbles {
		if a.awaitsReply(earlier.At) && earlier.ID != b.ID { // else to the time before that it was asked
			said = append(said, earlier)
		}
	}
	slices.SortFunc(said, func(x, y bubble) int {
		if order := x.At.Compare(*y.At); order != 0 {
			return order
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	return a.replied(said[max(0, slices.IndexFunc(said, func(b bubble) bool { return b.Quotes })):]), true
}

// unheard takes words back that nobody wrote, or that were never sent.
func (a askerRow) unheard(id domain.ReplyID) (now askerRow, changed bool) {
	left := slices.DeleteFunc(slices.Clone(a.Bubbles), func(b bubble) bool { return b.ID == id })
	return a.replied(left), len(left) < len(a.Bubbles)
}

// leftFor ends the time for a reply, because the bot answered something else.
func (a askerRow) leftFor(at *time.Time) (now askerRow, changed bool) {
	if !a.awaitsReply(at) {
		return a, false
	}
	a.Until = at
	return a, true
}

// replied keeps what makes one reply, and no more than fits an answer.
func (a askerRow) replied(bubbles []bubble) askerRow {
	a.ownReply = ownReply{}
	for i, b := range bubbles {
		text := strings.TrimPrefix(a.Reply+"\n"+b.Text, "\n")
		if i >= mostBubbles || b.At.Sub(*bubbles[0].At) > oneReply || utf8.RuneCountInString(text) > domain.MaxAnswerLength {
			break
		}
		a.Reply, a.RepliedAt, a.Bubbles = text, bubbles[0].At, append(a.Bubbles, b)
	}
	return a
}

// repliesTo folds what people reply over the questions of one stretch.
type repliesTo struct {
	merged    redirects
	askers    *rows[askerKey, askerRow]
	questions map[customerKey][]askerKey
}

// openReplies loads besides the questions that the stretch's replies may be about.
func openReplies(ctx context.Context, w Writer, stretch []domain.Recorded, merged redirects, askers *rows[askerKey, askerRow]) (repliesTo, error) {
	f := repliesTo{merged: merged, askers: askers, questions: map[customerKey][]askerKey{}}
	var chats []customerKey
	var first *time.Time
	seen := map[customerKey]bool{}
	for _, r := range stretch {
		at, concerns := replyAt(r.Event)
		if !concerns {
			continue
		}
		first = earliest(first, at)
		if k := f.chat(r); !seen[k] {
			seen[k], chats = true, append(chats, k)
		}
	}
	if len(chats) > 0 {
		keys, err := json.Marshal(chats)
		if err != nil {
			return f, fmt.Errorf("name the chats of replies: %w", err)
		}
		var found []string
		err = w.SelectContext(ctx, &found, `
			SELECT to_jsonb(a)
			FROM read_unanswered_askers a
			JOIN jsonb_populate_recordset(NULL::read_unanswered_askers, $1::jsonb) k ON a.workspace_id = k.workspace_id AND a.customer_id = k.customer_id
			WHERE a.until >= $2 OR a.bubbles IS NOT NULL
			ORDER BY a.workspace_id, a.customer_id, a.cluster`, string(keys), first)
		if err != nil {
			return f, fmt.Errorf("load the questions replied to: %w", err)
		}
		if err := askers.fill("read_unanswered_askers", found); err != nil {
			return f, err
		}
	}
	for _, k := range askers.order {
		chat := customerKey{k.WorkspaceID, k.CustomerID}
		f.questions[chat] = append(f.questions[chat], k)
	}
	return f, nil
}

func (f repliesTo) chat(r domain.Recorded) customerKey {
	k, _ := aboutOf(r)
	return f.merged.follow(k)
}

// replyAt says whether an event may change what was replied, and when what it tells happened, if that counts.
func replyAt(e domain.Event) (at *time.Time, concerns bool) {
	switch e := e.(type) {
	case domain.OwnerReplied:
		return stored(e.SentAt), !e.Automatic && isReply(e.Text) && (e.Kind == "" || e.Kind == domain.KindText)
	case domain.ReplyQueued:
		return stored(e.QueuedAt), e.Author == domain.AuthorDashboard && isReply(e.Text)
	case domain.ReplyDecided:
		return stored(e.DecidedAt), e.Decision == domain.DecideAnswer
	case domain.OwnerReplyReclassified, domain.ReplyFailed, domain.ReplyCancelled:
		return nil, true
	}
	return nil, false
}

func isReply(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && !strings.HasPrefix(text, "!")
}

func (f repliesTo) evolve(r domain.Recorded) {
	at, concerns := replyAt(r.Event)
	if !concerns {
		return
	}
	for _, k := range f.questions[f.chat(r)] {
		if a, asked := f.askers.get(k); asked {
			if a, changed := a.afterReply(r.Event, at); changed {
				f.askers.put(a)
			}
		}
	}
}

func (a askerRow) afterReply(e domain.Event, at *time.Time) (now askerRow, changed bool) {
	switch e := e.(type) {
	case domain.OwnerReplied:
		id := domain.ReplyIDOf(e.CustomerID, e.MessageID)
		return a.heard(bubble{ID: id, At: at, Author: domain.AuthorPhone, Text: strings.TrimSpace(words(e.Text))}, domain.MessageID(words(string(e.Quotes))))
	case domain.ReplyQueued:
		return a.heard(bubble{ID: e.ReplyID, At: at, Author: e.Author, Text: strings.TrimSpace(words(e.Text))}, domain.MessageID(words(string(e.Quotes))))
	case domain.ReplyDecided:
		return a.leftFor(at)
	case domain.OwnerReplyReclassified:
		return a.unheard(domain.ReplyIDOf(e.CustomerID, e.MessageID))
	case domain.ReplyFailed:
		return a.unheard(e.ReplyID)
	case domain.ReplyCancelled:
		return a.unheard(e.ReplyID)
	}
	return a, false
}

// OwnReply is the newest reply of a person to a question the bot could not answer, to make an answer of.
type OwnReply struct {
	ID         domain.ReplyID    `json:"id"` // of its last message
	Text       string            `json:"text"`
	At         time.Time         `json:"at"`
	Author     domain.Author     `json:"author"` // phone, dashboard
	CustomerID domain.CustomerID `json:"customer_id"`
	Name       string            `json:"name"` // of the customer; empty: not known
	Phone      string            `json:"phone"`
	People     int               `json:"people"`    // customers who were replied to
	Different  int               `json:"different"` // replies that were not the same
	Personal   []string          `json:"-"`         // what in it may be about that customer alone
}

// newestReply is the newest reply to a question of the group c that was not declined, as an OwnReply.
const newestReply = `(
	SELECT jsonb_build_object('id', x.bubbles->-1->>'id', 'text', x.reply, 'at', x.replied_at, 'author', x.bubbles->0->>'author',
		'customer_id', x.customer_id, 'name', coalesce(i.name, ''), 'phone', coalesce(i.phone, ''),
		'people', count(*) OVER (), 'different', (
			SELECT count(DISTINCT d.reply)
			FROM read_unanswered_askers d
			WHERE d.workspace_id = c.workspace_id AND d.cluster = c.cluster AND d.reply <> '' AND NOT d.declined))
	FROM read_unanswered_askers x
	LEFT JOIN read_inbox i ON i.workspace_id = x.workspace_id AND i.customer_id = x.customer_id
	WHERE x.workspace_id = c.workspace_id AND x.cluster = c.cluster AND x.reply <> '' AND NOT x.declined
	ORDER BY x.replied_at DESC, x.customer_id
	LIMIT 1)`
