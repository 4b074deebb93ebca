package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow"
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

	uploaded int // when the device was loaded
}

func (s guardedPreKeys) GetPreKey(ctx context.Context, id uint32) (*keys.PreKey, error) {
	return fetch(ctx, s.guard, func() (*keys.PreKey, error) {
		key, err := s.scan(s.guard.db.QueryRow(ctx, `
			SELECT key_id, key FROM whatsmeow_pre_keys WHERE jid = $1 AND key_id = $2`, s.jid, id))
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return key, err
	})
}

func (s guardedPreKeys) scan(row dbutil.Scannable) (*keys.PreKey, error) {
	var id uint32
	var stored []byte
	if err := row.Scan(&id, &stored); err != nil {
		return nil, err
	}
	pair, err := s.guard.seals.pair(stored, kindPreKey)
	if err != nil {
		return nil, err
	}
	return &keys.PreKey{KeyPair: *pair, KeyID: id}, nil
}

func (s guardedPreKeys) RemovePreKey(ctx context.Context, id uint32) error {
	if d := decryptionOf(ctx); d != nil {
		d.used = append(d.used, id)
		return nil
	}
	return s.guard.do(ctx, func() error { return s.PreKeyStore.RemovePreKey(ctx, id) })
}

// GenOnePreKey makes a key that is given to one phone only.
func (s guardedPreKeys) GenOnePreKey(ctx context.Context) (*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.make(ctx, 1, true)
	if err != nil {
		return nil, err
	}
	return made[0], nil
}

// GetOrGenPreKeys returns count keys that were not uploaded yet, making those that are missing.
func (s guardedPreKeys) GetOrGenPreKeys(ctx context.Context, count uint32) ([]*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready, err := dbutil.ConvertRowFn[*keys.PreKey](s.scan).NewRowIter(s.guard.db.Query(ctx, `
		SELECT key_id, key FROM whatsmeow_pre_keys WHERE jid = $1 AND NOT uploaded ORDER BY key_id LIMIT $2`, s.jid, count)).AsList()
	if err != nil {
		return nil, fmt.Errorf("read one-time keys: %w", err)
	}
	made, err := s.make(ctx, count-uint32(len(ready)), false) //nolint:gosec // not more than count
	return append(ready, made...), err
}

// UploadedPreKeyCount is asked for at the login. The library only wants to know whether there are enough, and what was counted
// when the device was loaded, a moment before, says so nearly always.
func (s guardedPreKeys) UploadedPreKeyCount(ctx context.Context) (int, error) {
	if s.uploaded >= whatsmeow.MinPreKeyCount {
		return s.uploaded, nil
	}
	return s.PreKeyStore.UploadedPreKeyCount(ctx)
}

func (s guardedPreKeys) make(ctx context.Context, count uint32, uploaded bool) ([]*keys.PreKey, error) {
	if count == 0 {
		return nil, nil
	}
	var last uint32
	err := s.guard.db.QueryRow(ctx, `SELECT coalesce(max(key_id), 0) FROM whatsmeow_pre_keys WHERE jid = $1`, s.jid).Scan(&last)
	if err != nil {
		return nil, fmt.Errorf("make one-time keys: %w", err)
	}
	made, ids, private := make([]*keys.PreKey, count), make([]int64, count), make(pq.ByteaArray, count)
	for i := range count {
		made[i] = keys.NewPreKey(last + 1 + i)
		ids[i], private[i] = int64(made[i].KeyID), s.guard.seals.close(made[i].Priv[:], kindPreKey)
	}
	_, err = s.guard.db.Exec(ctx, `
		INSERT INTO whatsmeow_pre_keys (jid, key_id, key, uploaded)
		SELECT $1, k.id, k.key, $4
		  FROM unnest($2::int[], $3::bytea[]) AS k (id, key)`, s.jid, pq.Array(ids), private, uploaded)
	if err != nil {
		return nil, fmt.Errorf("make one-time keys: %w", err)
	}
	return made, nil
}
