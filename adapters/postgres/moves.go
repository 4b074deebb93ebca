package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
)

// divide brings the addresses to their customer: to one, unless the number is or was somebody else's.
func (c *Customers) divide(
	ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, hashes []hashed, owners []owner, fresh domain.CustomerID, at time.Time,
) (resolution, error) {
	phone, lid := pair(hashes, owners)
	whose := domain.WhoseTogether
	if phone != nil && lid != nil {
		known := domain.KnownAddress{Customer: phone.customer, MappedAt: phone.mappedAt.Time}
		var err error
		if known.LID, err = c.hasOtherLID(ctx, tx, w, *phone, lid.hash); err != nil {
			return resolution{}, err
		}
		whose = domain.WhoseAddresses(known, domain.KnownAddress{Customer: lid.customer}, at)
	}
	if whose == domain.WhoseTogether {
		resolved, err := c.unite(ctx, tx, w, hashes, owners, fresh)
		if err == nil && phone != nil && lid != nil {
			err = c.mapped(ctx, tx, w, phone.hash, at)
		}
		return resolution{Resolved: resolved}, err
	}
	var resolved resolution
	resolved.apart = true
	resolved.Customer, resolved.Created = lid.customer, lid.customer == fresh
	if resolved.Created {
		resolved.Linked = []string{addressOf(hashes, lid.hash)}
	} else if err := c.dropKey(ctx, tx, w, fresh); err != nil {
		return resolution{}, err
	}
	if whose == domain.WhoseApart {
		return resolved, nil
	}
	resolved.MovedFrom = phone.customer
	return resolved, c.move(ctx, tx, w, *phone, lid.customer, at)
}

// pair is the number and the LID among owners; nil for what was not named.
func pair(hashes []hashed, owners []owner) (phone, lid *owner) {
	for i := range owners {
		for _, h := range hashes {
			switch {
			case h.hash != owners[i].hash:
			case h.hidden:
				lid = &owners[i]
			default:
				phone = &owners[i]
			}
		}
	}
	return phone, lid
}

// hasOtherLID says whether the number's owner is known by another LID. A LID never changes hands, so it needs no lock.
func (c *Customers) hasOtherLID(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, phone owner, lid string) (has bool, err error) {
	err = tx.GetContext(ctx, &has, `
		SELECT EXISTS (SELECT FROM customer_addresses
		                WHERE workspace_id = $1 AND customer_id = $2 AND hidden AND address_hmac <> $3)`,
		string(w), string(phone.customer), []byte(lid))
	if err != nil {
		return false, fmt.Errorf("look for another lid: %w", err)
	}
	return has, nil
}

// mapped notes when a number was last named with its owner's LID.
func (c *Customers) mapped(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, phone string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE customer_addresses
		   SET mapped_at = greatest(mapped_at, $3)
		 WHERE workspace_id = $1 AND address_hmac = $2`, string(w), []byte(phone), at)
	if err != nil {
		return fmt.Errorf("note a mapping: %w", err)
	}
	return nil
}

// move gives the number to another customer. Who had it is kept with it until the log has the event.
func (c *Customers) move(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, phone owner, to domain.CustomerID, at time.Time) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE customer_addresses
		   SET customer_id = $3, mapped_at = $4, moved_from = customer_id
		 WHERE workspace_id = $1 AND address_hmac = $2`, string(w), []byte(phone.hash), string(to), at)
	if err != nil {
		return fmt.Errorf("move an address: %w", err)
	}
	return nil
}

// unconfirmedMove repeats in the answer who had the number, until the log knows.
func (c *Customers) unconfirmedMove(ctx context.Context, w domain.WorkspaceID, before []owner, resolved *resolution) error {
	for _, o := range before {
		if !o.moved.Valid || o.customer != resolved.Customer || resolved.MovedFrom != "" {
			continue
		}
		var done bool
		err := c.db.GetContext(ctx, &done, `
			UPDATE customer_addresses
			   SET moved_from = NULL
			 WHERE workspace_id = $1 AND address_hmac = $2 AND moved_from = $3
			   AND EXISTS (SELECT FROM events WHERE stream_id = $4 AND type = $5 AND data->>'from' = $3::text)
			RETURNING true`,
			string(w), []byte(o.hash), o.moved.String, domain.CustomerStream(w, o.customer).UUID(), domain.CustomerAddressMoved{}.EventType())
		switch {
		case errors.Is(err, sql.ErrNoRows):
			resolved.MovedFrom = domain.CustomerID(o.moved.String)
		case err != nil:
			return fmt.Errorf("confirm a move: %w", err)
		}
	}
	return nil
}
