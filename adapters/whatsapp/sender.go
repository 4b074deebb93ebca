package whatsapp

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/adapters/whatsapp/failpoint"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// sender sends a session's queued replies, one after the other; those of one customer in order. It outlives connections:
// what could not be sent waits here, and what a restart forgets is in the outbox.
type sender struct {
	session  *session
	pace     *pace
	transmit func(c *conn, chat types.JID, reply domain.PendingReply, timeout time.Duration) (waited time.Duration, err error)

	mu      sync.Mutex
	work    *chore        // nil before the session runs
	conn    *conn         // nil while offline
	sending chan struct{} // closed when the reply on its way is settled; nil when there is none
	queue   []*outgoing
	queued  map[domain.ReplyID]struct{}
	settled sentRecently
}

// outgoing is one reply on its way.
type outgoing struct {
	ref     commands.ReplyRef
	tries   int
	notTill time.Time
	sentAt  time.Time // WhatsApp took it, the log does not know yet
	askedAt time.Time // when the message it answers came in, if it answers one
	answers []domain.MessageID
	chat    types.JID

	message domain.MessageID // the newest of a customer's that it answers; empty until that is known, and when there is none
}

func newSender(s *session) *sender {
	x := &sender{
		session: s, pace: newPace(s.pool.cfg.Now, s.pool.cfg.Rand), queued: map[domain.ReplyID]struct{}{},
	}
	x.transmit = x.sendWithin
	return x
}

// begin has it send, whenever there is something to send and a connection.
func (x *sender) begin(ctx context.Context) *chore {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.work = x.session.pool.chore(ctx, "sender", x.round)
	return x.work
}

// use gives the sender the connection to send over, or takes it away.
func (x *sender) use(c *conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn = c; c != nil {
		x.work.ask()
	}
}

// add queues a reply, unless it is queued or was settled a moment ago.
func (x *sender) add(ref commands.ReplyRef) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, known := x.queued[ref.ReplyID]; known || x.settled.has(ref.ReplyID) {
		return
	}
	ref.Epoch = x.session.epoch
	x.queue = append(x.queue, &outgoing{ref: ref})
	x.queued[ref.ReplyID] = struct{}{}
	x.work.ask()
}

// round sends what can be sent now, and says when there may be more; 0 when somebody will say so.
func (x *sender) round(ctx context.Context) time.Duration {
	for {
		o, c, wait := x.next()
		if o == nil {
			return wait
		}
		x.one(ctx, c, o)
	}
}

// next is the first reply whose time has come and whose customer has none before it, else when that may be.
func (x *sender) next() (*outgoing, *conn, time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sending != nil {
		close(x.sending)
		x.sending = nil
	}
	if x.conn == nil || len(x.queue) == 0 {
		return nil, nil, 0
	}
	wait := time.Minute
	now := x.session.pool.cfg.Now()
	held := map[domain.CustomerID]bool{}
	for _, o := range x.queue {
		if held[o.ref.CustomerID] {
			continue
		}
		if until := o.notTill.Sub(now); until > 0 {
			held[o.ref.CustomerID] = true
			wait = min(wait, until)
			continue
		}
		x.sending = make(chan struct{})
		return o, x.conn, 0
	}
	return nil, nil, wait
}

const (
	oneReply = 30 * time.Second // how long one step of a reply may take, pauses for typing included
	sendRest = 3 * time.Second  // how long the end of a connection waits for the reply on its way
)

// rest waits until no reply is on its way, or for as long as is bearable.
func (x *sender) rest(most time.Duration) {
	x.mu.Lock()
	sending := x.sending
	x.mu.Unlock()
	if sending == nil {
		return
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-sending:
	case <-timer.C:
	}
}

// idle says whether there is nothing to send.
func (x *sender) idle() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.queue) == 0 && x.sending == nil
}

// settle takes a reply off the queue.
func (x *sender) settle(o *outgoing) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.queued, o.ref.ReplyID)
	x.settled.add(o.ref.ReplyID)
	for i, q := range x.queue {
		if q == o {
			x.queue = append(x.queue[:i:i], x.queue[i+1:]...)
			return
		}
	}
}

func (x *sender) postpone(o *outgoing, wait time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o.notTill = x.session.pool.cfg.Now().Add(wait)
}

// one brings a reply one step further. A panic about one reply must not stop the others.
func (x *sender) one(ctx context.Context, c *conn, o *outgoing) {
	x.session.busyAt.Store(x.session.pool.cfg.Now().Unix())
	// What was begun is finished, so that nobody has to wonder whether it arrived.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneReply)
	defer cancel()
	defer x.session.pool.recovered("send", func(error) { x.postpone(o, time.Minute) })
	if o.sentAt.IsZero() && !x.deliver(ctx, c, o) {
		return
	}
	if err := x.session.pool.cfg.Commands.ReplySent(ctx, o.ref, o.sentAt); err != nil {
		x.failed(ctx, o, err)
		return
	}
	if !o.askedAt.IsZero() {
		x.session.pool.metrics.replyLatency.Observe(o.sentAt.Sub(o.askedAt).Seconds())
	}
	x.settle(o)
	x.markRead(ctx, c, o)
}

// failed is for the log refusing to say what became of a reply.
func (x *sender) failed(ctx context.Context, o *outgoing, err error) {
	if errors.Is(err, commands.ErrFenced) {
		x.session.pool.metrics.fenced.Inc()
		x.session.lose()
	}
	o.tries++
	x.postpone(o, min(30*time.Second, 100*time.Millisecond<<min(o.tries, 10)))
	if ctx.Err() == nil {
		x.log(o).WarnContext(ctx, "reply not settled yet", "error", err)
	}
}

// deliver sends the reply if it is still wanted, and says whether WhatsApp took it.
func (x *sender) deliver(ctx context.Context, c *conn, o *outgoing) bool {
	s := x.session
	if !s.owns() {
		x.postpone(o, time.Second)
		s.lose()
		return false
	}
	if s.pool.cfg.Pacing && !x.typed(ctx, c, o) {
		return false
	}
	reply, wanted := x.ask(ctx, o, s.pool.cfg.Commands.ReleaseReply)
	if s.pool.cfg.Pacing {
		defer x.stopTyping(c, o)
	}
	if !wanted {
		return false
	}
	o.askedAt, o.message = reply.AskedAt, answered(reply)
	if reply.Answers { // what was passed on to a person stays unread, so that somebody looks
		o.answers = reply.InReplyTo
	}
	failpoint.Reached(failpoint.BeforeSend)
	took, err := x.send(c, o, reply)
	o.tries++
	result := judge(err, o.tries)
	x.follow(o, took, result, err)
	switch result.code {
	case "463":
		how := c.saw(nil)
		how.ReasonCode = result.code
		s.newChatsUntil(time.Time{}, how)
		if reply.Invited && !reply.Retried {
			result = x.retry(ctx, c, o, result)
		}
	case "479":
		c.forgetDevices(o.chat)
	}
	switch result.fate {
	case fateSent:
		failpoint.Reached(failpoint.AfterSend)
		s.pool.metrics.outbound.WithLabelValues("sent", result.code).Inc()
		o.sentAt = took.ended
		return true
	case fateRefused:
		s.pool.metrics.outbound.WithLabelValues("refused", result.code).Inc()
		if err := s.pool.cfg.Commands.ReplyFailed(ctx, o.ref, result.code); err != nil {
			x.failed(ctx, o, err)
			return false
		}
		x.settle(o)
	case fateUnknown:
		s.pool.metrics.outbound.WithLabelValues("unknown", result.code).Inc()
		x.log(o).InfoContext(ctx, "reply goes again", "try", o.tries, "code", result.code)
		x.postpone(o, result.wait)
	}
	return false
}

// afterRefresh gives WhatsApp time to hand the token over, which it may do beside its answer.
const afterRefresh = 2 * time.Second

// retry lets a reply that was refused go once more, with a fresh token of its chat: 463 means that the number may begin no
// chats, or that this chat's token is missing or stale. The log knows of the retry before it happens, so that there is one only.
func (x *sender) retry(ctx context.Context, c *conn, o *outgoing, refused outcome) outcome {
	s := x.session
	if err := s.pool.cfg.Commands.ReplyRetried(ctx, o.ref, refused.code); err != nil {
		x.log(o).WarnContext(ctx, "reply not tried again, it could not be recorded", "error", err)
		return refused
	}
	if err := c.refreshToken(ctx, o.chat); err != nil {
		x.log(o).InfoContext(ctx, "token not refreshed", "error", err)
	}
	return outcome{fate: fateUnknown, code: refused.code, wait: afterRefresh}
}

// ask lets a gate see the reply, and says whether it may go on. One that may not is settled.
func (x *sender) ask(
	ctx context.Context, o *outgoing, gate func(context.Context, commands.ReplyRef) (domain.PendingReply, bool, error),
) (domain.PendingReply, bool) {
	reply, wanted, err := gate(ctx, o.ref)
	if s := x.session; err == nil && wanted && !reply.Invited && s.limits.beginsNoChats(s.pool.cfg.Now()) {
		wanted, err = false, s.pool.cfg.Commands.CancelReply(ctx, o.ref, domain.ReasonNewChatsStopped)
	}
	switch {
	case err != nil:
		x.failed(ctx, o, err)
	case !wanted:
		x.settle(o)
	default:
		return reply, true
	}
	return domain.PendingReply{}, false
}

// typed shows the customer that the reply is being typed, and lets the time for that pass. It says whether to go on. The last
// gate comes after it: a person who speaks meanwhile must find the bot silent.
func (x *sender) typed(ctx context.Context, c *conn, o *outgoing) bool {
	reply, wanted := x.ask(ctx, o, x.session.pool.cfg.Commands.WantedReply)
	if !wanted {
		return false
	}
	chat, err := types.ParseJID(reply.To)
	if err != nil || chat.User == "" {
		return true // send says what is wrong with it
	}
	o.chat = chat.ToNonAD()
	typing := func() {
		_ = c.client.SendChatPresence(c.ctx, o.chat, types.ChatPresenceComposing, types.ChatPresenceMediaText)
	}
	if err := x.pace.wait(c.ctx, reply.To, typing); err != nil { //nolint:contextcheck // it ends with the connection
		o.tries++
		x.postpone(o, judge(err, o.tries).wait)
		return false
	}
	return true
}

// stopTyping ends what typed showed, also where nothing was sent.
func (x *sender) stopTyping(c *conn, o *outgoing) {
	if o.chat.User != "" {
		_ = c.client.SendChatPresence(c.ctx, o.chat, types.ChatPresencePaused, types.ChatPresenceMediaText)
	}
}

// span is how long one try to send took.
type span struct {
	began, ended time.Time     // by our clock: WhatsApp's own has whole seconds only, too coarse to measure replies by
	waited       time.Duration // the last of it, for WhatsApp's answer to what was on the wire; 0 when there was none
}

// send makes one try, within the deadline.
func (x *sender) send(c *conn, o *outgoing, reply domain.PendingReply) (took span, err error) {
	s := x.session
	took.began = s.pool.cfg.Now()
	took.ended = took.began
	chat, err := types.ParseJID(reply.To)
	if err != nil || chat.User == "" {
		return took, errUnsendable
	}
	o.chat = chat.ToNonAD()
	took.waited, err = x.transmit(c, o.chat, reply, s.pool.cfg.Timing.SendTimeout)
	took.ended = s.pool.cfg.Now()
	s.pool.metrics.sendDuration.Observe(took.ended.Sub(took.began).Seconds())
	x.pace.sent(reply.To)
	return took, err
}

// sendWithin sends, with a turn of the device's ratchet. The library gets no deadline: when one passes it closes the channel the
// answer may be arriving on, and a panic in its reading goroutine ends the process. Our deadline ends the connection
// instead, which tells the send that there is no answer. The same message then goes again on the next one.
func (x *sender) sendWithin(c *conn, chat types.JID, reply domain.PendingReply, timeout time.Duration) (time.Duration, error) {
	s := x.session
	started := s.pool.cfg.Now()
	ctx, end := s.ratchet.turns(c.line.ctx)
	defer end()
	deadline := time.AfterFunc(timeout, func() { c.endUnanswered(started) })
	defer deadline.Stop()
	answer, err := c.client.SendMessage(ctx, chat, contentOf(reply, chat),
		whatsmeow.SendRequestExtra{ID: string(reply.WhatsAppID), Timeout: noDeadline})
	return answer.DebugTimings.Resp + answer.DebugTimings.Retry, err
}

// contentOf is what the customer sees: the words, and the message they are shown with, if there is one.
func contentOf(reply domain.PendingReply, chat types.JID) *waE2E.Message {
	if reply.Quotes == "" {
		return &waE2E.Message{Conversation: new(reply.Text)}
	}
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new(reply.Text), ContextInfo: &waE2E.ContextInfo{
		StanzaID: new(string(reply.Quotes)), Participant: new(chat.String()),
		QuotedMessage: &waE2E.Message{Conversation: new(reply.QuotedText)},
	}}}
}

// forgetDevices makes the library ask anew which devices a chat's person has, and our own number, before the next message.
// It has no other way to be told than WhatsApp's notice of a change.
func (c *conn) forgetDevices(chat types.JID) {
	ctx := c.line.ctx
	people := []types.JID{chat, c.session.link.JID.ToNonAD(), c.session.link.LID.ToNonAD()}
	if other, err := c.client.Store.GetAltJID(ctx, chat); err == nil && !other.IsEmpty() {
		people = append(people, other.ToNonAD())
	}
	for _, person := range people {
		inside(c.client).HandleDeviceNotification(ctx, &waBinary.Node{
			Tag: "notification", Attrs: waBinary.Attrs{"from": person}, Content: []waBinary.Node{{Tag: "update"}},
		})
	}
}

// noDeadline makes the library wait until it is answered or the connection ends.
const noDeadline = -1

// markRead shows the customer that the messages a reply answers were read.
func (x *sender) markRead(ctx context.Context, c *conn, o *outgoing) {
	if !x.session.pool.cfg.ReadReceipts || len(o.answers) == 0 || o.chat.User == "" {
		return
	}
	ids := make([]types.MessageID, len(o.answers))
	for i, id := range o.answers {
		ids[i] = types.MessageID(id)
	}
	ctx, cancel := context.WithTimeout(ctx, x.session.pool.cfg.Timing.SendTimeout)
	defer cancel()
	if err := c.client.MarkRead(ctx, ids, x.session.pool.cfg.Now(), o.chat, types.EmptyJID); err != nil {
		x.log(o).InfoContext(ctx, "messages not marked as read", "error", err)
	}
}

func (x *sender) online() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn != nil
}
