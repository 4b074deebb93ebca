package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// resealAgain is how soon sealing anew is tried again after a failure.
const resealAgain = time.Minute

// reseal seals anew what old keys sealed, of every number, connected or not. When it is done the old keys can be taken out of the
// secret file. Several nodes may do it at once.
func (p *Pool) reseal(ctx context.Context) {
	if len(p.cfg.SealKeys.Old) == 0 {
		return
	}
	for {
		err := p.resealAll(ctx)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "not everything is sealed anew yet, will try again", "error", err)
		}
		if !sleep(ctx, resealAgain) {
			return
		}
	}
	p.metrics.oldSeals.Set(0)
	p.log.InfoContext(ctx, "everything is sealed with the newest key: once every node has said so, take the old ones out of the secret file")
}

func (p *Pool) resealAll(ctx context.Context) (err error) {
	defer p.recovered("reseal", func(panicked error) { err = panicked })
	linked, err := p.links.all(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, w := range linked {
		if err := p.resealDevice(ctx, w); err != nil {
			failed = append(failed, fmt.Errorf("seal what %s has anew: %w", w, err))
		}
	}
	letters := resealing{db: p.db, renew: func(where string, stored []byte) ([]byte, error) { return p.box.renew(stored, letterSeal(where)) }}
	return errors.Join(append(failed, letters.column(ctx, "dead_letters", "sealed", "letter_id", "$1 = ''", ""))...)
}

func (p *Pool) resealDevice(ctx context.Context, w domain.WorkspaceID) error {
	l, found, err := p.links.find(ctx, w)
	if err != nil || !found {
		return err
	}
	s, err := newSeals(p.cfg.SealKeys, w, l.JID)
	if err != nil {
		return err
	}
	for _, c := range append(sealedColumns(), deviceColumns()...) {
		r := resealing{db: p.db, renew: func(_ string, stored []byte) ([]byte, error) { return s.renew(stored, c.kind) }}
		if err := r.column(ctx, c.table, c.column, "''", c.owner+" = $1", l.JID.String()); err != nil {
			return err
		}
	}
	buffered := resealing{db: p.db, renew: func(hash string, stored []byte) ([]byte, error) {
		return p.box.renew(stored, bufferSeal(w, hash))
	}}
	if err := buffered.column(ctx, "whatsmeow_event_buffer", "plaintext", "encode(ciphertext_hash, 'hex')", "our_jid = $1", l.JID.String()); err != nil {
		return err
	}
	return p.resealNonce(ctx, s, l.JID)
}

func (p *Pool) resealNonce(ctx context.Context, s seals, jid types.JID) error {
	var stored string
	if err := p.db.QueryRow(ctx, `SELECT coalesce(max(companion_meta_nonce), '') FROM whatsmeow_device WHERE jid = $1`, jid).Scan(&stored); err != nil {
		return err
	}
	fresh, err := s.renewNonce(stored)
	if err != nil || fresh == "" {
		return err
	}
	_, err = p.db.Exec(ctx, `
		UPDATE whatsmeow_device SET companion_meta_nonce = $2 WHERE jid = $1 AND companion_meta_nonce = $3`, jid, fresh, stored)
	return err
}

// resealing is of one column of one device, or of no device in particular.
type resealing struct {
	db    *dbutil.Database
	renew func(where string, stored []byte) ([]byte, error)
}

// resealPage bounds what is read at once: a session can have tens of kilobytes.
const resealPage = 200

// column goes through the rows in the order in which they lie. One that is changed meanwhile is written with the newest key, lies
// behind, and is looked at once more.
func (r resealing) column(ctx context.Context, table, column, where, of, owner string) error {
	for after, more := "(0,0)", true; more; {
		rows, err := r.db.Query(ctx, fmt.Sprintf(`
			SELECT ctid::text, %[3]s, %[2]s FROM %[1]s
			 WHERE %[4]s AND %[2]s IS NOT NULL AND ctid > $2::tid ORDER BY ctid LIMIT %[5]d`, table, column, where, of, resealPage), owner, after)
		if err != nil {
			return err
		}
		n, last, stale, err := r.page(rows)
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		if len(stale.places) > 0 {
			_, err := r.db.Exec(ctx, fmt.Sprintf(`
				UPDATE %[1]s AS t SET %[2]s = s.fresh FROM unnest($1::tid[], $2::bytea[], $3::bytea[]) AS s (place, stored, fresh)
				 WHERE t.ctid = s.place AND t.%[2]s = s.stored`, table, column), pq.Array(stale.places), stale.stored, stale.fresh)
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		after, more = last, n == resealPage
	}
	return nil
}

// staleRows are those that an old key sealed.
type staleRows struct {
	places        []string
	stored, fresh pq.ByteaArray
}

func (r resealing) page(rows dbutil.Rows) (n int, last string, stale staleRows, err error) {
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		var where string
		var stored []byte
		if err := rows.Scan(&last, &where, &stored); err != nil {
			return n, last, stale, err
		}
		fresh, err := r.renew(where, stored)
		if err != nil {
			return n, last, stale, err
		}
		if fresh != nil {
			stale.places = append(stale.places, last)
			stale.stored, stale.fresh = append(stale.stored, bytes.Clone(stored)), append(stale.fresh, fresh)
		}
	}
	return n, last, stale, rows.Err()
}

// bufferSeal is what a decrypted message in the buffer belongs to.
func bufferSeal(w domain.WorkspaceID, hash string) string {
	return "buffer\x00" + string(w) + "\x00" + hash
}
