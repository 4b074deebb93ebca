package whatsapp

import (
	"crypto/rand"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// WhatsApp removes the devices of a phone that stays away for about two weeks. So it is asked for a sign of life before
// that, and the owner is told if it gives none.
const (
	phoneAskedAfter = 10 * 24 * time.Hour
	phoneStaleAfter = 12 * 24 * time.Hour
	phoneAskedEvery = 24 * time.Hour
	phoneLookEvery  = time.Hour
)

// phone is what is known of the phone a session's number belongs to.
type phone struct {
	came chan struct{} // it did something after it was away for long

	mu     sync.Mutex
	seen   time.Time // by this process
	stored time.Time // as the table has it
	found  time.Time // as the link had it when the session began, until it was looked at
	asked  time.Time
	stale  bool
}

// phoneDid is called for whatever the owner's phone itself did.
func (s *session) phoneDid(source types.MessageSource) {
	if !source.IsFromMe || source.Sender.Device != 0 {
		return
	}
	p, now := &s.phone, s.pool.cfg.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = now
	if p.stale || now.Sub(p.stored) >= phoneLookEvery {
		nudge(p.came)
	}
}

// watchPhone looks after the phone, and says when to look again.
func (s *session) watchPhone(c *conn) time.Duration {
	if err := s.lookForPhone(c); err != nil && c.alive.Err() == nil {
		s.log.WarnContext(c.alive, "phone not looked for", "error", err)
	}
	return phoneLookEvery
}

func (s *session) lookForPhone(c *conn) error {
	p, now := &s.phone, s.pool.cfg.Now()
	p.mu.Lock()
	seen, last := p.seen, p.found
	p.found = time.Time{}
	p.mu.Unlock()
	if !seen.IsZero() || last.IsZero() {
		var err error
		if last, err = s.pool.links.phoneSeen(c.alive, s.workspace, seen); err != nil {
			return err
		}
	}
	away := now.Sub(last)
	p.mu.Lock()
	wasStale, ask := p.stale, away >= phoneAskedAfter && now.Sub(p.asked) >= phoneAskedEvery
	p.stored, p.stale = last, away >= phoneStaleAfter
	p.mu.Unlock()
	switch {
	case away >= phoneStaleAfter:
		s.note(domain.ConnectionDegraded{WorkspaceID: s.workspace, Reason: domain.ReasonPhoneStale, Since: last, Evidence: c.saw(nil)})
	case wasStale:
		s.note(domain.ConnectionSteadied{WorkspaceID: s.workspace, Reason: domain.ReasonPhoneStale, SteadiedAt: now, Evidence: c.saw(nil)})
	}
	if !ask {
		return nil
	}
	if err := c.tellPhone(signOfLife()); err != nil {
		return err // the next look tries again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = now
	return nil
}

// signOfLife asks the phone for something it does not have; it answers all the same.
func signOfLife() *waE2E.Message {
	id := make([]byte, 6)
	_, _ = rand.Read(id)
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                   waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
		AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{KeyIDs: []*waE2E.AppStateSyncKeyId{{KeyID: id}}},
	}}
}

// tellPhone sends the own phone something no person sees. Like a reply, it ends with the connection and not earlier.
func (c *conn) tellPhone(message *waE2E.Message) error {
	ctx, end := c.session.ratchet.turns(c.line.ctx)
	defer end()
	_, err := c.client.SendMessage(ctx, c.session.link.JID.ToNonAD(), message, whatsmeow.SendRequestExtra{Peer: true, Timeout: noDeadline})
	if err == nil {
		c.session.pool.metrics.phoneAsked.Inc()
	}
	return err
}
