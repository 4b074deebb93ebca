package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Numbers keeps phones that are to prove themselves by a code. It is a commands.NumberOffers.
type Numbers struct {
	DB *sqlx.DB // under sb_worker
}

var _ commands.NumberOffers = Numbers{}

type offerRow struct {
	ID          string             `db:"id"`
	WorkspaceID domain.WorkspaceID `db:"workspace_id"`
	Phone       string             `db:"phone"`
	MemberID    domain.MemberID    `db:"member_id"`
	Role        domain.Role        `db:"role"`
	Tries       int                `db:"tries"`
	ExpiresAt   time.Time          `db:"expires_at"`
}

func (r offerRow) offer() commands.NumberOffer {
	return commands.NumberOffer{
		ID: r.ID, WorkspaceID: r.WorkspaceID, Phone: r.Phone, MemberID: r.MemberID, Role: r.Role, ExpiresAt: r.ExpiresAt, Tries: r.Tries,
	}
}

const offerColumns = `
	SELECT id, workspace_id, phone, member_id, role, tries, expires_at
	FROM auth_number_offers
	WHERE workspace_id = $1 AND `

// Offer puts an offer in the place of any other for the phone.
func (n Numbers) Offer(ctx context.Context, o commands.NumberOffer) error {
	_, err := n.DB.ExecContext(ctx, `
		INSERT INTO auth_number_offers (id, workspace_id, phone, member_id, role, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace_id, phone) DO UPDATE
		SET id = excluded.id, member_id = excluded.member_id, role = excluded.role, expires_at = excluded.expires_at, tries = 0`,
		o.ID, string(o.WorkspaceID), o.Phone, string(o.MemberID), string(o.Role), o.ExpiresAt)
	if err != nil {
		return fmt.Errorf("store an offered number: %w", err)
	}
	return nil
}

// Offered returns the offer for a phone.
func (n Numbers) Offered(ctx context.Context, w domain.WorkspaceID, phone string) (commands.NumberOffer, bool, error) {
	var row offerRow
	err := n.DB.GetContext(ctx, &row, offerColumns+`phone = $2`, string(w), phone)
	if errors.Is(err, sql.ErrNoRows) {
		return commands.NumberOffer{}, false, nil
	}
	if err != nil {
		return commands.NumberOffer{}, false, fmt.Errorf("read an offered number: %w", err)
	}
	return row.offer(), true, nil
}

// Offers lists those that have not run out, the newest first.
func (n Numbers) Offers(ctx context.Context, w domain.WorkspaceID, now time.Time) ([]commands.NumberOffer, error) {
	var rows []offerRow
	if err := n.DB.SelectContext(ctx, &rows, offerColumns+`expires_at > $2 ORDER BY expires_at DESC, phone`, string(w), now); err != nil {
		return nil, fmt.Errorf("list the offered numbers: %w", err)
	}
	offers := make([]commands.NumberOffer, len(rows))
	for i, r := range rows {
		offers[i] = r.offer()
	}
	return offers, nil
}

// Missed counts a wrong code.
func (n Numbers) Missed(ctx context.Context, o commands.NumberOffer) error {
	_, err := n.DB.ExecContext(ctx, `UPDATE auth_number_offers SET tries = tries + 1 WHERE workspace_id = $1 AND phone = $2 AND id = $3`,
		string(o.WorkspaceID), o.Phone, o.ID)
	if err != nil {
		return fmt.Errorf("count a wrong code: %w", err)
	}
	return nil
}

// Withdraw takes the offers for a phone, or for a member, away.
func (n Numbers) Withdraw(ctx context.Context, w domain.WorkspaceID, phone string, m domain.MemberID) error {
	_, err := n.DB.ExecContext(ctx, `DELETE FROM auth_number_offers WHERE workspace_id = $1 AND (phone = $2 OR member_id::text = $3)`,
		string(w), phone, string(m))
	if err != nil {
		return fmt.Errorf("withdraw an offered number: %w", err)
	}
	return nil
}
