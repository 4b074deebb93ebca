package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Traces are what another part of the program keeps of people in tables of its own.
type Traces interface {
	// EraseIn removes those of a person who is known under addresses with these hashes, in a transaction under sb_wa.
	EraseIn(ctx context.Context, tx *sql.Tx, w domain.WorkspaceID, addresses [][]byte, said []commands.Said) error
}

// Erasure erases customers. All fields are needed unless they say otherwise.
type Erasure struct {
	DB        *sqlx.DB // under sb_worker, of a login that may become sb_wa
	Keys      *Keys
	Customers *Customers
	Store     *EventStore
	Traces    Traces       // may be nil: there are none
	DSN       string       // for Run, which needs a connection outside the pool
	Log       *slog.Logger // may be nil. Defaults to slog.Default()
}

var _ commands.Erasure = (*Erasure)(nil)

// erasedChannel is where erasures are told; the payload is an erasedNotice.
const erasedChannel = "switchboard_erased"

// erasedNotice says who was erased.
type erasedNotice struct {
	WorkspaceID domain.WorkspaceID  `json:"w"`
	Customers   []domain.CustomerID `json:"c"`
}

const (
	erasedPerNotice = 100 // a notification holds less than 8,000 bytes
	eraseTries      = 3
)

// Erase destroys and records in one transaction; see commands.Erasure.
//
// Rows are taken in the order in which a decryption takes them, so that the two wait for each other and never both, and the log last.
func (e *Erasure) Erase(
	ctx context.Context, w domain.WorkspaceID, c domain.CustomerID, record func(commands.Whole) (commands.Erasing, error),
) (position int64, err error) {
	for try := 1; ; try++ {
		var gone []domain.CustomerID
		position, gone, err = e.once(ctx, w, c, record)
		if err == nil {
			e.forget(w, gone...)
			e.Store.Wake()
			return position, nil
		}
		if state := sqlState(err); try == eraseTries || state != "40P01" && state != "40001" {
			return 0, fmt.Errorf("erase a customer: %w", err)
		}
	}
}

func (e *Erasure) once(
	ctx context.Context, w domain.WorkspaceID, c domain.CustomerID, record func(commands.Whole) (commands.Erasing, error),
) (int64, []domain.CustomerID, error) {
	tx, err := e.DB.BeginTxx(ctx, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = tx.Rollback() }()
	if c, err = staying(ctx, tx, w, c); err != nil {
		return 0, nil, err
	}
	var whole commands.Whole
	if whole.Customers, err = wholePerson(ctx, tx, w, c); err != nil {
		return 0, nil, err
	}
	if now, err := staying(ctx, tx, w, c); err != nil || now != c { // they turned out to be somebody else this very moment
		return 0, nil, cmp.Or(err, commands.ErrConflict)
	}
	if whole.SelfChat, err = e.selfChat(ctx, tx, w); err != nil {
		return 0, nil, err
	}
	erasing, err := record(whole)
	if err != nil {
		return 0, nil, err
	}
	if err := e.destroy(ctx, tx, w, whole, erasing.Said); err != nil {
		return 0, nil, err
	}
	everybody := slices.Concat(whole.Customers, whole.SelfChat)
	if err := announceErased(ctx, tx, w, everybody); err != nil {
		return 0, nil, err
	}
	position, err := e.Store.AppendIn(ctx, tx, erasing.Record)
	if err != nil {
		return 0, nil, err
	}
	return position, everybody, tx.Commit()
}

// selfChat is as whom the linked number is known, by either of its addresses.
func (e *Erasure) selfChat(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID) ([]domain.CustomerID, error) {
	var own struct {
		Phone string `db:"phone"`
		LID   string `db:"lid"`
	}
	err := tx.GetContext(ctx, &own, `SELECT phone, coalesce(split_part(split_part(lid, '@', 1), ':', 1), '') AS lid FROM wa_links WHERE workspace_id = $1`, string(w))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the linked number: %w", err)
	}
	hashes := pq.ByteaArray{e.Customers.Hide(w, own.Phone+"@s.whatsapp.net"), e.Customers.Hide(w, own.LID+"@lid")}
	var found []string
	err = tx.SelectContext(ctx, &found, `
		SELECT DISTINCT customer_id FROM customer_addresses WHERE workspace_id = $1 AND address_hmac = ANY ($2) ORDER BY 1`, string(w), hashes)
	if err != nil {
		return nil, fmt.Errorf("find the chat with oneself: %w", err)
	}
	all := asIDs(found)
	for _, one := range asIDs(found) {
		merged, err := mergedInto(ctx, tx, w, one)
		if err != nil {
			return nil, err
		}
		all = append(all, merged...)
	}
	return all, nil
}

// staying is whom a customer was merged into, or the customer.
func staying(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, c domain.CustomerID) (domain.CustomerID, error) {
	var winner domain.CustomerID
	err := tx.GetContext(ctx, &winner, `
		SELECT winner_id FROM customer_merges WHERE workspace_id = $1 AND loser_id = $2`, string(w), string(c))
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return "", fmt.Errorf("look for who a customer turned out to be: %w", err)
	}
	return winner, nil
}

// destroy removes every copy, the keys last.
func (e *Erasure) destroy(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, whole commands.Whole, said []commands.Said) error {
	var addresses [][]byte
	err := tx.SelectContext(ctx, &addresses, `
		SELECT address_hmac FROM customer_addresses WHERE workspace_id = $1 AND customer_id = ANY ($2) ORDER BY address_hmac`,
		string(w), textArray(whole.Customers))
	if err != nil {
		return fmt.Errorf("look for a customer's addresses: %w", err)
	}
	if err := e.eraseTraces(ctx, tx, w, addresses, said); err != nil {
		return err
	}
	if err := e.withdrawOffers(ctx, tx, w, addresses); err != nil {
		return err
	}
	if err := withholdErrors(ctx, tx, w, whole.Customers); err != nil {
		return err
	}
	return e.Keys.destroyIn(ctx, tx, w, slices.Concat(whole.Customers, whole.SelfChat))
}

// eraseTraces works under the role that whatsmeow's tables are open to, and under none other's.
func (e *Erasure) eraseTraces(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, addresses [][]byte, said []commands.Said) error {
	if e.Traces == nil {
		return nil
	}
	var ours string
	if err := tx.GetContext(ctx, &ours, `SELECT current_user`); err != nil {
		return fmt.Errorf("ask for the role: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `SET LOCAL ROLE sb_wa`); err != nil {
		return fmt.Errorf("become sb_wa: %w", err)
	}
	if err := e.Traces.EraseIn(ctx, tx.Tx, w, addresses, said); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `SET LOCAL ROLE `+pq.QuoteIdentifier(ours)); err != nil {
		return fmt.Errorf("become %s again: %w", ours, err)
	}
	return nil
}

// withdrawOffers removes numbers that were to prove themselves as a member's. They stand there in the clear.
func (e *Erasure) withdrawOffers(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, addresses [][]byte) error {
	var phones []string
	if err := tx.SelectContext(ctx, &phones, `SELECT phone FROM auth_number_offers WHERE workspace_id = $1`, string(w)); err != nil {
		return fmt.Errorf("look for offered numbers: %w", err)
	}
	for _, phone := range phones {
		hash := e.Customers.Hide(w, phone+"@s.whatsapp.net")
		if !slices.ContainsFunc(addresses, func(a []byte) bool { return string(a) == string(hash) }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM auth_number_offers WHERE workspace_id = $1 AND phone = $2`, string(w), phone); err != nil {
			return fmt.Errorf("withdraw an offered number: %w", err)
		}
	}
	return nil
}

// withholdErrors takes the words out of what read models could not do with their events: an error may quote them.
func withholdErrors(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, everybody []domain.CustomerID) error {
	var streams []string
	for _, c := range everybody {
		streams = append(streams, domain.ConversationStream(w, c).UUID(), domain.CustomerStream(w, c).UUID())
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE projection_dead_letters
		   SET error = 'withheld: the customer was erased'
		 WHERE workspace_id = $1 AND stream_id = ANY ($2::uuid[]) AND error IS NOT NULL`, string(w), pq.Array(streams))
	if err != nil {
		return fmt.Errorf("withhold errors of read models: %w", err)
	}
	return nil
}

// announceErased tells all processes, once the transaction commits.
func announceErased(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, everybody []domain.CustomerID) error {
	for some := range slices.Chunk(everybody, erasedPerNotice) {
		payload, err := json.Marshal(erasedNotice{w, some})
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `SELECT pg_notify($1, $2)`, erasedChannel, string(payload)); err != nil {
			return fmt.Errorf("tell of an erasure: %w", err)
		}
	}
	return nil
}

// forget drops what this process remembers of customers; of everybody when none is named.
func (e *Erasure) forget(w domain.WorkspaceID, customers ...domain.CustomerID) {
	if len(customers) == 0 {
		e.Keys.LetGo()
		e.Customers.LetGo()
		return
	}
	e.Keys.MarkForgotten(w, customers...)
	e.Customers.Forget(w, customers...)
}

// Run follows which customers are erased, in whichever process, until ctx ends: this process forgets them, and heard is told. Without
// customers it is not known who was, because the connection was lost for a while. It takes one connection of its own.
func (e *Erasure) Run(ctx context.Context, heard func(w domain.WorkspaceID, customers []domain.CustomerID)) error {
	log := e.Log
	if log == nil {
		log = slog.Default()
	}
	listener := pq.NewListener(e.DSN, 100*time.Millisecond, 5*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "erasures are not heard of until the database is back", "error", err)
		}
	})
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // also frees a Listen that waits for its connection
	if err := listener.Listen(erasedChannel); err != nil {
		if ctx.Err() != nil {
			return nil // it is over
		}
		return fmt.Errorf("listen for erasures: %w", err)
	}
	probe := time.NewTicker(30 * time.Second)
	defer probe.Stop()
	for {
		select {
		case n, open := <-listener.NotificationChannel():
			if !open {
				return nil
			}
			said := erasedNotice{}
			if n != nil {
				_ = json.Unmarshal([]byte(n.Extra), &said) // what cannot be read may be anybody
			}
			e.forget(said.WorkspaceID, said.Customers...)
			heard(said.WorkspaceID, said.Customers)
		case <-probe.C:
			go func() { _ = listener.Ping() }() // a failing one makes the listener connect again
		case <-ctx.Done():
			return nil
		}
	}
}
