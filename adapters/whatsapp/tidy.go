package whatsapp

import (
	"context"
	"time"
)

// How long things are kept, and how often that is looked at.
const (
	tidyEvery        = time.Hour
	keepBuffered     = 14 * 24 * time.Hour // WhatsApp holds what was not acknowledged as long
	keepLetters      = 30 * 24 * time.Hour
	keepTokens       = 28 * 24 * time.Hour // the library uses none older than four weeks
	tidyBatch        = 5000
	tidyLock         = 0x5342574154494459 // "SBWATIDY"
	tidyPerStatement = 30 * time.Second
)

// tidy removes what nobody needs any more: one process at a time, a batch at a time.
func (p *Pool) tidy(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if err := p.tidyOnce(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "tidying failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Pool) tidyOnce(ctx context.Context) error {
	defer p.recovered("tidy", nil)
	conn, err := p.cfg.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	var mine bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(tidyLock)).Scan(&mine); err != nil || !mine {
		return err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(tidyLock))
	}()
	now := p.cfg.Now()
	if err := p.tidyTable(ctx, `
		DELETE FROM whatsmeow_event_buffer WHERE (our_jid, ciphertext_hash) IN (
		  SELECT our_jid, ciphertext_hash FROM whatsmeow_event_buffer WHERE insert_timestamp < $1 LIMIT $2)`,
		now.Add(-keepBuffered).UnixMilli()); err != nil {
		return err
	}
	if err := p.tidyTable(ctx, `
		DELETE FROM dead_letters WHERE (workspace_id, letter_id) IN (
		  SELECT workspace_id, letter_id FROM dead_letters WHERE at < $1 LIMIT $2)`, now.Add(-keepLetters)); err != nil {
		return err
	}
	if err := p.tidyTable(ctx, `
		DELETE FROM whatsmeow_privacy_tokens WHERE (our_jid, their_jid) IN (
		  SELECT our_jid, their_jid FROM whatsmeow_privacy_tokens WHERE timestamp < $1 LIMIT $2)`, now.Add(-keepTokens).Unix()); err != nil {
		return err
	}
	if err := p.sweepErased(ctx); err != nil {
		return err
	}
	return p.tidyTable(ctx, `
		DELETE FROM wa_codes WHERE workspace_id IN (
		  SELECT workspace_id FROM wa_codes WHERE expires_at < $1 LIMIT $2)`, now.Add(-time.Hour))
}

// tidyTable repeats a statement that removes at most tidyBatch rows before a time, until it removes fewer.
func (p *Pool) tidyTable(ctx context.Context, statement string, before any) error {
	for {
		limited, cancel := context.WithTimeout(ctx, tidyPerStatement)
		result, err := p.cfg.DB.ExecContext(limited, statement, before, tidyBatch)
		cancel()
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n < tidyBatch {
			return err
		}
	}
}
