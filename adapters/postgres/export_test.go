package postgres

import (
	"context"

	"switchboard.example/domain"
)

// Forget is the part of an erasure that the log needs: it destroys the keys and addresses of the customer and of everybody merged into them.
func (k *Keys) Forget(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) error {
	tx, err := k.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	everybody, err := wholePerson(ctx, tx, w, c)
	if err != nil {
		return err
	}
	if err := k.destroyIn(ctx, tx, w, everybody); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	k.MarkForgotten(w, everybody...)
	return nil
}
