package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// InWorkspace runs fn in a read-only transaction that sees one workspace's rows and no other's. It is the only way the
// dashboard's pool reads; outside of it row-level security shows that pool nothing.
func InWorkspace(ctx context.Context, db *sqlx.DB, w domain.WorkspaceID, fn func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read a workspace: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `SELECT set_config('app.workspace', $1, true)`, string(w)); err != nil {
		return fmt.Errorf("enter a workspace: %w", err)
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
