package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// wholePerson is the customer and those merged into them. Until the transaction ends nobody else is, for their addresses are held.
func wholePerson(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, c domain.CustomerID) ([]domain.CustomerID, error) {
	_, err := tx.ExecContext(ctx, `
		SELECT FROM customer_addresses
		 WHERE workspace_id = $1 AND customer_id = $2
		 ORDER BY address_hmac
		   FOR UPDATE`, string(w), string(c))
	if err != nil {
		return nil, fmt.Errorf("hold a customer's addresses: %w", err)
	}
	everybody, err := mergedInto(ctx, tx, w, c)
	if err != nil {
		return nil, err
	}
	return append(everybody, c), nil
}

// destroyIn destroys data keys and address rows.
func (k *Keys) destroyIn(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, everybody []domain.CustomerID) error {
	ids := textArray(everybody)
	// A key that was never made is made destroyed, so that nobody makes it later.
	for _, one := range everybody {
		if err := k.create(ctx, tx, w, one); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE data_keys
		   SET wrapped_key = NULL, destroyed_at = clock_timestamp()
		 WHERE workspace_id = $1 AND customer_id = ANY ($2) AND wrapped_key IS NOT NULL`, string(w), ids)
	if err != nil {
		return fmt.Errorf("destroy data keys: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM wa_contacts AS c
		 USING customer_addresses AS a
		 WHERE c.workspace_id = $1 AND a.workspace_id = $1 AND a.customer_id = ANY ($2) AND c.address_hmac = a.address_hmac`,
		string(w), ids)
	if err != nil {
		return fmt.Errorf("delete saved contacts: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM customer_addresses
		 WHERE workspace_id = $1 AND customer_id = ANY ($2)`, string(w), ids)
	if err != nil {
		return fmt.Errorf("delete customer addresses: %w", err)
	}
	return nil
}

// lookAgain sees which keys of a refused request were destroyed meanwhile, so that this process knows it too.
func (k *Keys) lookAgain(ctx context.Context, r request) error {
	for _, part := range r.parts {
		for _, e := range part {
			if e.keyID == "" {
				continue
			}
			k.cache.Remove(e.keyID)
			if _, err := k.load(ctx, e.keyID); err != nil {
				return fmt.Errorf("look for a destroyed key: %w", err)
			}
		}
	}
	return nil
}

// isForgotten says whether this process knows that the customer's key was destroyed.
func (k *Keys) isForgotten(w domain.WorkspaceID, c domain.CustomerID) bool {
	aead, known := k.cache.Peek(keyID(w, c))
	return known && aead == nil
}

// LetGo drops all opened keys from this process's memory: some may have been destroyed meanwhile.
func (k *Keys) LetGo() { k.cache.Purge() }

// MarkForgotten drops the customers' opened keys from this process's memory, for good.
func (k *Keys) MarkForgotten(w domain.WorkspaceID, customers ...domain.CustomerID) {
	for _, c := range customers {
		k.cache.Add(keyID(w, c), nil)
	}
}
