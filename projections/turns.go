package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard.example/domain"
)

// turnRow is a customer's messages that nothing was decided about yet.
type turnRow struct {
	customerKey
	FirstAt  *time.Time    `json:"first_at"`
	LastAt   *time.Time    `json:"last_at"`
	Messages int           `json:"messages"`
	Open     []openMessage `json:"open"` // oldest first
}

type openMessage struct {
	ID      domain.MessageID `json:"id"`
	At      time.Time        `json:"at"` // when we received it
	Command bool             `json:"command"`
}

var turnsTable = newTable[customerKey, turnRow]("read_turns")

// Turns are the open turns: who waits for a decision of the bot.
func Turns() Projection {
	return Projection{
		Name: "turns", Version: 1, Gather: later, Tables: []string{"read_turns"},
		Types: typesOf(domain.MessageReceived{}, domain.OwnerCommanded{}, domain.MessageDeleted{}, domain.ReplyDecided{},
			domain.MessageEdited{}, domain.MessageUndecryptable{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return turnsTable.fold(ctx, w, page, touchTurns, evolveTurns)
		},
	}
}

func touchTurns(r domain.Recorded) []customerKey {
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.OwnerCommanded:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.MessageDeleted:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.ReplyDecided:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.MessageEdited:
		return []customerKey{keyOfCustomer(e.About)}
	case domain.MessageUndecryptable:
		return []customerKey{keyOfCustomer(e.About)}
	}
	return nil
}

// evolveTurns keeps streams apart on purpose: a turn is decided on the conversation's own stream, also after a merge.
func evolveTurns(rows *rows[customerKey, turnRow], r domain.Recorded) {
	switch e := r.Event.(type) {
	case domain.MessageReceived:
		openTurn(rows, keyOfCustomer(e.About), openMessage{ID: e.MessageID, At: e.ReceivedAt})
	case domain.OwnerCommanded:
		openTurn(rows, keyOfCustomer(e.About), openMessage{ID: e.MessageID, At: e.ReceivedAt, Command: true})
	case domain.MessageEdited: // new words are decided on, also after the old ones were
		openTurn(rows, keyOfCustomer(e.About), openMessage{ID: e.MessageID, At: e.EditedAt})
	case domain.MessageUndecryptable:
		openTurn(rows, keyOfCustomer(e.About), openMessage{ID: e.MessageID, At: laterOf(e.SentAt, e.ReceivedAt)})
	case domain.MessageDeleted:
		closeTurn(rows, keyOfCustomer(e.About), []domain.MessageID{e.MessageID})
	case domain.ReplyDecided:
		closeTurn(rows, keyOfCustomer(e.About), e.InReplyTo)
	}
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func openTurn(rows *rows[customerKey, turnRow], k customerKey, m openMessage) {
	row, _ := rows.get(k)
	m.ID, m.At = domain.MessageID(words(string(m.ID))), m.At.UTC().Truncate(time.Microsecond)
	rows.put(turnRow{customerKey: k}.with(append(slices.Clone(row.Open), m)))
}

func closeTurn(rows *rows[customerKey, turnRow], k customerKey, ids []domain.MessageID) {
	row, ok := rows.get(k)
	if !ok {
		return
	}
	left := slices.DeleteFunc(slices.Clone(row.Open), func(m openMessage) bool { return slices.Contains(ids, m.ID) })
	if len(left) == 0 {
		rows.remove(k)
		return
	}
	rows.put(row.with(left))
}

func (row turnRow) with(open []openMessage) turnRow {
	row.Open, row.Messages = open, len(open)
	row.FirstAt, row.LastAt = stored(open[0].At), stored(open[len(open)-1].At)
	return row
}

// OpenTurn is a customer whose messages wait for a decision.
type OpenTurn struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	CustomerID  domain.CustomerID  `json:"customer_id"`
	FirstAt     time.Time          `json:"first_at"` // when we received the first of them
	LastAt      time.Time          `json:"last_at"`
	Messages    int                `json:"messages"`
	Command     bool               `json:"command"` // there is an owner's !command among them
}

// OpenTurns lists the open turns of the given workspaces, the oldest first.
func OpenTurns(ctx context.Context, q Queryer, workspaces []domain.WorkspaceID) ([]OpenTurn, error) {
	turns, err := query[OpenTurn](ctx, q, `
		SELECT workspace_id, customer_id, first_at, last_at, messages, open @> '[{"command": true}]' AS command
		FROM read_turns
		WHERE workspace_id = ANY ($1::uuid[])
		ORDER BY first_at, customer_id`, uuids(workspaces))
	if err != nil {
		return nil, fmt.Errorf("read the open turns: %w", err)
	}
	return turns, nil
}

// uuids writes ids as a Postgres array; ids hold neither commas nor quotes.
func uuids[ID ~string](ids []ID) string {
	text := []byte{'{'}
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, id...)
	}
	return string(append(text, '}'))
}
