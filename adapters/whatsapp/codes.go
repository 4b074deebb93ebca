package whatsapp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"

	"switchboard.example/domain"
)

// Code is what a person scans or types to link their number. It is a secret for as long as it works.
type Code struct {
	QR          string    `json:"qr"`           // the text of the QR code; empty when linking by pairing code
	PairingCode string    `json:"pairing_code"` // "ABCD-EFGH"; empty when linking by QR code
	Attempt     int       `json:"attempt"`      // this code's number, from 1
	Of          int       `json:"of"`           // how many there will be
	ExpiresAt   time.Time `json:"expires_at"`
}

// codes keeps the codes being shown: in memory where they arise, and sealed in a short-lived row for other nodes.
type codes struct {
	db  *dbutil.Database
	box box
	now func() time.Time

	mu    sync.Mutex
	shown map[domain.WorkspaceID]Code
}

func sealedFor(w domain.WorkspaceID) string { return "code\x00" + string(w) }

// show makes the code readable everywhere.
func (c *codes) show(ctx context.Context, w domain.WorkspaceID, code Code) error {
	plain, err := json.Marshal(code)
	if err != nil {
		return fmt.Errorf("write a code: %w", err)
	}
	c.mu.Lock()
	c.shown[w] = code
	c.mu.Unlock()
	_, err = c.db.Exec(ctx, `
		INSERT INTO wa_codes (workspace_id, sealed, attempt, "of", expires_at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT wa_codes_pkey DO UPDATE
		   SET sealed = EXCLUDED.sealed, attempt = EXCLUDED.attempt, "of" = EXCLUDED."of", expires_at = EXCLUDED.expires_at`,
		string(w), c.box.seal(plain, sealedFor(w)), code.Attempt, code.Of, code.ExpiresAt)
	if err != nil {
		return fmt.Errorf("store a code: %w", err)
	}
	return nil
}

// hide forgets the workspace's code.
func (c *codes) hide(ctx context.Context, w domain.WorkspaceID) error {
	c.mu.Lock()
	delete(c.shown, w)
	c.mu.Unlock()
	if _, err := c.db.Exec(ctx, `DELETE FROM wa_codes WHERE workspace_id = $1`, string(w)); err != nil {
		return fmt.Errorf("remove a code: %w", err)
	}
	return nil
}

// find returns the code being shown for the workspace, on whichever node; never an expired one.
func (c *codes) find(ctx context.Context, w domain.WorkspaceID) (Code, bool, error) {
	c.mu.Lock()
	code, here := c.shown[w]
	c.mu.Unlock()
	if !here || !c.now().Before(code.ExpiresAt) { // another node may have taken the linking over
		var err error
		if code, err = c.read(ctx, w); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return Code{}, false, nil
			}
			return Code{}, false, fmt.Errorf("read a code: %w", err)
		}
	}
	if !c.now().Before(code.ExpiresAt) {
		return Code{}, false, nil
	}
	return code, true, nil
}

func (c *codes) read(ctx context.Context, w domain.WorkspaceID) (Code, error) {
	var sealed []byte
	err := c.db.QueryRow(ctx, `SELECT sealed FROM wa_codes WHERE workspace_id = $1`, string(w)).Scan(&sealed)
	if err != nil {
		return Code{}, err
	}
	plain, err := c.box.open(sealed, sealedFor(w))
	if err != nil {
		return Code{}, err
	}
	var code Code
	return code, json.Unmarshal(plain, &code)
}
