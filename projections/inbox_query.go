package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// ConversationState is who a conversation is up to.
type ConversationState string

// The states of a conversation.
const (
	NeedsPerson  ConversationState = "waiting"  // somebody waits for a person
	BotAnswers   ConversationState = "bot"      // the bot answers
	PersonTalks  ConversationState = "human"    // a person is talking, the bot is quiet
	NothingToAdd ConversationState = "answered" // a person had the last word, or the customer wants none
)

// Conversation is one customer's conversation as the inbox lists it.
type Conversation struct {
	CustomerID    domain.CustomerID  `json:"customer_id"`
	Name          string             `json:"name"`
	Phone         string             `json:"phone"` // digits only; empty when unknown or forgotten
	State         ConversationState  `json:"state"`
	WaitingSince  *time.Time         `json:"waiting_since"`
	Unanswered    int                `json:"unanswered"`
	LastAt        time.Time          `json:"last_at"`
	LastText      string             `json:"last_text"`
	LastKind      domain.MessageKind `json:"last_kind"`
	LastDirection string             `json:"last_direction"` // empty: there is no message to show
	LastAuthor    string             `json:"last_author"`
	LastMember    domain.MemberID    `json:"last_member"` // who wrote it; empty where that is not known
	LastWrittenAt time.Time          `json:"last_written_at"`
	LastDeleted   bool               `json:"last_deleted"`
	AskedText     string             `json:"asked_text"` // what the customer wrote last, when the last message of all is the bot's
	AskedKind     domain.MessageKind `json:"asked_kind"` // empty: it is not, or the customer wrote nothing
	AskedDeleted  bool               `json:"asked_deleted"`
	QuietUntil    *time.Time         `json:"quiet_until"` // a person is talking until then; nil: the bot may speak
	Ignored       bool               `json:"ignored"`
	OptedOut      bool               `json:"opted_out"`
	HandedOff     bool               `json:"handed_off"`
	Mark          Mark               `json:"mark"`
	Forgotten     bool               `json:"forgotten"` // erased: nothing that was said is left
}

// InboxPage asks for a page of conversations.
type InboxPage struct {
	State     ConversationState // empty: every state
	Limit     int
	AfterTime time.Time // of the last one of the page before; zero: the first page
	AfterID   domain.CustomerID
}

// conversationColumns decide the state at $2: a person who is talking comes before a customer who waits, because that
// person will answer.
const conversationColumns = `
	SELECT i.workspace_id, i.customer_id, i.name, i.phone, i.waiting_since, i.unanswered, i.last_at, i.ignored, i.opted_out, i.handed_off, i.mark, i.forgotten,
		CASE WHEN quiet.until > $2::timestamptz THEN quiet.until END AS quiet_until,
		CASE
			WHEN quiet.until > $2::timestamptz THEN 'human'
			WHEN i.waiting_since IS NOT NULL THEN 'waiting'
			WHEN i.last_voice IN ('phone', 'dashboard') OR i.opted_out OR i.ignored THEN 'answered'
			ELSE 'bot'
		END AS state
	FROM read_inbox i
	LEFT JOIN read_settings s ON s.workspace_id = i.workspace_id
	CROSS JOIN LATERAL (
		SELECT greatest(i.taken_until, i.owner_at + make_interval(mins => coalesce(nullif((s.settings->>'QuietMinutes')::int, 0),
			CASE WHEN s.settings->>'QuietMinutes' = '0' THEN 52560000 ELSE $3::int END))) AS until) quiet
	WHERE i.workspace_id = $1 AND i.last_at IS NOT NULL`

const withLastMessage = `
	SELECT c.*, m.text AS last_text, m.kind AS last_kind, m.direction AS last_direction, m.author AS last_author,
		coalesce(m.member_id, '') AS last_member, coalesce(m.at, c.last_at) AS last_written_at, m.deleted AS last_deleted,
		coalesce(a.text, '') AS asked_text, coalesce(a.kind, '') AS asked_kind, coalesce(a.deleted, false) AS asked_deleted
	FROM c
	LEFT JOIN LATERAL (
		SELECT t.text, t.kind, t.direction, t.author, t.member_id, t.at, t.deleted
		FROM read_thread t
		WHERE t.workspace_id = c.workspace_id AND t.customer_id = c.customer_id AND t.status <> 'cancelled' AND t.direction <> 'notice'
		ORDER BY t.at DESC, t.position DESC
		LIMIT 1) m ON true
	LEFT JOIN LATERAL (
		SELECT t.text, t.kind, t.deleted
		FROM read_thread t
		WHERE m.author = 'bot' AND t.workspace_id = c.workspace_id AND t.customer_id = c.customer_id AND t.author = 'customer' AND t.direction = 'in'
		ORDER BY t.at DESC, t.position DESC
		LIMIT 1) a ON true`

// quietMinutes is the usual silence after a person wrote; "until resumed" counts as a hundred years.
const quietMinutes = int(domain.QuietAfter / time.Minute)

// ConversationsOf lists a page of a workspace's conversations at the given time: who waits longest first when asked for
// those that need a person, else the newest first. Customers who were erased are in none.
func ConversationsOf(ctx context.Context, q Queryer, w domain.WorkspaceID, now time.Time, p InboxPage) ([]Conversation, error) {
	order, beyond := "last_at DESC, customer_id DESC", "(last_at, customer_id) < ($5::timestamptz, $6::uuid)"
	if p.State == NeedsPerson {
		order, beyond = "waiting_since, customer_id", "(waiting_since, customer_id) > ($5::timestamptz, $6::uuid)"
	}
	statement := `
		WITH c AS (
			SELECT * FROM (` + conversationColumns + `) s
			WHERE NOT forgotten AND ($4 = '' OR state = $4) AND ($5::timestamptz IS NULL OR ` + beyond + `)
			ORDER BY ` + order + `
			LIMIT $7)` + withLastMessage + ` ORDER BY ` + order
	after := stored(p.AfterTime)
	afterID := any(nil)
	if after != nil {
		afterID = string(p.AfterID)
	}
	found, err := query[Conversation](ctx, q, statement, w, now, quietMinutes, string(p.State), after, afterID, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return found, nil
}

// ConversationOf returns one conversation at the given time; false when the workspace has none with that customer.
func ConversationOf(ctx context.Context, q Queryer, w domain.WorkspaceID, c domain.CustomerID, now time.Time) (Conversation, bool, error) {
	found, ok, err := queryOne[Conversation](ctx, q, `WITH c AS (`+conversationColumns+` AND i.customer_id::text = $4)`+withLastMessage,
		w, now, quietMinutes, string(c))
	if err != nil {
		return Conversation{}, false, fmt.Errorf("read a conversation: %w", err)
	}
	return found, ok, nil
}
