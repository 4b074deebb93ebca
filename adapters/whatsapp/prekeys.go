package whatsapp

import (
	"context"
	"fmt"
	"sync"

	"github.com/lib/pq"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// guardedPreKeys are the device's one-time keys. A device that was just linked uploads 812 of them before it is connected;
// they are stored by one statement, not by 812.
type guardedPreKeys struct {
	store.PreKeyStore
	guard *guard
	jid   types.JID
	mu    *sync.Mutex // new ids are given under it
}

func (s guardedPreKeys) GetPreKey(ctx context.Context, id uint32) (*keys.PreKey, error) {
	return fetch(ctx, s.guard, func() (*keys.PreKey, error) { return s.PreKeyStore.GetPreKey(ctx, id) })
}

func (s guardedPreKeys) RemovePreKey(ctx context.Context, id uint32) error {
	return s.guard.do(ctx, func() error { return s.PreKeyStore.RemovePreKey(ctx, id) })
}

func (s guardedPreKeys) GenOnePreKey(ctx context.Context) (*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.PreKeyStore.GenOnePreKey(ctx)
}

// GetOrGenPreKeys returns count keys that were not uploaded yet, making those that are missing.
func (s guardedPreKeys) GetOrGenPreKeys(ctx context.Context, count uint32) ([]*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.make(ctx, count); err != nil {
		return nil, fmt.Errorf("make one-time keys: %w", err)
	}
	return s.PreKeyStore.GetOrGenPreKeys(ctx, count)
}

func (s guardedPreKeys) make(ctx context.Context, count uint32) error {
	var ready, last uint32
	err := s.guard.db.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE NOT uploaded), coalesce(max(key_id), 0) FROM whatsmeow_pre_keys WHERE jid = $1`, s.jid).
		Scan(&ready, &last)
	if err != nil || ready >= count {
		return err
	}
	missing := count - ready
	ids, private := make([]int64, missing), make(pq.ByteaArray, missing)
	for i := range missing {
		key := keys.NewPreKey(last + 1 + i)
		ids[i], private[i] = int64(key.KeyID), key.Priv[:]
	}
	_, err = s.guard.db.Exec(ctx, `
		INSERT INTO whatsmeow_pre_keys (jid, key_id, key, uploaded)
		SELECT $1, k.id, k.key, false
		  FROM unnest($2::int[], $3::bytea[]) AS k (id, key)`, s.jid, pq.Array(ids), private)
	return err
}
