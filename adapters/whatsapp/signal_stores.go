package whatsapp

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/lib/pq"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// guardedSessions are the device's Signal sessions.
type guardedSessions struct {
	store.SessionStore
	guard *guard
	jid   types.JID
	known knownSessions
}

// GetSession begins the turn of the ratchet that PutSession ends.
func (s guardedSessions) GetSession(ctx context.Context, address string) ([]byte, error) {
	if err := s.take(ctx, address); err != nil {
		return nil, err
	}
	if turned, ok := decryptionOf(ctx).session(address); ok {
		return turned, nil
	}
	if known, ok := s.known.get(address); ok {
		return known, nil
	}
	at := s.known.at()
	session, err := fetch(ctx, s.guard, func() ([]byte, error) {
		stored, err := s.SessionStore.GetSession(ctx, address)
		if err != nil {
			return nil, err
		}
		return s.guard.seals.reveal(stored, kindSession)
	})
	if err != nil {
		s.guard.ratchet.failed(ctx, address)
	} else if session != nil {
		s.known.put(at, address, session)
	}
	return session, err
}

func (s guardedSessions) take(ctx context.Context, address string) error {
	started := s.guard.now()
	if s.guard.ratchet.heldBy(ctx) {
		return nil
	}
	err := s.guard.ratchet.taken(ctx, address)
	s.guard.metrics.ratchetWait.Observe(s.guard.now().Sub(started).Seconds())
	return err
}

func (s guardedSessions) HasSession(ctx context.Context, address string) (bool, error) {
	if _, ok := decryptionOf(ctx).session(address); ok {
		return true, nil
	}
	if _, ok := s.known.get(address); ok {
		return true, nil
	}
	return fetch(ctx, s.guard, func() (bool, error) { return s.SessionStore.HasSession(ctx, address) })
}

// several stands for the address where sessions are taken and stored together.
const several = ""

// GetManySessions begins the turn of the ratchet that PutManySessions ends.
func (s guardedSessions) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	if err := s.take(ctx, several); err != nil {
		return nil, err
	}
	found := make(map[string][]byte, len(addresses))
	var missing []string
	for _, address := range addresses {
		if known, ok := s.known.get(address); ok {
			found[address] = known
		} else {
			missing = append(missing, address)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	at := s.known.at()
	read, err := fetch(ctx, s.guard, func() (map[string][]byte, error) { return s.readMany(ctx, missing) })
	if err != nil {
		s.guard.ratchet.failed(ctx, several)
		return nil, err
	}
	for address, session := range read {
		if found[address] = session; session != nil {
			s.known.put(at, address, session)
		}
	}
	return found, nil
}

func (s guardedSessions) readMany(ctx context.Context, addresses []string) (map[string][]byte, error) {
	sessions, err := s.SessionStore.GetManySessions(ctx, addresses)
	for address := range sessions {
		var unopened error
		sessions[address], unopened = s.guard.seals.reveal(sessions[address], kindSession)
		err = errors.Join(err, unopened)
	}
	return sessions, err
}

// PutSession is how an encryption is stored that concerns one phone. A decryption stores it with all else that it changes.
func (s guardedSessions) PutSession(ctx context.Context, address string, session []byte) error {
	stored, err := s.guard.ratchet.storing(ctx, address)
	if err != nil {
		return err
	}
	defer stored()
	if d := decryptionOf(ctx); d != nil {
		d.sessions[address] = session
		return nil
	}
	return s.put(ctx, map[string][]byte{address: session})
}

// PutManySessions is how the encryption of a reply is stored, for all phones of its reader.
func (s guardedSessions) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	stored, err := s.guard.ratchet.storing(ctx, several)
	if err != nil {
		return err
	}
	defer stored()
	return s.put(ctx, sessions)
}

// put is fenced: a process that lost the workspace must not turn the ratchets of the one that has it. One statement does
// both.
func (s guardedSessions) put(ctx context.Context, sessions map[string][]byte) error {
	addresses, records := make([]string, 0, len(sessions)), make(pq.ByteaArray, 0, len(sessions))
	for address, record := range sessions {
		addresses, records = append(addresses, address), append(records, s.guard.seals.close(record, kindSession))
	}
	at := s.known.at()
	err := s.guard.do(ctx, func() error {
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
	if err != nil {
		s.known.forget() // perhaps they are stored
		return err
	}
	for address, record := range sessions {
		s.known.put(at, address, record)
	}
	return nil
}

func (s guardedSessions) DeleteAllSessions(ctx context.Context, phone string) error {
	defer s.known.forget()
	return s.guard.do(ctx, func() error { return s.SessionStore.DeleteAllSessions(ctx, phone) })
}

func (s guardedSessions) DeleteSession(ctx context.Context, address string) error {
	defer s.known.forget()
	if err := decryptionOf(ctx).forget(ctx, address); err != nil {
		return err
	}
	return s.guard.do(ctx, func() error { return s.SessionStore.DeleteSession(ctx, address) })
}

// MigratePNToLID moves sessions from a phone number to its LID. The library asks for it with every message from a phone
// number; most have nothing to move, which one look tells for as long as the connection remembers it. Moving turns sessions
// too, so it holds the ratchet.
func (s guardedSessions) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	user := pn.SignalAddressUser()
	if s.known.moved(user) {
		return s.guard.usable()
	}
	at, something := s.known.at(), false
	err := s.guard.do(ctx, func() error {
		return s.guard.db.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM whatsmeow_sessions WHERE our_jid = $1 AND their_id LIKE $2 || ':%')
			    OR EXISTS (SELECT FROM whatsmeow_identity_keys WHERE our_jid = $1 AND their_id LIKE $2 || ':%')`,
			s.jid, user).Scan(&something)
	})
	if err != nil {
		return err
	}
	if !something {
		s.known.noteMoved(at, user)
		return nil
	}
	if !s.guard.ratchet.heldBy(ctx) {
		held, release, err := s.guard.ratchet.hold(ctx)
		if err != nil {
			return s.guard.fail(err)
		}
		defer release()
		ctx = held
	}
	defer s.known.forget()
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
	jid   types.JID
	known *knownIdentities
}

func (s guardedIdentities) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if s.known.holds(address, key) {
		return s.guard.usable()
	}
	if d := decryptionOf(ctx); d != nil {
		d.identities[address] = key
		return nil
	}
	err := s.guard.do(ctx, func() error { return s.IdentityStore.PutIdentity(ctx, address, key) })
	if err == nil {
		s.known.learn(address, key)
	}
	return err
}

func (s guardedIdentities) DeleteAllIdentities(ctx context.Context, phone string) error {
	s.known.forget()
	return s.guard.do(ctx, func() error { return s.IdentityStore.DeleteAllIdentities(ctx, phone) })
}

func (s guardedIdentities) DeleteIdentity(ctx context.Context, address string) error {
	s.known.forget()
	if err := decryptionOf(ctx).forget(ctx, address); err != nil {
		return err
	}
	return s.guard.do(ctx, func() error { return s.IdentityStore.DeleteIdentity(ctx, address) })
}

// IsTrustedIdentity says whether this is the person's key as far as is known; who was never met is trusted.
func (s guardedIdentities) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	if s.known.holds(address, key) {
		return true, s.guard.usable()
	}
	if met, ok := decryptionOf(ctx).identity(address); ok {
		return met == key, nil
	}
	var stored []byte
	err := s.guard.do(ctx, func() error {
		err := s.guard.db.QueryRow(ctx, `
			SELECT identity FROM whatsmeow_identity_keys WHERE our_jid = $1 AND their_id = $2`, s.jid, address).Scan(&stored)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || stored == nil {
		return err == nil, err
	}
	if !bytes.Equal(stored, key[:]) {
		return false, nil
	}
	s.known.learn(address, key)
	return true, nil
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
