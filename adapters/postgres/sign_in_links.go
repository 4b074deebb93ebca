package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// SignInLinks hands out links that sign a member in, once. It is a commands.SignInLinks.
type SignInLinks struct {
	Accounts *Accounts
	URL      string // of the dashboard
}

var _ commands.SignInLinks = SignInLinks{}

// NewLink returns the address, or false for a member who has no account. The secret stands behind a "#", so that no server on
// the way and no preview of the message asks for it.
func (l SignInLinks) NewLink(ctx context.Context, w domain.WorkspaceID, m domain.MemberID, until time.Time) (string, bool, error) {
	account, _, err := l.Accounts.ByID(ctx, m)
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) || err == nil && account.WorkspaceID != w {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	token := newRefreshToken()
	_, err = l.Accounts.DB.ExecContext(ctx, `
		INSERT INTO auth_sign_in_links (token_hash, workspace_id, user_id, expires_at)
		VALUES ($1, $2, $3, $4)`, hashOf(token), string(w), string(m), until)
	if err != nil {
		return "", false, fmt.Errorf("store a link to sign in: %w", err)
	}
	return l.URL + "/link#" + token, true, nil
}

var errLinkUsed = domain.Refuse(domain.Unauthorized, "link.used", "This link was used already, or is older than 10 minutes. Send !dashboard for a new one.")

// UseLink says whom a link signs in, once. A link that is used up or too old is refused with "link.used".
func (a *Accounts) UseLink(ctx context.Context, token string) (domain.MemberID, error) {
	var id domain.MemberID
	err := a.DB.GetContext(ctx, &id, `
		UPDATE auth_sign_in_links
		SET used_at = $2
		WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
		RETURNING user_id`, hashOf(token), a.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return "", errLinkUsed
	}
	if err != nil {
		return "", fmt.Errorf("use a link to sign in: %w", err)
	}
	return id, nil
}

// DisableMember ends a member's sessions and refuses new ones; their browsers are told of nothing any more. Who has no account
// is fine.
func (a *Accounts) DisableMember(ctx context.Context, w domain.WorkspaceID, m domain.MemberID) error {
	_, err := a.DB.ExecContext(ctx, `
		WITH disabled AS (
			UPDATE auth_users
			SET disabled_at = $3, token_version = token_version + 1
			WHERE workspace_id = $1 AND id::text = $2 AND disabled_at IS NULL
			RETURNING id)
		DELETE FROM push_browsers
		WHERE user_id IN (SELECT id FROM disabled)`, string(w), string(m), a.Now())
	if err != nil {
		return fmt.Errorf("end a member's access: %w", err)
	}
	return nil
}
