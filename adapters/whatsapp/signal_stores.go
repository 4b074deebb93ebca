package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// guardedSessions are the device's Signal sessions.
type guardedSessions struct {
	store.SessionStore
	guard *guard
	jid   types.JID
}

func (s guardedSessions) GetSession(ctx context.Context, address string) ([]byte, error) {
	return fetch(ctx, s.guard, func() ([]byte, error) { return s.SessionStore.GetSession(ctx, address) })
}

func (s guardedSessions) HasSession(ctx context.Context, address string) (bool, error) {
	return fetch(ctx, s.guard, func() (bool, error) { return s.SessionStore.HasSession(ctx, address) })
}

func (s guardedSessions) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	return fetch(ctx, s.guard, func() (map[string][]byte, error) { return s.SessionStore.GetManySessions(ctx, addresses) })
}

func (s guardedSessions) PutSession(ctx context.Context, address string, session []byte) error {
	return s.guard.do(ctx, func() error { return s.SessionStore.PutSession(ctx, address, session) })
}

// PutManySessions is how an encryption is stored, so it is fenced: a process that lost the workspace must not turn the
// ratchets of the one that has it. One statement does both.
func (s guardedSessions) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	addresses, records := make([]string, 0, len(sessions)), make(pq.ByteaArray, 0, len(sessions))
	for address, record := range sessions {
		addresses, records = append(addresses, address), append(records, record)
	}
	return s.guard.do(ctx, func() error {
		result, err := s.guard.db.Exec(ctx, `
			WITH lease AS MATERIALIZED (SELECT lease_held($1, $2) AS held)
			INSERT INTO whatsmeow_sessions (our_jid, their_id, session)
			SELECT $3, s.address, s.record
			  FROM lease, unnest($4::text[], $5::bytea[]) AS s (address, record)
			 WHERE lease.held
			ON CONFLICT (our_jid, their_id) DO UPDATE SET session = EXCLUDED.session`,
			string(s.guard.workspace), s.guard.epoch, s.jid, pq.Array(addresses), records)
		if err != nil {
			return fmt.Errorf("store sessions: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != int64(len(sessions)) {
			return errors.Join(errNotOurs, err)
		}
		return nil
	})
}

func (s guardedSessions) DeleteAllSessions(ctx context.Context, phone string) error {
	return s.guard.do(ctx, func() error { return s.SessionStore.DeleteAllSessions(ctx, phone) })
}

func (s guardedSessions) DeleteSession(ctx context.Context, address string) error {
	return s.guard.do(ctx, func() error { return s.SessionStore.DeleteSession(ctx, address) })
}

// MigratePNToLID moves sessions from a phone number to its LID. The library asks for it before each first decryption and
// encryption per peer and process; most have nothing to move, which one look tells. Moving turns sessions too, so it holds
// the ratchet.
func (s guardedSessions) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	something := false
	err := s.guard.do(ctx, func() error {
		return s.guard.db.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM whatsmeow_sessions WHERE our_jid = $1 AND their_id LIKE $2 || ':%')
			    OR EXISTS (SELECT FROM whatsmeow_identity_keys WHERE our_jid = $1 AND their_id LIKE $2 || ':%')`,
			s.jid, pn.SignalAddressUser()).Scan(&something)
	})
	if err != nil || !something {
		return err
	}
	if !s.guard.ratchet.heldBy(ctx) {
		held, release, err := s.guard.ratchet.hold(ctx)
		if err != nil {
			return s.guard.fail(err)
		}
		defer release()
		ctx = held
	}
	return s.guard.do(ctx, func() error { return s.SessionStore.MigratePNToLID(ctx, pn, lid) })
}

// guardedIdentities are the public keys of the people the device talks to. When one cannot be read, the library sends the
// message to everybody else and calls it sent.
//
// The library stores each key again with every message, mostly unchanged; what this connection is known to have stored is
// not written again.
type guardedIdentities struct {
	store.IdentityStore
	guard *guard
	known *knownIdentities
}

func (s guardedIdentities) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if s.known.holds(address, key) {
		return s.guard.usable()
	}
	err := s.guard.do(ctx, func() error { return s.IdentityStore.PutIdentity(ctx, address, key) })
	if _, undone := s.guard.db.Execable(ctx).(dbutil.Transaction); err == nil && !undone {
		s.known.learn(address, key) // in a transaction it could still be rolled back
	}
	return err
}

func (s guardedIdentities) DeleteAllIdentities(ctx context.Context, phone string) error {
	s.known.forget()
	return s.guard.do(ctx, func() error { return s.IdentityStore.DeleteAllIdentities(ctx, phone) })
}

func (s guardedIdentities) DeleteIdentity(ctx context.Context, address string) error {
	s.known.forget()
	return s.guard.do(ctx, func() error { return s.IdentityStore.DeleteIdentity(ctx, address) })
}

func (s guardedIdentities) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	if s.known.holds(address, key) {
		return true, s.guard.usable()
	}
	return fetch(ctx, s.guard, func() (bool, error) { return s.IdentityStore.IsTrustedIdentity(ctx, address, key) })
}

// knownIdentities are keys known to be in the table. A connection's client is the only one that writes them.
type knownIdentities struct {
	mu   sync.Mutex
	keys map[string][32]byte
}

const maxKnownIdentities = 4096

func (k *knownIdentities) holds(address string, key [32]byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	known, ok := k.keys[address]
	return ok && known == key
}

func (k *knownIdentities) learn(address string, key [32]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxKnownIdentities {
		k.keys = make(map[string][32]byte)
	}
	k.keys[address] = key
}

func (k *knownIdentities) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = nil
}
