package sandbox

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

const (
	readLimit    = 16 << 20
	writeTimeout = 20 * time.Second
)

// connection is one client's socket, from its upgrade to its end.
type connection struct {
	server *Server
	id     uint64
	book   book
	socket *websocket.Conn
	tcp    net.Conn
	ctx    context.Context //nolint:containedctx // the life of the connection, for whoever waits on it
	cancel context.CancelFunc
	sealer *noise.Cipher
	out    outbox
	frozen atomic.Bool          // half open: takes everything in, gives nothing out
	pace   atomic.Pointer[pace] // nil when the line is fast

	// Guarded by the server's lock.
	registration *registration
	device       *companion
	active       bool // takes live stanzas
	available    bool // shows itself online
	answers      map[string]chan *stanza.Node
}

// outgoing is a stanza on its way to the socket.
type outgoing struct {
	frame []byte       // encoded, not yet encrypted; nil to send nothing
	note  *Entry       // what the journal says once it is written
	harm  string       // the fault that spoils the frame, if any
	after vault.Ticket // durable before it is sent
	end   *ending      // close the connection behind it
	at    time.Time    // when it was ready to be sent
}

// frame is what came in, still encrypted, and when.
type frame struct {
	data []byte
	at   time.Time
}

type ending struct {
	lag   time.Duration
	reset bool
}

type tcpKey struct{}

// rememberConn lets handlers reach the TCP connection, to reset it.
func rememberConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, tcpKey{}, c)
}

// chat serves /ws/chat.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	if f := s.faults.take(faultRefuseHTTP, ""); f != nil {
		http.Error(w, "refused by a fault", orDefault(f.Code, http.StatusServiceUnavailable))
		return
	}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // answered by Accept
	}
	socket.SetReadLimit(readLimit)
	ctx, cancel := context.WithCancel(s.ctx)
	tcp, _ := r.Context().Value(tcpKey{}).(net.Conn)
	c := &connection{
		server: s, socket: socket, tcp: tcp, ctx: ctx, cancel: cancel,
		out: outbox{wake: make(chan struct{}, 1)}, answers: map[string]chan *stanza.Node{},
	}
	s.mu.Lock()
	c.id = s.nextConnection()
	s.connections[c] = struct{}{}
	s.mu.Unlock()
	defer s.forget(c)
	c.serve() //nolint:contextcheck // a socket outlives its upgrade request
}

func (c *connection) serve() {
	defer c.abort()
	frames := c.frames()
	opener, err := c.handshake(frames)
	if err != nil {
		c.server.config.Log.DebugContext(c.ctx, "handshake failed", "error", err)
		c.server.counters.add(countHandshakesFailed, 1)
		return
	}
	c.server.counters.add(countHandshakes, 1)
	go c.write()
	c.server.welcome(c)
	var lane lane
	for frame := range frames {
		if !c.pauseUntil(lane.arrival(c.pace.Load(), frame.at, len(frame.data))) || !c.read(opener, frame.data) {
			return
		}
	}
}

func (c *connection) read(opener *noise.Cipher, frame []byte) bool {
	plain, err := opener.Open(frame)
	if err != nil {
		c.server.counters.add(countMalformed, 1)
		return false
	}
	if c.frozen.Load() {
		return true
	}
	node, err := stanza.Decode(plain)
	if err != nil {
		c.server.counters.add(countMalformed, 1)
		c.server.config.Log.DebugContext(c.ctx, "malformed stanza", "error", err)
		return false
	}
	c.server.counters.add(countStanzasIn, 1)
	c.server.noteReceived(c, node)
	c.server.handle(c, node)
	return true
}

// frames reads the socket until it fails. The first frame on the channel follows the
// client's introduction, which handshake finds in c.intro.
func (c *connection) frames() <-chan frame {
	frames := make(chan frame, 16) // so many can be under way on a slow line
	go func() {
		defer close(frames) // what came before the end is still handled
		splitter := noise.Splitter{}
		introduced := false
		for {
			data, err := c.receive()
			if err != nil {
				return
			}
			complete, err := splitter.Push(data)
			if err != nil {
				c.server.counters.add(countMalformed, 1)
				return
			}
			if !introduced && splitter.Intro != nil {
				introduced = true
				complete = append([][]byte{splitter.Intro}, complete...)
			}
			for _, data := range complete {
				select {
				case frames <- frame{data: data, at: c.server.config.Now()}:
				case <-c.ctx.Done():
					return
				}
			}
		}
	}()
	return frames
}

func (c *connection) receive() ([]byte, error) {
	ctx, cancel := context.WithTimeout(c.ctx, milliseconds(c.server.Behaviour().IdleTimeout))
	defer cancel()
	_, data, err := c.socket.Read(ctx)
	return data, err
}

func (c *connection) handshake(frames <-chan frame) (*noise.Cipher, error) {
	keys := c.server.keys
	chain, err := c.server.chain(keys)
	if err != nil {
		return nil, err
	}
	responder, err := noise.NewResponder(keys.static, chain, (<-frames).data)
	if err != nil {
		return nil, err
	}
	hello, err := responder.Hello((<-frames).data)
	if err != nil {
		return nil, err
	}
	if err := c.writeFrame(hello); err != nil {
		return nil, err
	}
	static, payload, err := responder.Finish((<-frames).data)
	if err != nil {
		return nil, err
	}
	opener, sealer, err := responder.Transport()
	if err != nil {
		return nil, err
	}
	c.sealer = sealer
	c.registration = &registration{noiseKey: static, payload: payload}
	return opener, nil
}

// write sends the outbox in order until the connection ends.
func (c *connection) write() {
	var lane lane
	for {
		for _, o := range c.out.take() {
			if !c.writeOne(o, &lane) {
				return
			}
		}
		select {
		case <-c.out.wake:
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *connection) writeOne(o outgoing, lane *lane) bool {
	if c.server.vault.Wait(c.ctx, o.after) != nil || !c.pauseUntil(lane.arrival(c.pace.Load(), o.at, len(o.frame))) {
		c.abort()
		return false
	}
	if o.frame != nil && !c.frozen.Load() {
		if c.writeSealed(o) != nil {
			c.abort()
			return false
		}
		c.server.counters.add(countStanzasOut, 1)
		c.book.sent(o.note)
	}
	if o.end != nil {
		c.finish(*o.end)
		return false
	}
	return true
}

// writeSealed encrypts and writes one frame, spoilt if a fault wants it.
func (c *connection) writeSealed(o outgoing) error {
	sealed := c.sealer.Seal(o.frame)
	switch o.harm {
	case faultCorruptFrame:
		sealed[len(sealed)-1] ^= 0xff
	case faultCutFrame:
		return c.writeHalf(sealed)
	}
	return c.writeFrame(sealed)
}

// writeHalf breaks the line in the middle of a frame.
func (c *connection) writeHalf(sealed []byte) error {
	frame, err := noise.Frame(sealed)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
	defer cancel()
	if err := c.socket.Write(ctx, websocket.MessageBinary, frame[:len(frame)/2]); err != nil {
		return err
	}
	c.reset()
	return errCut
}

func (c *connection) finish(e ending) {
	if e.reset {
		c.reset()
		return
	}
	c.pause(e.lag)
	_ = c.socket.Close(websocket.StatusNormalClosure, "")
	c.abort()
}

// writeFrame sends one frame as one websocket message: clients assemble frames that
// are spread over several messages wrongly.
func (c *connection) writeFrame(payload []byte) error {
	frame, err := noise.Frame(payload)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, writeTimeout)
	defer cancel()
	return c.socket.Write(ctx, websocket.MessageBinary, frame)
}

// pause waits, and says if the connection still lives.
func (c *connection) pause(d time.Duration) bool {
	if d <= 0 {
		return c.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *connection) pauseUntil(at time.Time) bool { return c.pause(at.Sub(c.server.config.Now())) }

// abort ends the connection without a word.
func (c *connection) abort() {
	c.cancel()
	_ = c.socket.CloseNow()
}

// reset ends it with a TCP reset.
func (c *connection) reset() {
	if tcp, ok := c.tcp.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
	c.abort()
}

// send sends a stanza once all that was submitted so far is durable.
func (c *connection) send(node stanza.Node) { c.sendEnding(node, nil) }

// sendLocked is send for callers that hold the server's lock; both are alike, the name
// marks that order matters.
func (c *connection) sendLocked(node stanza.Node) { c.sendEnding(node, nil) }

// sendNoted is send for what the journal records when it is written.
func (c *connection) sendNoted(node stanza.Node, note *Entry) {
	frame, err := stanza.Encode(node)
	if err != nil {
		c.server.config.Log.ErrorContext(c.ctx, "stanza not encoded", "tag", node.Tag, "error", err)
		return
	}
	c.push(outgoing{frame: frame, after: c.server.vault.Submit(&vault.Batch{}), note: note})
}

// sendLast sends a terminal stanza and closes behind it, after the usual lag.
func (c *connection) sendLast(node stanza.Node, lag int) {
	c.sendEnding(node, &ending{lag: milliseconds(lag)})
}

func (c *connection) sendEnding(node stanza.Node, end *ending) {
	frame, err := stanza.Encode(node)
	if err != nil {
		c.server.config.Log.ErrorContext(c.ctx, "stanza not encoded", "tag", node.Tag, "error", err)
		return
	}
	c.push(outgoing{frame: frame, after: c.server.vault.Submit(&vault.Batch{}), end: end})
}

func (c *connection) push(o outgoing) {
	o.at = c.server.config.Now()
	c.out.add(o)
}

// outbox is what waits to be written, in order, without bound.
type outbox struct {
	mu    sync.Mutex
	items []outgoing
	wake  chan struct{}
}

func (o *outbox) add(item outgoing) {
	o.mu.Lock()
	o.items = append(o.items, item)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() []outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	items := o.items
	o.items = nil
	return items
}
