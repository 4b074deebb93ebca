package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

type threadKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	ID          string             `json:"id"`
}

func (k threadKey) key() threadKey { return k }

// threadRow is one message or reply of a conversation.
type threadRow struct {
	threadKey
	CustomerID domain.CustomerID `json:"customer_id"`
	WhatsAppID domain.MessageID  `json:"whatsapp_id"`
	Direction  string            `json:"direction"` // in, out; notice: nobody wrote it
	Author     string            `json:"author"`    // customer, bot, phone, dashboard
	MemberID   domain.MemberID   `json:"member_id"` // who wrote it, where that is known
	Kind       string            `json:"kind"`
	Text       string            `json:"text"`
	At         *time.Time        `json:"at"`
	Position   int64             `json:"position"`
	Status     string            `json:"status"`
	Deleted    bool              `json:"deleted"`
	Edited     bool              `json:"edited"`
	Decision   string            `json:"decision"` // what the bot decided: on its reply, and on the messages it was about
	Why        string            `json:"why"`
	FAQID      *domain.FAQID     `json:"faq_id"`
	Score      *float64          `json:"score"`
	Margin     *float64          `json:"margin"`
}

var (
	threadTable     = newTable[threadKey, threadRow]("read_thread")
	threadRedirects = newRedirects("read_thread_redirects")
)

// undecryptable is the kind of a message that could not be read; a readable copy may still come.
const undecryptable = "undecryptable"

// notice is the direction of what nobody wrote: it is about the customer, and no message.
const notice = "notice"

// IdentityNotice is the kind of a notice that WhatsApp's security code with the customer changed.
const IdentityNotice = "identity_changed"

// Thread is what was said in each conversation, message by message, with the ticks and the bot's reasons.
func Thread() Projection {
	return Projection{
		Name: "thread", Version: 3, Gather: together, Tables: []string{"read_thread", "read_thread_redirects"},
		Types: typesOf(domain.CustomerMerged{}, domain.CustomerForgotten{}, domain.MessageReceived{}, domain.MessageEdited{},
			domain.MessageDeleted{}, domain.MessageUndecryptable{}, domain.IdentityChanged{}, domain.OwnerReplied{}, domain.ReplyDecided{},
			domain.ReplyQueued{}, domain.ReplySent{}, domain.ReplyDelivered{}, domain.ReplyRead{}, domain.ReplyRetryRequested{},
			domain.ReplyFailed{}, domain.ReplyCancelled{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return inStretches(page, isMergeOrForgotten,
				func(stretch []domain.Recorded) error { return foldThread(ctx, w, stretch) },
				func(r domain.Recorded) error { return rewriteThread(ctx, w, r) })
		},
	}
}

func foldThread(ctx context.Context, w Writer, stretch []domain.Recorded) error {
	if len(stretch) == 0 {
		return nil
	}
	merged, err := threadRedirects.load(ctx, w, stretch)
	if err != nil {
		return err
	}
	return threadTable.fold(ctx, w, stretch, touchThread, func(rows *rows[threadKey, threadRow], r domain.Recorded) {
		k, _ := aboutOf(r)
		evolveThread(rows, r, merged.follow(k).CustomerID)
	})
}

// inKey names a customer's message. WhatsApp's ids are unique only within a chat and direction.
func inKey(a domain.About, id domain.MessageID) threadKey {
	return threadKey{a.WorkspaceID, domain.DeriveID(string(a.CustomerID), "message", string(id))}
}

func outKey(a domain.About, id domain.ReplyID) threadKey { return threadKey{a.WorkspaceID, string(id)} }

func noticeKey(e domain.IdentityChanged) threadKey {
	return threadKey{e.WorkspaceID, domain.DeriveID(string(e.CustomerID), IdentityNotice, e.ChangedAt.UTC().Format(time.RFC3339Nano))}
}

func inKeys(a domain.About, ids []domain.MessageID) []threadKey {
	keys := make([]threadKey, len(ids))
	for i, id := range ids {
		keys[i] = inKey(a, id)
	}
	return keys
}

func touchThread(r domain.Recorded) []threadKey {
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		return []threadKey{inKey(e.About, e.MessageID)}
	case domain.MessageEdited:
		return []threadKey{inKey(e.About, e.MessageID)}
	case domain.MessageDeleted:
		return []threadKey{inKey(e.About, e.MessageID)}
	case domain.MessageUndecryptable:
		return []threadKey{inKey(e.About, e.MessageID)}
	case domain.IdentityChanged:
		return []threadKey{noticeKey(e)}
	case domain.OwnerReplied:
		return []threadKey{outKey(e.About, domain.ReplyIDOf(e.CustomerID, e.MessageID))}
	case domain.ReplyDecided:
		return inKeys(e.About, e.InReplyTo)
	case domain.ReplyQueued:
		return append(inKeys(e.About, e.InReplyTo), outKey(e.About, e.ReplyID))
	case domain.ReplySent:
		return []threadKey{outKey(e.About, e.ReplyID)}
	case domain.ReplyDelivered:
		return []threadKey{outKey(e.About, e.ReplyID)}
	case domain.ReplyRead:
		return []threadKey{outKey(e.About, e.ReplyID)}
	case domain.ReplyRetryRequested:
		return []threadKey{outKey(e.About, e.ReplyID)}
	case domain.ReplyFailed:
		return []threadKey{outKey(e.About, e.ReplyID)}
	case domain.ReplyCancelled:
		return []threadKey{outKey(e.About, e.ReplyID)}
	}
	return nil
}

func evolveThread(rows *rows[threadKey, threadRow], r domain.Recorded, customer domain.CustomerID) {
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		rows.put(threadRow{
			threadKey: inKey(e.About, e.MessageID), CustomerID: customer, WhatsAppID: domain.MessageID(words(string(e.MessageID))), Direction: "in",
			Author: "customer", Kind: string(e.Kind), Text: words(e.Text), At: stored(e.SentAt), Position: r.Position, Status: "received",
		})
	case domain.MessageUndecryptable:
		k := inKey(e.About, e.MessageID)
		if _, readable := rows.get(k); !readable {
			rows.put(threadRow{
				threadKey: k, CustomerID: customer, WhatsAppID: domain.MessageID(words(string(e.MessageID))), Direction: "in",
				Author: "customer", Kind: undecryptable, At: stored(e.SentAt), Position: r.Position, Status: "received",
			})
		}
	case domain.IdentityChanged:
		rows.put(threadRow{
			threadKey: noticeKey(e), CustomerID: customer, Direction: notice, Author: "customer", Kind: IdentityNotice,
			At: stored(e.ChangedAt), Position: r.Position, Status: "received",
		})
	case domain.OwnerReplied:
		rows.put(threadRow{
			threadKey: outKey(e.About, domain.ReplyIDOf(e.CustomerID, e.MessageID)), CustomerID: customer, WhatsAppID: domain.MessageID(words(string(e.MessageID))),
			Direction: "out", Author: string(domain.AuthorPhone), Kind: string(domain.KindText), Text: words(e.Text),
			At: stored(e.SentAt), Position: r.Position, Status: "sent",
		})
	case domain.MessageEdited:
		rows.change(inKey(e.About, e.MessageID), func(m threadRow) threadRow { m.Text, m.Edited = words(e.Text), true; return m })
	case domain.MessageDeleted:
		rows.change(inKey(e.About, e.MessageID), func(m threadRow) threadRow { m.Deleted = true; return m })
	default:
		evolveReply(rows, r, customer)
	}
}

func evolveReply(rows *rows[threadKey, threadRow], r domain.Recorded, customer domain.CustomerID) {
	switch e := r.Event.(type) {
	case domain.ReplyDecided:
		for _, k := range inKeys(e.About, e.InReplyTo) {
			rows.change(k, func(m threadRow) threadRow { return m.decided(e) })
		}
	case domain.ReplyQueued:
		rows.put(queuedRow(rows, r, e, customer))
	case domain.ReplySent:
		rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow { return m.reached("sent") })
	case domain.ReplyDelivered:
		rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow { return m.reached("delivered") })
	case domain.ReplyRead:
		rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow { return m.reached("read") })
	case domain.ReplyRetryRequested:
		if e.Unreadable() {
			rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow { return m.reached("unreadable") })
		}
	case domain.ReplyFailed:
		rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow {
			m.Why = string(domain.RefusedBy(e.Code))
			return m.reached("failed")
		})
	case domain.ReplyCancelled:
		rows.change(outKey(e.About, e.ReplyID), func(m threadRow) threadRow {
			m.Why = string(e.Reason)
			return m.reached("cancelled")
		})
	}
}

func (m threadRow) decided(e domain.ReplyDecided) threadRow {
	m.Decision, m.Why = string(e.Decision), string(e.Why)
	m.FAQID, m.Score, m.Margin = nil, nil, nil
	if e.FAQ != "" {
		m.FAQID, m.Score, m.Margin = &e.FAQ, &e.Score, &e.Margin
	}
	return m
}

// queuedRow takes the bot's reasons over from the message it replies to: the decision was recorded just before.
func queuedRow(rows *rows[threadKey, threadRow], r domain.Recorded, e domain.ReplyQueued, customer domain.CustomerID) threadRow {
	m := threadRow{
		threadKey: outKey(e.About, e.ReplyID), CustomerID: customer, WhatsAppID: e.WhatsAppID, Direction: "out", Author: string(e.Author),
		Kind: string(domain.KindText), Text: words(e.Text), At: stored(e.QueuedAt), Position: r.Position, Status: "queued",
	}
	if e.Author != domain.AuthorBot && r.Actor.Kind == domain.ActorMember {
		m.MemberID = domain.MemberID(r.Actor.ID)
	}
	if e.Author == domain.AuthorBot && len(e.InReplyTo) > 0 {
		if about, ok := rows.get(inKey(e.About, e.InReplyTo[len(e.InReplyTo)-1])); ok {
			m.Decision, m.Why, m.FAQID, m.Score, m.Margin = about.Decision, about.Why, about.FAQID, about.Score, about.Margin
		}
	}
	return m
}

// progress orders what can become of a reply. A receipt may overtake the news that it was sent, and one phone may have what another
// could not read.
var progress = map[string]int{ //nolint:gochecknoglobals // a constant table
	"queued": 0, "cancelled": 1, "failed": 1, "sent": 2, "unreadable": 3, "delivered": 4, "read": 5,
}

func (m threadRow) reached(status string) threadRow {
	if progress[status] > progress[m.Status] {
		m.Status = status
	}
	return m
}

// rewriteThread moves the messages of a merged customer, or blanks those of a forgotten one.
func rewriteThread(ctx context.Context, w Writer, r domain.Recorded) error {
	if e, ok := r.Event.(domain.CustomerMerged); ok {
		into, err := threadRedirects.merge(ctx, w, r, e)
		if err != nil {
			return err
		}
		_, err = w.ExecContext(ctx, `UPDATE read_thread SET customer_id = $3 WHERE workspace_id = $1 AND customer_id = $2`,
			e.WorkspaceID, e.Merged, into.CustomerID)
		return wrap(err, "move a merged customer's messages")
	}
	k, _ := aboutOf(r)
	_, err := w.ExecContext(ctx, `UPDATE read_thread SET text = '' WHERE workspace_id = $1 AND customer_id = $2 AND text <> ''`,
		k.WorkspaceID, k.CustomerID)
	if err != nil {
		return wrap(err, "blank a forgotten customer's messages")
	}
	// !commands and what they are answered name customers, such as who waits. A bot's words without a decision are in the self-chat.
	_, err = w.ExecContext(ctx, `
		UPDATE read_thread SET text = ''
		WHERE workspace_id = $1 AND text <> '' AND (decision = 'command' OR author = 'bot' AND decision = '')`, k.WorkspaceID)
	return wrap(err, "blank commands that may name a forgotten customer")
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
