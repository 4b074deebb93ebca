package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// line is a client's way to its socket. Opening and closing can take long and do not watch a caller's context, so both
// happen in the background. The socket lives under a context of its own that ends a while after the client has closed it:
// the library closes the channel on which a send waits when the send's context ends, and an answer arriving at that very
// moment would panic in a goroutine of its own and end the process.
//
// The library's own Connect is taken apart, because three of its goroutines have to be ours: the one that reads frames has
// a sieve before it, the one that handles stanzas must survive a panic, and the pings must not be cancelled half-way.
type line struct {
	pool    *Pool
	client  *whatsmeow.Client
	struck  func(*waBinary.Node, error) // a stanza whose handling panicked
	stuck   func()                      // a stanza that is handled for too long
	leaves  func(*waBinary.Node) bool   // a stanza only to be acknowledged, of a linked device
	ratchet *ratchet                    // likewise
	ctx     context.Context             //nolint:containedctx // the life of the socket; sends over it end with this one, not earlier
	cancel  context.CancelFunc
	dialled chan error    // how opening ended
	opened  chan struct{} // closed then
	closed  chan struct{} // closed when the socket is gone
	sieve   *sieve
	frames  *socket.FrameSocket // once it is opened
	pinging *chore              // likewise
	closing sync.Once

	decoded  chan *waBinary.Node // from the library, one stanza at a time
	handling *chore
	mu       sync.Mutex
	stanzas  []*waBinary.Node // that wait to be handled
	turn     time.Time        // when that of the one being handled began; zero when none is
	said     string           // the last stanza that refused or ended the connection, as an excerpt
}

// newLine keeps the context's values and not its end.
func (p *Pool) newLine(ctx context.Context) *line {
	l := &line{
		pool: p, dialled: make(chan error, 1), opened: make(chan struct{}), closed: make(chan struct{}), decoded: make(chan *waBinary.Node, 1),
	}
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

// open dials; dialled says how it went.
func (l *line) open() {
	l.sieve = newSieve(*l.client.Store.NoiseKey, l.refused)
	go func() {
		defer close(l.opened)
		defer l.pool.recovered("dial", func(err error) { l.dialled <- err })
		l.dialled <- l.connect()
	}()
}

// connect is what the library's Connect does, with the sieve and our own loops.
func (l *line) connect() error {
	client := inside(l.client)
	client.ResetExpectedDisconnect()
	l.frames = socket.NewFrameSocket(l.client.Log.Sub("Socket"), l.pool.http)
	if err := l.frames.Connect(sieving(l.ctx, l.sieve)); err != nil {
		l.frames.Close(0)
		return err
	}
	l.handling = l.pool.chore(l.frames.Context(), "stanzas", l.handle)
	if err := l.shakeHands(); err != nil {
		l.frames.Close(0)
		return fmt.Errorf("noise handshake: %w", err)
	}
	l.pinging = l.pings()
	l.pinging.rest(l.untilPing())
	return nil
}

// Why there was no handshake.
var (
	errHungUp = errors.New("the socket was closed during the handshake")
	errSilent = errors.New("WhatsApp did not answer the handshake")
)

// shakeHands gives up as soon as the socket is gone or WhatsApp was silent for too long. The library does not look at the socket:
// left alone it would wait 20 s for an answer that cannot come.
func (l *line) shakeHands() error {
	over, gaveUp := make(chan struct{}), make(chan error, 1)
	go func() {
		defer l.pool.recovered("handshake", func(err error) { gaveUp <- err })
		gaveUp <- l.giveUp(over)
	}()
	err := func() (err error) {
		defer close(over)
		defer l.pool.recovered("handshake", func(panicked error) { err = panicked })
		if _, err := inside(l.client).DoHandshake(l.ctx, l.frames, l.sieve.ephemeral); err != nil {
			return err
		}
		return hear(l.client, l.frame) // the sieve lets nothing pass before its release
	}()
	if why := <-gaveUp; why != nil {
		err = why // whatever the library made of it
	}
	if err != nil {
		_ = l.sieve.Close()
	}
	l.sieve.release()
	return err
}

// giveUp ends the library's wait if there is nothing to wait for, and says why; nil when the handshake is over.
func (l *line) giveUp(over <-chan struct{}) (why error) {
	silence := time.NewTimer(l.pool.cfg.Timing.HandshakeTimeout)
	defer silence.Stop()
	select {
	case <-over:
		return nil
	case <-l.frames.Context().Done():
		why = errHungUp
	case <-silence.C:
		why = errSilent
	}
	_ = l.sieve.Close()
	select {
	case l.frames.Frames <- nil: // an answer without anything in it, which the library refuses
	case <-over:
	}
	return why
}

// inside gives access to the parts the library's Connect is made of.
func inside(client *whatsmeow.Client) *whatsmeow.DangerousInternalClient {
	return client.DangerousInternals() //nolint:staticcheck // no other way to be asked before a frame or stanza is handled
}

func (l *line) refused(why string) {
	l.pool.metrics.framesRefused.WithLabelValues(why).Inc()
	l.pool.log.Error("frame withheld from the library", "why", why)
}

// pings ask WhatsApp for a sign of life in the rhythm of the real client.
func (l *line) pings() *chore {
	client, missed := inside(l.client), 0
	ping := l.pool.chore(l.frames.Context(), "ping", func(ctx context.Context) time.Duration {
		answered, _ := client.SendKeepAlive(context.WithoutCancel(ctx)) // it has a deadline of its own
		switch {
		case ctx.Err() != nil:
			return 0
		case !answered:
			missed++
			client.DispatchEvent(&events.KeepAliveTimeout{ErrorCount: missed})
		case missed > 0:
			missed = 0
			client.DispatchEvent(&events.KeepAliveRestored{})
		}
		return l.untilPing()
	})
	ping.failed = func(error) { l.stuck() }
	return ping
}

func (l *line) untilPing() time.Duration {
	t := l.pool.cfg.Timing
	return t.KeepAliveMin + time.Duration(l.pool.cfg.Rand()*float64(t.KeepAliveMax-t.KeepAliveMin))
}

// frame takes what a frame says: an answer goes to whoever waits for it, a stanza is handled after those before it.
func (l *line) frame(ctx context.Context, plain []byte) {
	inside(l.client).HandleFrame(ctx, plain, l.decoded)
	select {
	case node := <-l.decoded:
		if !l.queue(node) {
			l.refused("overload")
			_ = l.sieve.Close()
			return
		}
		l.handling.ask()
	default:
	}
}

// mostWaiting bounds what one connection may pile up, as after a long time away. WhatsApp keeps the rest, and what was not
// handled, for the next one.
const mostWaiting = 20_000

// queue says whether there was room.
func (l *line) queue(node *waBinary.Node) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.stanzas) >= mostWaiting {
		return false
	}
	l.stanzas = append(l.stanzas, node)
	return true
}

// handle takes stanzas in their order, each to its end. One that takes too long ends the connection: going on without it,
// as the library would, loses the order.
func (l *line) handle(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		node := l.stanza()
		if node == nil {
			break
		}
		l.handleOne(node) //nolint:contextcheck // what is begun is finished, whatever becomes of the socket
	}
	return 0
}

// stanza is the one whose turn it is, nil when none waits.
func (l *line) stanza() (node *waBinary.Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.stanzas) == 0 {
		l.stanzas, l.turn = nil, time.Time{}
		return nil
	}
	l.turn = l.pool.cfg.Now()
	node, l.stanzas[0] = l.stanzas[0], nil
	l.stanzas = l.stanzas[1:]
	return node
}

// since is when the turn of the stanza that is being handled began; now when none is.
func (l *line) since() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn.IsZero() {
		return l.pool.cfg.Now()
	}
	return l.turn
}

func (l *line) handleOne(node *waBinary.Node) {
	watchdog := time.AfterFunc(l.pool.cfg.Timing.StanzaDeadline, l.stuck)
	defer watchdog.Stop()
	defer l.pool.recovered("stanza", func(err error) { l.struck(node, err) })
	client := inside(l.client)
	if node.Tag == "failure" || node.Tag == "stream:error" {
		l.heard(node)
	}
	if l.leaves != nil && l.leaves(node) {
		client.SendAck(l.ctx, node, 0)
		return
	}
	switch node.Tag {
	case "message", "appdata":
		client.HandleEncryptedMessage(arrives(l.ctx, node), node)
	case "status":
		client.HandleUnencryptedMessage(l.ctx, node)
	case "receipt":
		l.receipt(node)
	case "call":
		client.HandleCallEvent(l.ctx, node)
	case "chatstate":
		client.HandleChatState(l.ctx, node)
	case "presence":
		client.HandlePresence(l.ctx, node)
	case "notification":
		client.HandleNotification(l.ctx, node)
	case "success":
		client.HandleConnectSuccess(l.ctx, node)
	case "failure":
		client.HandleConnectFailure(l.ctx, node)
	case "stream:error":
		l.streamError(node)
	case "iq":
		client.HandleIQ(l.ctx, node)
	case "ib":
		client.HandleIB(l.ctx, node)
	}
}

// heard keeps what WhatsApp says of the connection's end, which the library tells only parts of.
func (l *line) heard(node *waBinary.Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = excerpt(node)
}

// excerpt is what WhatsApp said of the connection's end; empty when it said nothing.
func (l *line) excerpt() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said
}

// streamError handles one as the library would, but for the phone's having removed the device: the library takes the tables from
// it there, which goroutines of its own may be looking at. Whoever holds the line removes the device when it has ended.
func (l *line) streamError(node *waBinary.Node) {
	client := inside(l.client)
	code, _ := node.Attrs["code"].(string)
	conflict := node.GetChildByTag("conflict")
	if kind, _ := conflict.Attrs["type"].(string); code != "401" || kind != "device_removed" {
		if code == "503" {
			client.DispatchEvent(serverBusy{}) // the library only logs it
		}
		client.HandleStreamError(l.ctx, node)
		return
	}
	client.ExpectDisconnect()
	client.ClearResponseWaiters(node)
	client.DispatchEvent(&events.LoggedOut{Reason: events.ConnectFailureLoggedOut})
}

// receipt handles one as the library would. For a phone that could not read a reply it is encrypted again, apart from the
// order of stanzas, and with a turn of the device's ratchet.
func (l *line) receipt(node *waBinary.Node) {
	client := inside(l.client)
	if kind, _ := node.Attrs["type"].(string); kind != string(types.ReceiptTypeRetry) || l.ratchet == nil {
		client.HandleReceipt(l.ctx, node)
		return
	}
	receipt, group, err := client.ParseReceipt(node)
	if err != nil || group != nil {
		client.HandleReceipt(l.ctx, node)
		return
	}
	go func() {
		defer l.pool.recovered("resend", nil)
		ctx, end := l.ratchet.turns(l.ctx)
		defer end()
		client.TryHandleRetryReceipt(ctx, receipt, node)
	}()
	client.DispatchEvent(receipt)
}

// sendersGrace is how long after closing a send may still be under way, being told that there is no answer.
const sendersGrace = time.Second

// cut ends the socket at once, without good-bye: nothing can be said on a dead one, and trying takes seconds.
func (l *line) cut() {
	select {
	case <-l.opened:
		_ = l.sieve.Close()
	default:
		l.cancel()
	}
}

// close ends the socket, or its opening.
func (l *line) close() {
	l.closing.Do(func() {
		go func() {
			defer close(l.closed)
			defer l.pool.recovered("disconnect", nil)
			select {
			case <-l.opened:
			default:
				l.cancel()
				<-l.opened
			}
			l.pinging.stop()
			if l.frames != nil && l.sieve.over() {
				l.frames.Close(0) // waits until the library has closed it: it reads what Disconnect writes, under no common lock
			}
			l.client.Disconnect()
			time.AfterFunc(sendersGrace, l.cancel)
		}()
	})
}
