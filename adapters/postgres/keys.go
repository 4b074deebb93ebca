package postgres

import (
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// KeysConfig says where data keys are and what opens them.
type KeysConfig struct {
	DB        *sqlx.DB // under sb_worker
	KEK       []byte   // the key-encryption key, 32 bytes
	CacheSize int      // opened keys kept in memory. Defaults to 10,000
}

// Keys holds one data key per customer. Personal parts of events are sealed under it; destroying it forgets the customer.
type Keys struct {
	db  *sqlx.DB
	kek cipher.AEAD
	// cache holds opened keys by id. A nil key is a tombstone: it was destroyed, and a slow reader that still saw it in
	// the table must not put it back.
	cache *lru.Cache[string, cipher.AEAD]
}

// dataKey is an opened key.
type dataKey struct {
	id   string
	aead cipher.AEAD
}

// NewKeys checks the configuration.
func NewKeys(cfg KeysConfig) (*Keys, error) {
	kek, err := newAEAD(cfg.KEK)
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	cache, err := lru.New[string, cipher.AEAD](cmp.Or(cfg.CacheSize, 10_000))
	if err != nil {
		return nil, fmt.Errorf("data key cache: %w", err)
	}
	return &Keys{db: cfg.DB, kek: kek, cache: cache}, nil
}

// ErrWrongKey is that the database's data keys were wrapped with another key-encryption key.
var ErrWrongKey = errors.New("the data keys do not open under this key-encryption key")

// Check fails with ErrWrongKey when a data key that is there does not open: with another key nobody who wrote before could be answered.
func (k *Keys) Check(ctx context.Context) error {
	var id string
	var wrapped []byte
	err := k.db.QueryRowContext(ctx, `
		SELECT key_id, wrapped_key FROM data_keys WHERE wrapped_key IS NOT NULL LIMIT 1`).Scan(&id, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("check the key-encryption key: %w", err)
	}
	if _, err := open(k.kek, wrapped, []byte(id)); err != nil {
		return ErrWrongKey
	}
	return nil
}

// keyID is derived from whose key it is, so that finding it costs no look-up. It says no more than the customer's id does.
func keyID(w domain.WorkspaceID, c domain.CustomerID) string {
	return domain.DeriveID(string(w), "data_key", string(c))
}

// EnsureKey makes and commits the customer's key if there is none. It fails with commands.ErrForgotten once destroyed.
func (k *Keys) EnsureKey(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) error {
	_, err := k.forSealing(ctx, w, c)
	return err
}

func (k *Keys) forSealing(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) (dataKey, error) {
	id := keyID(w, c)
	aead, known := k.cache.Get(id)
	if !known {
		var err error
		if aead, err = k.loadOrCreate(ctx, w, c); err != nil {
			return dataKey{}, fmt.Errorf("data key: %w", err)
		}
	}
	if aead == nil {
		return dataKey{}, commands.ErrForgotten
	}
	return dataKey{id: id, aead: aead}, nil
}

func (k *Keys) loadOrCreate(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) (cipher.AEAD, error) {
	id := keyID(w, c)
	aead, err := k.load(ctx, id)
	if !errors.Is(err, sql.ErrNoRows) {
		return aead, err
	}
	if err := k.create(ctx, k.db, w, c); err != nil {
		return nil, err
	}
	return k.load(ctx, id) // somebody else may have been first
}

// make returns a new data key for a customer: its id, and itself as it is stored.
func (k *Keys) make(w domain.WorkspaceID, c domain.CustomerID) (id string, wrapped []byte) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	id = keyID(w, c)
	return id, seal(k.kek, key, []byte(id))
}

// create stores a new key unless there is one.
func (k *Keys) create(ctx context.Context, db sqlx.ExecerContext, w domain.WorkspaceID, c domain.CustomerID) error {
	id, wrapped := k.make(w, c)
	_, err := db.ExecContext(ctx, `
		INSERT INTO data_keys (key_id, workspace_id, customer_id, wrapped_key)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, id, string(w), string(c), wrapped)
	if err != nil {
		return fmt.Errorf("create a data key: %w", err)
	}
	return nil
}

func (k *Keys) load(ctx context.Context, id string) (cipher.AEAD, error) {
	var wrapped []byte
	if err := k.db.QueryRowContext(ctx, `SELECT wrapped_key FROM data_keys WHERE key_id = $1`, id).Scan(&wrapped); err != nil {
		return nil, err
	}
	return k.remember(id, wrapped)
}

// remember opens a wrapped key (nil: destroyed) and keeps it, unless it was forgotten meanwhile.
func (k *Keys) remember(id string, wrapped []byte) (cipher.AEAD, error) {
	var aead cipher.AEAD
	if wrapped != nil {
		key, err := open(k.kek, wrapped, []byte(id))
		if err != nil {
			return nil, fmt.Errorf("data key %s does not open under this key-encryption key: %w", id, err)
		}
		if aead, err = newAEAD(key); err != nil {
			return nil, err
		}
	}
	if before, known, _ := k.cache.PeekOrAdd(id, aead); known {
		return before, nil
	}
	return aead, nil
}

// forOpening returns the keys the rows need; a destroyed or missing one is absent.
func (k *Keys) forOpening(ctx context.Context, rows []row) (map[string]cipher.AEAD, error) {
	keys := map[string]cipher.AEAD{}
	var missing []string
	for i := range rows {
		id := rows[i].keyID.String
		if _, asked := keys[id]; asked || rows[i].sealed == nil {
			continue
		}
		aead, known := k.cache.Get(id)
		keys[id] = aead
		if !known {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return keys, nil
	}
	return keys, k.loadMany(ctx, missing, keys)
}

func (k *Keys) loadMany(ctx context.Context, ids []string, into map[string]cipher.AEAD) error {
	rows, err := k.db.QueryContext(ctx, `SELECT key_id, wrapped_key FROM data_keys WHERE key_id = ANY ($1)`, pq.Array(ids))
	if err != nil {
		return fmt.Errorf("load data keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var wrapped []byte
		if err := rows.Scan(&id, &wrapped); err != nil {
			return fmt.Errorf("load data keys: %w", err)
		}
		if into[id], err = k.remember(id, wrapped); err != nil {
			return err
		}
	}
	return rows.Err()
}
