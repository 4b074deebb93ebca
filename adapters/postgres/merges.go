package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// merge records that loser is the same person as winner, and repoints loser's addresses. What was merged into the loser
// before now leads to the winner too.
func (c *Customers) merge(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, loser, winner domain.CustomerID) error {
	if err := c.repoint(ctx, tx, w, loser, winner); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE customer_merges
		   SET winner_id = $3
		 WHERE workspace_id = $1 AND winner_id = $2`, string(w), string(loser), string(winner))
	if err != nil {
		return fmt.Errorf("redirect earlier merges: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO customer_merges (workspace_id, loser_id, winner_id)
		VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT customer_merges_pkey DO UPDATE SET winner_id = EXCLUDED.winner_id`,
		string(w), string(loser), string(winner))
	if err != nil {
		return fmt.Errorf("record a merge: %w", err)
	}
	return nil
}

// dropKey removes the key of a customer who was never more than a claim.
func (c *Customers) dropKey(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, fresh domain.CustomerID) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM data_keys WHERE key_id = $1`, keyID(w, fresh)); err != nil {
		return fmt.Errorf("drop an unused data key: %w", err)
	}
	return nil
}

// unconfirmedMerge returns a customer merged into winner of whom the log does not know yet. One that it does know is
// confirmed on the way and not asked for again.
func (c *Customers) unconfirmedMerge(ctx context.Context, w domain.WorkspaceID, winner domain.CustomerID) (domain.CustomerID, error) {
	var loser domain.CustomerID
	err := c.db.QueryRowContext(ctx, `
		SELECT loser_id
		  FROM customer_merges
		 WHERE workspace_id = $1 AND winner_id = $2 AND confirmed_at IS NULL
		 ORDER BY merged_at, loser_id
		 LIMIT 1`, string(w), string(winner)).Scan(&loser)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for unconfirmed merges: %w", err)
	}
	done, err := c.confirmMerge(ctx, w, winner, loser)
	if err != nil || done {
		return "", err
	}
	return loser, nil
}

// confirmMerge notes that the log has the merge, if it has.
func (c *Customers) confirmMerge(ctx context.Context, w domain.WorkspaceID, winner, loser domain.CustomerID) (bool, error) {
	result, err := c.db.ExecContext(ctx, `
		UPDATE customer_merges
		   SET confirmed_at = clock_timestamp()
		 WHERE workspace_id = $1 AND loser_id = $2
		   AND EXISTS (SELECT FROM events
		                WHERE stream_id = $3 AND type = $4 AND data->>'merged' = $2::text)`,
		string(w), string(loser), domain.CustomerStream(w, winner).UUID(), domain.CustomerMerged{}.EventType())
	if err != nil {
		return false, fmt.Errorf("confirm a merge: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// MergedInto returns the customers who turned out to be this one. A redelivered message may be stored under their ids.
func (c *Customers) MergedInto(ctx context.Context, w domain.WorkspaceID, winner domain.CustomerID) ([]domain.CustomerID, error) {
	return mergedInto(ctx, c.db, w, winner)
}

func mergedInto(ctx context.Context, db sqlx.QueryerContext, w domain.WorkspaceID, winner domain.CustomerID) ([]domain.CustomerID, error) {
	var losers []string
	err := sqlx.SelectContext(ctx, db, &losers, `
		SELECT loser_id
		  FROM customer_merges
		 WHERE workspace_id = $1 AND winner_id = $2
		 ORDER BY merged_at, loser_id`, string(w), string(winner))
	if err != nil {
		return nil, fmt.Errorf("look for merged customers: %w", err)
	}
	if len(losers) == 0 {
		return nil, nil
	}
	return asIDs(losers), nil
}
