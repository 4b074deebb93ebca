package whatsapp

import (
	"context"
	"errors"
	"fmt"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/adapters/whatsapp/failpoint"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// poisonTries is how often a message may fail for a reason of its own before it is put aside.
const poisonTries = 3

// receive stores a message and says whether WhatsApp may be told that we have it.
func (c *conn) receive(e *events.Message) bool {
	c.catchUp.count(c)
	if !personal(e.Info.MessageSource) {
		c.session.pool.metrics.inbound.WithLabelValues("not_personal").Inc()
		return true
	}
	started := c.line.since()
	c.session.busyAt.Store(started.Unix())
	got, err := c.storing(func(ctx context.Context) (stored, error) { return c.store(ctx, e) })
	ended := c.session.pool.cfg.Now()
	c.follow(domain.MessageID(e.Info.ID), got, started, ended, err)
	if err != nil {
		return c.refused(e, got.customer, err)
	}
	m := c.session.pool.metrics
	m.inbound.WithLabelValues(string(got.what)).Inc()
	m.ackDelay.Observe(ended.Sub(started).Seconds())
	c.session.forgiven(letterKey(e))
	return true
}

// storing runs fn with the handler's deadline. It is not bound to the connection: what was begun is finished. A process that was
// stopped meanwhile may have lost the workspace since, and has nothing more to say to WhatsApp, not even that it has the message.
func (c *conn) storing(fn func(context.Context) (stored, error)) (stored, error) {
	select {
	case c.busy <- struct{}{}:
		defer func() { <-c.busy }()
	case <-c.ctx.Done():
		return stored{}, errStorage{cause: errClosed}
	}
	if err := c.guard.usable(); err != nil {
		return stored{}, err
	}
	if c.alive.Err() != nil { // what came before it is refused already, and order counts
		return stored{}, errStorage{cause: errClosed}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.session.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	got, err := fn(ctx)
	if err == nil && !c.session.owns() {
		err = commands.ErrFenced
	}
	return got, err
}

// stored is what a message was to us, and whose; empty as far as that is not known.
type stored struct {
	what     what
	customer domain.CustomerID
}

func (c *conn) store(ctx context.Context, e *events.Message) (stored, error) {
	s := c.session
	return intake{
		commands: s.pool.cfg.Commands, workspace: s.workspace, epoch: s.epoch, account: s.account, lids: s.lids, contacts: s.contacts,
	}.message(ctx, e)
}

// intake is how a workspace's messages get into the log.
type intake struct {
	commands  Commands
	workspace domain.WorkspaceID
	epoch     int64 // 0 for what is put into the log once more, from wherever
	account   account
	lids      *lidMap
	contacts  *contacts // nil for what is put into the log once more
}

// message stores what a message says, and says what it was.
func (s intake) message(ctx context.Context, e *events.Message) (stored, error) {
	other, err := s.lids.otherAddress(ctx, e.Info.MessageSource)
	if err != nil {
		return stored{}, err
	}
	in := translate(e, s.account, other)
	if in.what != isIgnored && in.what != isSelfChat {
		if in.message.From.Saved, err = s.contacts.saved(ctx, in.message.From.Addresses); err != nil {
			return stored{}, err
		}
	}
	in.message.WorkspaceID, in.message.Epoch = s.workspace, s.epoch
	failpoint.Reached(failpoint.BeforeRecorded)
	failpoint.Struck(in.message.Text)
	who, err := s.record(ctx, in)
	if errors.Is(err, commands.ErrForgotten) { // forgotten this very moment: who writes again is somebody new
		who, err = s.record(ctx, in)
	}
	return stored{in.what, who}, err
}

func (s intake) record(ctx context.Context, in inbound) (who domain.CustomerID, err error) {
	switch in.what {
	case isMessage:
		who, err = s.commands.ReceiveMessage(ctx, in.message)
	case isEdit:
		err = s.commands.ReceiveEdit(ctx, in.message, in.own)
	case isDelete:
		err = s.commands.ReceiveDelete(ctx, in.message, in.own)
	case isOwner, isSelfChat:
		who, err = s.commands.ReceiveOwnerMessage(ctx, in.message, in.what == isSelfChat)
	case isIgnored:
	}
	return who, err
}

// otherAddress is the second address of a chat's person: from the stanza, else from what earlier ones said.
func (m *lidMap) otherAddress(ctx context.Context, source types.MessageSource) (types.JID, error) {
	alt := source.SenderAlt
	if source.IsFromMe {
		alt = source.RecipientAlt
	}
	chat := plainJID(source.Chat)
	if alt = plainJID(alt); alt.User != "" && alt.Server != chat.Server {
		return alt, nil
	}
	switch chat.Server {
	case types.HiddenUserServer:
		pn, err := m.pnForLID(ctx, chat.User)
		return types.NewJID(pn, types.DefaultUserServer), err
	case types.DefaultUserServer:
		lid, err := m.lidForPN(ctx, chat.User)
		return types.NewJID(lid, types.HiddenUserServer), err
	}
	return types.EmptyJID, nil
}

// struck is for a handler that panicked.
func (c *conn) struck(event any, err error) bool {
	if e, ok := event.(*events.Message); ok {
		now := c.session.pool.cfg.Now()
		c.follow(domain.MessageID(e.Info.ID), stored{}, now, now, err)
		return c.refused(e, "", err)
	}
	c.end(verdict{reason: domain.ReasonStorage, code: "panic"})
	return false
}

// refused decides about a message that could not be stored. It stays unacknowledged and the connection is reset, because
// WhatsApp delivers again only on a new one; only a message that keeps failing for a reason of its own is put aside.
func (c *conn) refused(e *events.Message, from domain.CustomerID, err error) bool {
	s := c.session
	log := traced(s.log, from, domain.MessageID(e.Info.ID))
	again := verdict{reason: domain.ReasonStorage}
	switch {
	case errors.Is(err, commands.ErrFenced):
		s.pool.metrics.fenced.Inc()
		s.lose()
		return false
	case passing(err):
		log.Warn("message not stored, leaving it with whatsapp", "error", err)
	default:
		tries := s.blame(letterKey(e))
		log.Error("message failed", "tries", tries, "error", err)
		if tries >= poisonTries && c.putAside(e, err, tries) {
			s.forgiven(letterKey(e))
			return true
		}
		again.code = "poison"
	}
	s.pool.metrics.inbound.WithLabelValues("refused").Inc()
	c.end(again)
	return false
}

// passing says whether a failure is the moment's and not the message's.
func passing(err error) bool {
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
		return refusal.Kind == domain.Unavailable
	}
	return infrastructure(err)
}

// letterKey names a message within its workspace.
func letterKey(e *events.Message) string {
	return fmt.Sprintf("%s\x00%s\x00%s", plainJID(e.Info.Chat), plainJID(e.Info.Sender), e.Info.ID)
}

// putAside stores the message, sealed, where it holds up nobody.
func (c *conn) putAside(e *events.Message, cause error, tries int) bool {
	content, err := writeLetter(e)
	if err != nil {
		c.session.log.Error("message not written", "error", err)
		return false
	}
	return c.keepLetter(letterKey(e), e.Info.Type, content, cause, tries)
}

// stanzaKey names a stanza within its workspace; WhatsApp delivers it again under the same one.
func stanzaKey(node *waBinary.Node) string {
	return fmt.Sprintf("%s\x00%v\x00%v\x00%v", node.Tag, node.Attrs["from"], node.Attrs["participant"], node.Attrs["id"])
}

// putStanzaAside stores a stanza that cannot be handled, as it came.
func (c *conn) putStanzaAside(node *waBinary.Node, cause error, tries int) bool {
	raw, err := waBinary.Marshal(*node)
	if err != nil {
		c.session.log.Error("stanza not written", "error", err)
		return false
	}
	return c.keepLetter(stanzaKey(node), stanzaLetter, raw, cause, tries)
}

func (c *conn) keepLetter(key, kind string, content []byte, cause error, tries int) bool {
	s := c.session
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), s.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	id := domain.DeriveID(string(s.workspace), "dead_letter", key)
	_, err := s.pool.db.Exec(ctx, `
		INSERT INTO dead_letters (workspace_id, letter_id, kind, error, attempts, sealed)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT ON CONSTRAINT dead_letters_pkey DO UPDATE SET attempts = EXCLUDED.attempts, at = clock_timestamp()`,
		string(s.workspace), id, kind, domain.ErrorClass(cause), tries, s.pool.box.seal(content, letterSeal(id)))
	if err != nil {
		s.log.Error("message not put aside", "error", err)
		return false
	}
	s.pool.metrics.inbound.WithLabelValues("dead_letter").Inc()
	if _, err := s.pool.cfg.Commands.AlertPutAside(ctx, s.workspace); err != nil { // it is kept all the same
		s.log.Warn("nobody was told of a message put aside", "error", err)
	}
	return true
}

// undecryptable records a message that cannot be read. The library has acknowledged it and asked for another copy.
func (c *conn) undecryptable(e *events.UndecryptableMessage) {
	c.catchUp.count(c)
	s := c.session
	s.pool.metrics.inbound.WithLabelValues("undecryptable").Inc()
	if e.Info.IsFromMe || !personal(e.Info.MessageSource) {
		return
	}
	_, err := c.storing(func(ctx context.Context) (stored, error) {
		other, err := s.lids.otherAddress(ctx, e.Info.MessageSource)
		if err != nil {
			return stored{}, err
		}
		from := person(e.Info.Chat, other, clean(e.Info.PushName))
		if from.Saved, err = s.contacts.saved(ctx, from.Addresses); err != nil {
			return stored{}, err
		}
		return stored{}, s.pool.cfg.Commands.ReceiveUndecryptable(ctx, commands.ReceiveMessage{
			WorkspaceID: s.workspace, Epoch: s.epoch, From: from,
			MessageID: domain.MessageID(e.Info.ID), SentAt: e.Info.Timestamp, ReplyTo: plainJID(e.Info.Chat).String(),
		}, undecryptableMode(e))
	})
	if err != nil {
		s.log.Warn("unreadable message not recorded", "error", err)
	}
}

func undecryptableMode(e *events.UndecryptableMessage) string {
	if e.IsUnavailable {
		return "unavailable"
	}
	return "undecryptable"
}

// receipt records that a customer's phone has replies of ours.
func (c *conn) receipt(e *events.Receipt) bool {
	if e.IsFromMe || !personal(e.MessageSource) {
		return true
	}
	s := c.session
	_, err := c.storing(func(ctx context.Context) (stored, error) {
		other, err := s.lids.otherAddress(ctx, e.MessageSource)
		if err != nil {
			return stored{}, err
		}
		r, tells := translateReceipt(e, other)
		if !tells {
			return stored{}, nil
		}
		r.WorkspaceID, r.Epoch = s.workspace, s.epoch
		return stored{}, s.pool.cfg.Commands.ReceiveReceipt(ctx, r)
	})
	switch {
	case err == nil:
		return true
	case errors.Is(err, commands.ErrFenced):
		s.pool.metrics.fenced.Inc()
		s.lose()
		return false
	case passing(err):
		c.end(verdict{reason: domain.ReasonStorage})
		return false
	}
	s.log.Error("receipt failed", "error", err) // worth less than what is queued behind it
	return true
}
