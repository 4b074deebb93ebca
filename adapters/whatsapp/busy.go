package whatsapp

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// busyWithin is how far back traffic is looked for at the start; what was quiet for longer connects in any order.
const busyWithin = 24 * time.Hour

// rememberTraffic reads when each number last received something, so that after a restart the busy ones connect first.
func (p *Pool) rememberTraffic(ctx context.Context) {
	if err := p.readTraffic(ctx); err != nil && ctx.Err() == nil {
		p.log.WarnContext(ctx, "recent traffic not read", "error", err)
	}
}

func (p *Pool) readTraffic(ctx context.Context) error {
	rows, err := p.db.Query(ctx, `
		SELECT l.workspace_id, max(b.insert_timestamp)
		  FROM whatsmeow_event_buffer AS b
		  JOIN wa_links AS l ON l.jid = b.our_jid
		 WHERE b.insert_timestamp > $1
		 GROUP BY l.workspace_id`, p.cfg.Now().Add(-busyWithin).UnixMilli())
	if err != nil {
		return fmt.Errorf("read recent traffic: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var w string
		var last int64
		if err := rows.Scan(&w, &last); err != nil {
			return fmt.Errorf("read recent traffic: %w", err)
		}
		p.mu.Lock()
		p.traffic[domain.WorkspaceID(w)] = time.UnixMilli(last).Unix()
		p.mu.Unlock()
	}
	return rows.Err()
}

func (p *Pool) lastTraffic(w domain.WorkspaceID) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic[w]
}
