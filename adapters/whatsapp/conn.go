package whatsapp

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// conn is one connection of a session, with a client of its own. It ends once, for one reason.
type conn struct {
	session *session
	seq     int64 // its number within the workspace
	line    *line
	client  *whatsmeow.Client
	guard   *guard
	ctx     context.Context //nolint:containedctx // ends when the connection does, for what is done over it
	cancel  context.CancelFunc
	alive   context.Context //nolint:containedctx // ends with the first reason to end
	dies    context.CancelFunc
	online  chan struct{} // closed when WhatsApp delivers
	ended   chan *verdict
	busy    chan struct{} // held while a message is being stored
	silent  atomic.Bool   // the socket is dead
	catchUp catchUp
}

// dial connects and waits until WhatsApp delivers. The verdict says why it did not.
func (s *session) dial(ctx context.Context, timeout time.Duration) (*conn, *verdict) {
	c := &conn{
		session: s, seq: s.opens(), online: make(chan struct{}), ended: make(chan *verdict, 1), busy: make(chan struct{}, 1),
		catchUp: catchUp{facts: make(chan domain.ConnectionEvent, 2)},
	}
	c.ctx, c.cancel = context.WithCancel(withPulse(ctx, &s.pulse))
	c.alive, c.dies = context.WithCancel(c.ctx)
	c.line = s.pool.newLine(c.ctx) //nolint:contextcheck // it carries the pulse
	c.guard = s.newGuard(func(cause error) {
		if errors.Is(cause, errNotOurs) {
			s.pool.metrics.fenced.Inc()
			s.lose()
		}
		c.end(verdict{reason: domain.ReasonStorage})
	})
	device, err := s.pool.devices.load(ctx, s.link.JID, c.guard, s.lids, s.contacts)
	if err != nil {
		c.cancel()
		c.line.cancel()
		return nil, c.evident(loadVerdict(err))
	}
	c.client = s.pool.newClient(c.line.ctx, device, c.handle) //nolint:contextcheck // it lives as long as the socket
	c.line.client, c.line.struck, c.line.stuck = c.client, c.struckStanza, c.endSilent
	c.line.ratchet, c.line.leaves = s.ratchet, c.leaves
	c.client.GetMessageForRetry = c.sentBefore
	c.client.PreRetryCallback = c.beforeRetry
	c.line.open() //nolint:contextcheck // it has a context of its own
	if v := c.await(ctx, timeout); v != nil {
		c.close(ctx)
		return nil, c.evident(v)
	}
	return c, nil
}

func loadVerdict(err error) *verdict {
	if errors.Is(err, errNoDevice) {
		return &verdict{reason: domain.ReasonUnlinkedOnPhone, end: endUnlink, code: "no_device"}
	}
	return &verdict{reason: domain.ReasonStorage}
}

// await returns nil once WhatsApp delivers, else why it does not.
func (c *conn) await(ctx context.Context, timeout time.Duration) *verdict {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	outageEnds := c.session.pool.governor.outageEnds()
	for {
		select {
		case <-outageEnds: // what hung until now was dialled while WhatsApp was away
			outageEnds = nil
			timer.Reset(min(timeout, hangAfterOutage))
		case err := <-c.line.dialled:
			if err != nil {
				return dialVerdict(err)
			}
		case <-c.online:
			return nil
		case v := <-c.ended:
			return v
		case <-timer.C:
			return &verdict{reason: domain.ReasonNetwork, code: "timeout"}
		case <-ctx.Done():
			return &verdict{reason: domain.ReasonNetwork, code: "cancelled"}
		}
	}
}

func dialVerdict(err error) *verdict {
	if status := (socket.ErrWithStatusCode{}); errors.As(err, &status) && status.StatusCode >= 500 {
		return &verdict{reason: domain.ReasonServerBusy}
	}
	return &verdict{reason: domain.ReasonNetwork}
}

// end gives the reason the connection ends for; the first one counts.
func (c *conn) end(v verdict) {
	select {
	case c.ended <- &v:
	default:
	}
	c.dies()
}

// verdict is why the connection ended; storage when nobody else gave a reason.
func (c *conn) verdict() *verdict {
	select {
	case v := <-c.ended:
		return v
	default:
		return &verdict{reason: domain.ReasonStorage}
	}
}

// close ends the connection for good. When it returns, nothing of it decrypts or touches the tables any more; a message it
// may still be storing is the same message when it comes again.
func (c *conn) close(ctx context.Context) {
	c.cancel()
	if c.silent.Load() {
		c.line.cut()
	}
	c.line.close()
	leaving := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	c.guard.retire(ctx)
	select {
	case c.busy <- struct{}{}:
	case <-ctx.Done():
	}
	if !leaving {
		return
	}
	select {
	case <-c.line.closed: // whoever goes on with this device must not meet its old socket
	case <-ctx.Done():
	}
}

// handle is the one handler of the client. It says whether the event may be acknowledged, and never lets a panic out: the
// library would take it for success.
func (c *conn) handle(event any) (ok bool) {
	defer c.session.pool.recovered("handle", func(err error) { ok = c.struck(event, err) })
	switch e := event.(type) {
	case *events.Message:
		c.session.phoneDid(e.Info.MessageSource)
		return c.receive(e)
	case *events.Receipt:
		c.session.phoneDid(e.MessageSource)
		return c.receipt(e)
	case *events.UndecryptableMessage:
		c.undecryptable(e)
	case *events.OfflineSyncPreview:
		c.catchUp.begin(c, e.Messages)
	case *events.OfflineSyncCompleted:
		c.catchUp.finish(c)
	case *events.Connected:
		c.markOnline()
	case *events.AppStateSyncComplete:
		c.settingsRead(e)
	case *events.ChatPresence:
		c.typing(e)
	case *events.CallTerminate:
		c.missedCall(e)
	case *events.KeepAliveTimeout:
		c.pingUnanswered(e)
	case *events.KeepAliveRestored:
		c.session.note(domain.ConnectionSteadied{
			WorkspaceID: c.session.workspace, Reason: domain.ReasonDegraded, SteadiedAt: c.session.pool.cfg.Now(), Evidence: c.saw(event),
		})
	case *events.AppStateSyncError:
		c.settingsFailed(e)
	case *events.IdentityChange:
		c.identityChanged(e)
	case *events.NotifyAccountReachoutTimelock:
		c.session.newChats(e, c.saw(e))
	default:
		if v, final := classify(event, c.session.pool.cfg.Timing); final {
			c.end(v)
		}
	}
	return true
}

func (c *conn) markOnline() {
	select {
	case <-c.online:
	default:
		close(c.online)
	}
}

// pingUnanswered resets a connection that has gone silent: at once when nothing at all was heard for as long as a ping
// may take, else at the second ping. Until then the owner is told that it is unstable.
func (c *conn) pingUnanswered(e *events.KeepAliveTimeout) {
	s := c.session
	s.pool.metrics.keepAlive.Inc()
	now := s.pool.cfg.Now()
	if silent := now.Sub(s.pulse.heard()) >= s.pool.cfg.Timing.KeepAliveDeadline; silent || e.ErrorCount >= 2 {
		c.silent.Store(true)
		c.end(verdict{reason: domain.ReasonDropped, code: "silent", signal: signalOf(e)})
		return
	}
	s.note(domain.ConnectionDegraded{WorkspaceID: s.workspace, Reason: domain.ReasonDegraded, Since: now, Evidence: c.saw(e)})
}

// endSilent ends a connection that nothing comes from any more.
func (c *conn) endSilent() {
	c.silent.Store(true)
	c.end(verdict{reason: domain.ReasonDropped, code: "silent"})
}

// endUnanswered ends a connection over which WhatsApp did not answer a send that began at that time.
func (c *conn) endUnanswered(began time.Time) {
	if c.session.pulse.heard().Before(began) {
		c.endSilent() // not a byte since
		return
	}
	c.end(verdict{reason: domain.ReasonDropped, code: "unanswered"})
}

// struckStanza is for a stanza that the library panicked over. It stays unacknowledged and comes again on the next
// connection; after so many times it is put aside, because WhatsApp would deliver nothing before it.
func (c *conn) struckStanza(node *waBinary.Node, err error) {
	s := c.session
	if id, _ := node.Attrs["id"].(string); id == "" {
		return // WhatsApp does not wait for it
	}
	key := stanzaKey(node)
	tries := s.blame(key)
	s.log.Error("stanza failed", "tag", node.Tag, "tries", tries, "error", err)
	if tries >= poisonTries && c.putStanzaAside(node, err, tries) {
		s.forgiven(key)
		inside(c.client).SendAck(c.line.ctx, node, 0)
		return
	}
	c.end(verdict{reason: domain.ReasonStorage, code: "poison"})
}

// sentBefore finds a reply that a phone could not read.
func (c *conn) sentBefore(_, _ types.JID, id types.MessageID) *waE2E.Message {
	s := c.session
	ctx, cancel := context.WithTimeout(c.ctx, s.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	reply, found, err := s.pool.cfg.Sent.SentReply(ctx, s.workspace, domain.MessageID(id))
	if err != nil {
		s.log.WarnContext(ctx, "reply not found for another try", "error", err)
	}
	if err != nil || !found {
		return nil
	}
	chat, err := types.ParseJID(reply.To)
	if err != nil {
		return nil
	}
	return contentOf(reply, chat.ToNonAD())
}
