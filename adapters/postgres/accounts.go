package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// How long somebody stays signed in.
const (
	familyLife   = 30 * 24 * time.Hour // however often it is used
	idleLife     = 7 * 24 * time.Hour  // without being used
	refreshGrace = 10 * time.Second    // in which a used refresh token answers with its successor once more, for parallel tabs
	reuseReason  = "a used refresh token came again"
)

// Accounts keeps who can sign in, and the refresh tokens of who did. All fields are needed.
type Accounts struct {
	DB    *sqlx.DB // under sb_worker
	Store *EventStore
	Now   func() time.Time
}

var _ commands.Accounts = (*Accounts)(nil)

var (
	errNoAccount    = domain.Refuse(domain.NotFound, "account.not_found", "There is no such account.")
	errSessionEnded = domain.Refuse(domain.Unauthorized, "session.ended", "Your session has ended. Please sign in again.")
	errEmailTaken   = &domain.Error{
		Kind: domain.Conflict, Code: "email.taken", Field: "email",
		Message: "There is an account with this e-mail address. Sign in instead.",
	}
)

// Create stores the account and appends the request in one transaction. A taken e-mail is refused with "email.taken".
func (a *Accounts) Create(ctx context.Context, account commands.Account, r commands.AppendRequest) (int64, error) {
	var position int64
	err := a.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO auth_users (id, email, password_hash, workspace_id, role)
			VALUES ($1, $2, $3, $4, $5)`,
			account.MemberID, account.Email, account.PasswordHash, account.WorkspaceID, account.Role)
		if err != nil {
			return takenOr(err)
		}
		position, err = a.Store.AppendIn(ctx, tx, r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("create an account: %w", err)
	}
	a.Store.Wake()
	return position, nil
}

func takenOr(err error) error {
	if violation := (*pq.Error)(nil); errors.As(err, &violation) && violation.Constraint == "auth_users_email_key" {
		return errEmailTaken
	}
	return err
}

// userRow is an account that is not disabled.
type userRow struct {
	ID            string `db:"id"`
	Email         string `db:"email"`
	PasswordHash  string `db:"password_hash"`
	WorkspaceID   string `db:"workspace_id"`
	Role          string `db:"role"`
	PlatformAdmin bool   `db:"platform_admin"`
	TokenVersion  int    `db:"token_version"`
}

func (u userRow) account() commands.Account {
	role := domain.Role(u.Role)
	if u.PlatformAdmin {
		role = domain.RolePlatformAdmin
	}
	return commands.Account{
		MemberID: domain.MemberID(u.ID), WorkspaceID: domain.WorkspaceID(u.WorkspaceID), Email: u.Email,
		PasswordHash: u.PasswordHash, Role: role,
	}
}

const userColumns = `
	SELECT id, email, password_hash, workspace_id, role, platform_admin, token_version
	FROM auth_users
	WHERE disabled_at IS NULL AND `

// ByEmail returns the account with an e-mail address, and the version its access tokens must have. One of the platform's
// people has the role platform_admin, whatever they are in their own workspace. Nobody is refused with "account.not_found".
func (a *Accounts) ByEmail(ctx context.Context, email string) (commands.Account, int, error) {
	return a.find(ctx, userColumns+`lower(email) = lower($1)`, email)
}

// ByID returns the account of a member; see ByEmail.
func (a *Accounts) ByID(ctx context.Context, id domain.MemberID) (commands.Account, int, error) {
	return a.find(ctx, userColumns+`id = $1`, string(id))
}

func (a *Accounts) find(ctx context.Context, query, arg string) (commands.Account, int, error) {
	var user userRow
	err := a.DB.GetContext(ctx, &user, query, arg)
	if errors.Is(err, sql.ErrNoRows) {
		return commands.Account{}, 0, errNoAccount
	}
	if err != nil {
		return commands.Account{}, 0, fmt.Errorf("find an account: %w", err)
	}
	return user.account(), user.TokenVersion, nil
}

// SetPlatformAdmin makes the account one of the platform's people, or no longer. Their access tokens end at once.
func (a *Accounts) SetPlatformAdmin(ctx context.Context, email string, admin bool) error {
	return a.changeUser(ctx, `
		UPDATE auth_users
		SET platform_admin = $2, token_version = token_version + 1
		WHERE lower(email) = lower($1)`, email, admin)
}

// Disable ends all of an account's sessions and refuses new ones; its browsers are told of nothing any more.
func (a *Accounts) Disable(ctx context.Context, email string) error {
	err := a.changeUser(ctx, `
		UPDATE auth_users
		SET disabled_at = $2, token_version = token_version + 1
		WHERE lower(email) = lower($1)`, email, a.Now())
	if err != nil {
		return err
	}
	_, err = a.DB.ExecContext(ctx, `
		DELETE FROM push_browsers
		WHERE user_id IN (SELECT id FROM auth_users WHERE lower(email) = lower($1))`, email)
	return err
}

func (a *Accounts) changeUser(ctx context.Context, statement string, args ...any) error {
	result, err := a.DB.ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errNoAccount, err)
	}
	return nil
}

// OpenSession starts a family of refresh tokens, one sign-in on one browser, and returns its first token.
func (a *Accounts) OpenSession(ctx context.Context, id domain.MemberID) (string, error) {
	token, family := newRefreshToken(), uuid.NewString()
	err := a.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO auth_refresh_families (family_id, user_id, created_at, expires_at)
			VALUES ($1, $2, $3, $4)`, family, id, a.Now(), a.Now().Add(familyLife))
		if err != nil {
			return err
		}
		return a.addToken(ctx, tx, family, token)
	})
	if err != nil {
		return "", fmt.Errorf("open a session: %w", err)
	}
	return token, nil
}

func (a *Accounts) addToken(ctx context.Context, tx *sqlx.Tx, family, token string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO auth_refresh_tokens (token_hash, family_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4)`, hashOf(token), family, a.Now(), a.Now().Add(idleLife))
	return err
}

// refreshRow is a refresh token with its family.
type refreshRow struct {
	FamilyID        string       `db:"family_id"`
	UserID          string       `db:"user_id"`
	IdleEnd         time.Time    `db:"idle_end"`
	FamilyEnd       time.Time    `db:"family_end"`
	RevokedAt       sql.NullTime `db:"revoked_at"`
	UsedAt          sql.NullTime `db:"used_at"`
	SealedSuccessor []byte       `db:"sealed_successor"`
}

func (r refreshRow) over(now time.Time) bool {
	return r.RevokedAt.Valid || !now.Before(r.IdleEnd) || !now.Before(r.FamilyEnd)
}

// RenewSession uses a refresh token up and returns whose it is and its successor. Used again within ten seconds it returns
// the same successor; used again later, somebody copied it: the whole family ends. A token that is not or no longer good is
// refused with "session.ended".
func (a *Accounts) RenewSession(ctx context.Context, token string) (domain.MemberID, string, error) {
	var id domain.MemberID
	var successor string
	var refusal error
	err := a.inTx(ctx, func(tx *sqlx.Tx) error {
		row, err := lockRefresh(ctx, tx, token)
		if err != nil {
			return err
		}
		id = domain.MemberID(row.UserID)
		switch {
		case row.over(a.Now()):
			return errSessionEnded
		case !row.UsedAt.Valid:
			successor, err = a.succeed(ctx, tx, row, token)
		case a.Now().Sub(row.UsedAt.Time) <= refreshGrace:
			successor, err = openSuccessor(token, row.SealedSuccessor)
		default:
			refusal = errSessionEnded // and the end of the family is committed
			err = a.revoke(ctx, tx, row.FamilyID, reuseReason)
		}
		return err
	})
	if err = errors.Join(err, refusal); err != nil {
		return "", "", fmt.Errorf("renew a session: %w", err)
	}
	return id, successor, nil
}

// lockRefresh reads a token and keeps its family for itself, so that of two uses at a time one comes second.
func lockRefresh(ctx context.Context, tx *sqlx.Tx, token string) (refreshRow, error) {
	var row refreshRow
	err := tx.GetContext(ctx, &row, `
		SELECT t.family_id, f.user_id, t.expires_at AS idle_end, f.expires_at AS family_end, f.revoked_at, t.used_at, t.sealed_successor
		FROM auth_refresh_tokens t
		JOIN auth_refresh_families f ON f.family_id = t.family_id
		JOIN auth_users u ON u.id = f.user_id AND u.disabled_at IS NULL
		WHERE t.token_hash = $1
		FOR UPDATE OF t, f`, hashOf(token))
	if errors.Is(err, sql.ErrNoRows) {
		return refreshRow{}, errSessionEnded
	}
	return row, err
}

func (a *Accounts) succeed(ctx context.Context, tx *sqlx.Tx, row refreshRow, token string) (string, error) {
	successor := newRefreshToken()
	key, err := newAEAD(successorKey(token))
	if err != nil {
		return "", err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE auth_refresh_tokens
		SET used_at = $2, successor_hash = $3, sealed_successor = $4
		WHERE token_hash = $1`, hashOf(token), a.Now(), hashOf(successor), seal(key, []byte(successor), nil))
	if err != nil {
		return "", err
	}
	return successor, a.addToken(ctx, tx, row.FamilyID, successor)
}

// openSuccessor opens what only the old token can: at rest there is nothing to steal.
func openSuccessor(token string, sealed []byte) (string, error) {
	key, err := newAEAD(successorKey(token))
	if err != nil {
		return "", err
	}
	successor, err := open(key, sealed, nil)
	return string(successor), err
}

func (a *Accounts) revoke(ctx context.Context, tx sqlx.ExecerContext, family, reason string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE auth_refresh_families
		SET revoked_at = $2, reason = $3
		WHERE family_id = $1 AND revoked_at IS NULL`, family, a.Now(), reason)
	return err
}

// CloseSession ends the family a refresh token belongs to. An unknown token is fine.
func (a *Accounts) CloseSession(ctx context.Context, token string) error {
	_, err := a.DB.ExecContext(ctx, `
		UPDATE auth_refresh_families
		SET revoked_at = $2, reason = 'signed out'
		WHERE revoked_at IS NULL AND family_id = (SELECT family_id FROM auth_refresh_tokens WHERE token_hash = $1)`, hashOf(token), a.Now())
	if err != nil {
		return fmt.Errorf("close a session: %w", err)
	}
	return nil
}

func (a *Accounts) inTx(ctx context.Context, do func(*sqlx.Tx) error) error {
	tx, err := a.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// newRefreshToken has 256 random bits.
func newRefreshToken() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func successorKey(token string) []byte { return hashOf("successor\x00" + token) }

// Of lists who can sign in to a workspace, by e-mail.
func (a *Accounts) Of(ctx context.Context, w domain.WorkspaceID) ([]commands.Account, error) {
	var rows []struct {
		ID    domain.MemberID `db:"id"`
		Email string          `db:"email"`
		Role  domain.Role     `db:"role"`
	}
	err := a.DB.SelectContext(ctx, &rows, `
		SELECT id, email, role
		FROM auth_users
		WHERE workspace_id = $1 AND disabled_at IS NULL
		ORDER BY email`, string(w))
	if err != nil {
		return nil, fmt.Errorf("list the members: %w", err)
	}
	members := make([]commands.Account, len(rows))
	for i, r := range rows {
		members[i] = commands.Account{MemberID: r.ID, WorkspaceID: w, Email: r.Email, Role: r.Role}
	}
	return members, nil
}
