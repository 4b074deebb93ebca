package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// errNumberTaken says the number is linked to another workspace.
var errNumberTaken = errors.New("the number is linked to another workspace")

// link says which device of which number is a workspace's.
type link struct {
	Phone        string
	JID          types.JID
	LID          types.JID
	phoneSeen    time.Time // when the link was read; zero when it was made just now
	contactsRead time.Time // likewise; zero as well when they never were
}

// links are the rows that tie workspaces to devices. Their statements join a transaction of the context.
type links struct{ db *dbutil.Database }

const selectLink = `SELECT workspace_id, phone, jid, lid, phone_seen_at, contacts_read_at FROM wa_links WHERE `

func scanLink(row dbutil.Scannable) (of domain.WorkspaceID, l link, err error) {
	var lid sql.NullString
	var contactsRead sql.NullTime
	err = row.Scan(&of, &l.Phone, &l.JID, &lid, &l.phoneSeen, &contactsRead)
	if err == nil && lid.Valid {
		l.LID, _ = types.ParseJID(lid.String)
	}
	l.contactsRead = contactsRead.Time
	return of, l, err
}

func (l links) find(ctx context.Context, w domain.WorkspaceID) (link, bool, error) {
	_, found, err := scanLink(l.db.QueryRow(ctx, selectLink+`workspace_id = $1`, string(w)))
	if errors.Is(err, sql.ErrNoRows) {
		return link{}, false, nil
	}
	if err != nil {
		return link{}, false, fmt.Errorf("find the link: %w", err)
	}
	return found, true, nil
}

// of reads the links of several workspaces; who has none is not among them.
func (l links) of(ctx context.Context, workspaces []domain.WorkspaceID) (map[domain.WorkspaceID]link, error) {
	rows, err := l.db.Query(ctx, selectLink+`workspace_id = ANY ($1::uuid[])`, pq.Array(workspaces))
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[domain.WorkspaceID]link{}
	for rows.Next() {
		w, l, err := scanLink(rows)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		found[w] = l
	}
	return found, rows.Err()
}

// takenByOther says whether the number is linked to another workspace.
func (l links) takenByOther(ctx context.Context, w domain.WorkspaceID, phone string) (bool, error) {
	var taken bool
	err := l.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM wa_links WHERE phone = $1 AND workspace_id <> $2)`, phone, string(w)).Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("look for the number: %w", err)
	}
	return taken, nil
}

// put stores the link, replacing the workspace's earlier one. A number linked elsewhere is refused by its constraint.
func (l links) put(ctx context.Context, w domain.WorkspaceID, epoch int64, to link) error {
	_, err := l.db.Exec(ctx, `
		INSERT INTO wa_links (workspace_id, phone, jid, lid, epoch)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT wa_links_pkey DO UPDATE
		   SET phone = EXCLUDED.phone, jid = EXCLUDED.jid, lid = EXCLUDED.lid, epoch = EXCLUDED.epoch,
		       paired_at = clock_timestamp(), phone_seen_at = clock_timestamp(), settings_asked_at = NULL,
		       contacts_read_at = NULL`,
		string(w), to.Phone, to.JID, to.LID, epoch)
	if refused := (*pq.Error)(nil); errors.As(err, &refused) && refused.Constraint == "wa_links_phone_key" {
		return errNumberTaken
	}
	if err != nil {
		return fmt.Errorf("store the link: %w", err)
	}
	return nil
}

// phoneSeen keeps when the workspace's phone was last seen, if that is news, and says when it was. A zero time is no news.
func (l links) phoneSeen(ctx context.Context, w domain.WorkspaceID, at time.Time) (last time.Time, err error) {
	if at.IsZero() {
		err = l.db.QueryRow(ctx, `SELECT phone_seen_at FROM wa_links WHERE workspace_id = $1`, string(w)).Scan(&last)
	} else {
		err = l.db.QueryRow(ctx, `
			UPDATE wa_links SET phone_seen_at = greatest(phone_seen_at, $2) WHERE workspace_id = $1 RETURNING phone_seen_at`,
			string(w), at).Scan(&last)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("keep when the phone was seen: %w", err)
	}
	return last, nil
}

// mayAskForSettings says whether the phone was not asked for its settings since that time, and keeps that it is asked now.
func (l links) mayAskForSettings(ctx context.Context, w domain.WorkspaceID, now, since time.Time) (bool, error) {
	result, err := l.db.Exec(ctx, `
		UPDATE wa_links SET settings_asked_at = $2
		 WHERE workspace_id = $1 AND (settings_asked_at IS NULL OR settings_asked_at <= $3)`, string(w), now, since)
	if err != nil {
		return false, fmt.Errorf("keep when the phone was asked for settings: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// remove deletes the device and all that is stored for it, in one transaction. Removing nothing is fine.
func (l links) remove(ctx context.Context, w domain.WorkspaceID) error {
	err := l.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		found, ok, err := l.find(ctx, w)
		if err != nil || !ok {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM whatsmeow_device WHERE jid = $1`, // the rest hangs on it
			`DELETE FROM whatsmeow_privacy_tokens WHERE our_jid = $1`,
		} {
			if _, err := l.db.Exec(ctx, statement, found.JID); err != nil {
				return err
			}
		}
		for _, statement := range []string{
			`DELETE FROM session_lids WHERE workspace_id = $1`,
			`DELETE FROM wa_contacts WHERE workspace_id = $1`,
			`DELETE FROM wa_codes WHERE workspace_id = $1`,
			`DELETE FROM wa_links WHERE workspace_id = $1`,
		} {
			if _, err := l.db.Exec(ctx, statement, string(w)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove the device: %w", err)
	}
	return nil
}

// all lists the workspaces that have a device.
func (l links) all(ctx context.Context) ([]domain.WorkspaceID, error) {
	rows, err := l.db.Query(ctx, `SELECT workspace_id FROM wa_links`)
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []domain.WorkspaceID
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			return nil, fmt.Errorf("list links: %w", err)
		}
		all = append(all, domain.WorkspaceID(w))
	}
	return all, rows.Err()
}

// held fails with errNotOurs unless the workspace is still at this epoch, and keeps it there until the transaction of the
// context ends.
func (l links) held(ctx context.Context, w domain.WorkspaceID, epoch int64) error {
	var held bool
	if err := l.db.QueryRow(ctx, `SELECT lease_held($1, $2)`, string(w), epoch).Scan(&held); err != nil {
		return fmt.Errorf("check the lease: %w", err)
	}
	if !held {
		return errNotOurs
	}
	return nil
}
