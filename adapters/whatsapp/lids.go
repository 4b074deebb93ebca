package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/lib/pq"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// lidMap is one workspace's own map between phone numbers and LIDs. Only what was found is remembered: a mapping may be
// learned elsewhere at any time.
type lidMap struct {
	db        *sql.DB
	workspace domain.WorkspaceID

	mu    sync.Mutex
	byLID map[string]string
	byPN  map[string]string
}

// maxLIDs bounds what a workspace remembers; it is only a cache.
const maxLIDs = 20_000

func newLIDMap(db *sql.DB, w domain.WorkspaceID) *lidMap {
	return &lidMap{db: db, workspace: w, byLID: map[string]string{}, byPN: map[string]string{}}
}

func (m *lidMap) remember(lid, pn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.byLID) >= maxLIDs {
		clear(m.byLID)
		clear(m.byPN)
	}
	m.byLID[lid], m.byPN[pn] = pn, lid
}

func (m *lidMap) recall(in map[string]string, user string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	other, ok := in[user]
	return other, ok
}

// put does not wait for the disk: the message that brings a mapping does a moment later, and each later one brings it again.
func (m *lidMap) put(ctx context.Context, lid, pn string) error {
	if known, _ := m.recall(m.byPN, pn); known == lid {
		return nil
	}
	_, err := m.db.ExecContext(ctx, `
		WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
		INSERT INTO session_lids (workspace_id, lid, pn)
		SELECT $1::uuid, $2, $3 FROM unsynced
		ON CONFLICT ON CONSTRAINT session_lids_pkey DO UPDATE
		   SET pn = EXCLUDED.pn, mapped_at = clock_timestamp()`, string(m.workspace), lid, pn)
	if err != nil {
		return fmt.Errorf("store a LID: %w", err)
	}
	m.remember(lid, pn)
	return nil
}

func (m *lidMap) pnForLID(ctx context.Context, lid string) (string, error) {
	return m.look(ctx, m.byLID, lid, `SELECT lid, pn FROM session_lids WHERE workspace_id = $1 AND lid = $2`)
}

func (m *lidMap) lidForPN(ctx context.Context, pn string) (string, error) {
	return m.look(ctx, m.byPN, pn, `
		SELECT lid, pn FROM session_lids WHERE workspace_id = $1 AND pn = $2
		 ORDER BY mapped_at DESC
		 LIMIT 1`)
}

// look answers "" when there is no mapping.
func (m *lidMap) look(ctx context.Context, in map[string]string, user, query string) (string, error) {
	if other, ok := m.recall(in, user); ok {
		return other, nil
	}
	var lid, pn string
	err := m.db.QueryRowContext(ctx, query, string(m.workspace), user).Scan(&lid, &pn)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up a LID: %w", err)
	}
	m.remember(lid, pn)
	other, _ := m.recall(in, user)
	return other, nil
}

func (m *lidMap) lidsForPNs(ctx context.Context, pns []string) (map[string]string, error) {
	found := make(map[string]string, len(pns))
	var missing []string
	for _, pn := range pns {
		if lid, ok := m.recall(m.byPN, pn); ok {
			found[pn] = lid
		} else {
			missing = append(missing, pn)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	rows, err := m.db.QueryContext(ctx, `
		SELECT DISTINCT ON (pn) lid, pn FROM session_lids WHERE workspace_id = $1 AND pn = ANY ($2)
		 ORDER BY pn, mapped_at DESC`, string(m.workspace), pq.Array(missing))
	if err != nil {
		return nil, fmt.Errorf("look up LIDs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var lid, pn string
		if err := rows.Scan(&lid, &pn); err != nil {
			return nil, fmt.Errorf("look up LIDs: %w", err)
		}
		m.remember(lid, pn)
		found[pn] = lid
	}
	return found, rows.Err()
}

// guardedLIDs is the map as the library sees it. It would go on without the answer after an error and then not find the
// session a message belongs to, so an error also ends the connection.
type guardedLIDs struct {
	lids  *lidMap
	guard *guard
}

var _ store.LIDStore = guardedLIDs{}

func (g guardedLIDs) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	if lid.Server != types.HiddenUserServer || pn.Server != types.DefaultUserServer {
		return errors.New("store a LID: not a LID and a phone number")
	}
	return g.guard.do(ctx, func() error { return g.lids.put(ctx, lid.User, pn.User) })
}

func (g guardedLIDs) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	for _, m := range mappings {
		if m.LID.Server != types.HiddenUserServer || m.PN.Server != types.DefaultUserServer {
			continue
		}
		if err := g.PutLIDMapping(ctx, m.LID, m.PN); err != nil {
			return err
		}
	}
	return nil
}

func (g guardedLIDs) GetPNForLID(ctx context.Context, lid types.JID) (types.JID, error) {
	return g.one(ctx, lid, types.HiddenUserServer, types.DefaultUserServer, g.lids.pnForLID)
}

func (g guardedLIDs) GetLIDForPN(ctx context.Context, pn types.JID) (types.JID, error) {
	return g.one(ctx, pn, types.DefaultUserServer, types.HiddenUserServer, g.lids.lidForPN)
}

func (g guardedLIDs) one(
	ctx context.Context, jid types.JID, from, to string, look func(context.Context, string) (string, error),
) (types.JID, error) {
	if jid.Server != from {
		return types.EmptyJID, fmt.Errorf("look up a LID: an address at %q", jid.Server)
	}
	var user string
	err := g.guard.do(ctx, func() (err error) {
		user, err = look(ctx, jid.User)
		return err
	})
	if err != nil || user == "" {
		return types.EmptyJID, err
	}
	return types.JID{User: user, Device: jid.Device, Server: to}, nil
}

func (g guardedLIDs) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	users := make([]string, 0, len(pns))
	for _, pn := range pns {
		if pn.Server == types.DefaultUserServer {
			users = append(users, pn.User)
		}
	}
	var found map[string]string
	err := g.guard.do(ctx, func() (err error) {
		found, err = g.lids.lidsForPNs(ctx, users)
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := make(map[types.JID]types.JID, len(pns))
	for _, pn := range pns {
		if lid := found[pn.User]; lid != "" && pn.Server == types.DefaultUserServer {
			answer[pn] = types.JID{User: lid, Device: pn.Device, Server: types.HiddenUserServer}
		}
	}
	return answer, nil
}
