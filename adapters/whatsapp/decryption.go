package whatsapp

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/whatsmeow/types"
)

// decryption is what one decryption changes. Its stores keep it here and find it here again; when the message is read, one
// statement stores all of it, fenced by the lease, and a decryption that fails has changed nothing.
type decryption struct {
	guard *guard
	jid   types.JID

	sessions   map[string][]byte   // by address
	identities map[string][32]byte // by address
	senderKeys []senderKeyTurn
	used       []uint32 // one-time keys

	hash      [32]byte
	plaintext []byte // sealed
	at        time.Time
}

type senderKeyTurn struct {
	group, user string
	key         []byte // sealed
}

type decrypting struct{}

// decryptionOf is the decryption that a store is called in, or nil.
func decryptionOf(ctx context.Context) *decryption {
	d, _ := ctx.Value(decrypting{}).(*decryption)
	return d
}

func (g *guard) decryption(jid types.JID) *decryption {
	return &decryption{guard: g, jid: jid, sessions: map[string][]byte{}, identities: map[string][32]byte{}}
}

func (d *decryption) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, decrypting{}, d)
}

// session is an address's session as this decryption left it.
func (d *decryption) session(address string) ([]byte, bool) {
	if d == nil {
		return nil, false
	}
	session, ok := d.sessions[address]
	return session, ok
}

// identity is an address's key as this decryption met it.
func (d *decryption) identity(address string) (key [32]byte, ok bool) {
	if d == nil {
		return key, false
	}
	key, ok = d.identities[address]
	return key, ok
}

// forget drops what was written about an address whose key is another now. The tables forget at once, without waiting for
// the rest, so it is asked whether the workspace is still ours.
func (d *decryption) forget(ctx context.Context, address string) error {
	if d == nil {
		return nil
	}
	delete(d.sessions, address)
	delete(d.identities, address)
	if err := d.guard.links.held(ctx, d.guard.workspace, d.guard.epoch); err != nil {
		return d.guard.fail(err)
	}
	return nil
}

// store does not wait for the disk: see guardedBuffer.DoDecryptionTxn.
func (d *decryption) store(ctx context.Context) error {
	sessions, records := make([]string, 0, len(d.sessions)), make(pq.ByteaArray, 0, len(d.sessions))
	for address, record := range d.sessions {
		sessions, records = append(sessions, address), append(records, d.guard.seals.close(record, kindSession))
	}
	people, identities := make([]string, 0, len(d.identities)), make(pq.ByteaArray, 0, len(d.identities))
	for address, key := range d.identities {
		people, identities = append(people, address), append(identities, key[:])
	}
	groups, users, keys := make([]string, len(d.senderKeys)), make([]string, len(d.senderKeys)), make(pq.ByteaArray, len(d.senderKeys))
	for i, k := range d.senderKeys {
		groups[i], users[i], keys[i] = k.group, k.user, k.key
	}
	used := make([]int64, len(d.used))
	for i, id := range d.used {
		used[i] = int64(id)
	}
	var hash []byte
	if d.plaintext != nil {
		hash = d.hash[:]
	}
	statement, args := decryptedStart+decryptedEnd, []any{
		string(d.guard.workspace), d.guard.epoch, d.jid, pq.Array(sessions), records, hash, d.plaintext, d.at.Unix(), d.guard.now().UnixMilli(),
	}
	if len(people)+len(d.senderKeys)+len(used) > 0 {
		statement = decryptedStart + decryptedFirst + decryptedEnd
		args = append(args, pq.Array(people), identities, pq.Array(groups), pq.Array(users), keys, pq.Array(used))
	}
	var held bool
	if err := d.guard.db.QueryRow(ctx, statement, args...).Scan(&held); err != nil {
		return fmt.Errorf("store what was decrypted: %w", err)
	}
	if !held {
		return errNotOurs
	}
	return nil
}

// What a decryption stores, by one statement: the session it turned and the words; with somebody's first message, or a group's,
// what else is new. Each table named costs time, also when nothing goes into it.
const (
	decryptedStart = `
		WITH lease AS MATERIALIZED (
		  SELECT lease_held($1, $2) AS held, set_config('synchronous_commit', 'off', true)),
		turned AS (
		  INSERT INTO whatsmeow_sessions (our_jid, their_id, session)
		  SELECT $3, s.address, s.record FROM lease, unnest($4::text[], $5::bytea[]) AS s (address, record) WHERE lease.held
		  ON CONFLICT (our_jid, their_id) DO UPDATE SET session = EXCLUDED.session),
		buffered AS (
		  INSERT INTO whatsmeow_event_buffer (our_jid, ciphertext_hash, plaintext, server_timestamp, insert_timestamp)
		  SELECT $3, $6::bytea, $7, $8, $9 FROM lease WHERE lease.held AND $6 IS NOT NULL)`
	decryptedFirst = `,
		met AS (
		  INSERT INTO whatsmeow_identity_keys (our_jid, their_id, identity)
		  SELECT $3, p.address, p.key FROM lease, unnest($10::text[], $11::bytea[]) AS p (address, key) WHERE lease.held
		  ON CONFLICT (our_jid, their_id) DO UPDATE SET identity = EXCLUDED.identity),
		shared AS (
		  INSERT INTO whatsmeow_sender_keys (our_jid, chat_id, sender_id, sender_key)
		  SELECT $3, k.chat, k.sender, k.key FROM lease, unnest($12::text[], $13::text[], $14::bytea[]) AS k (chat, sender, key) WHERE lease.held
		  ON CONFLICT (our_jid, chat_id, sender_id) DO UPDATE SET sender_key = EXCLUDED.sender_key),
		used AS (
		  DELETE FROM whatsmeow_pre_keys USING lease WHERE lease.held AND jid = $3 AND key_id = ANY($15::int[]))`
	decryptedEnd = `
		SELECT held FROM lease`
)
