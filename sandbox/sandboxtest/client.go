package sandboxtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
)

// patience bounds every wait of a test.
const patience = 20 * time.Second

// Client is an unmodified whatsmeow client that remembers its events.
type Client struct {
	*whatsmeow.Client
	t testing.TB

	mu      sync.Mutex
	events  []any
	changed chan struct{}
}

// NewClient makes a client for a device; nil makes a new device. It is disconnected when
// the test ends.
func NewClient(tb testing.TB, server *sandbox.Server, device *store.Device) *Client {
	tb.Helper()
	return NewClientAt(tb, server.Addr(), device)
}

// NewClientAt is NewClient for a sandbox in another process.
func NewClientAt(tb testing.TB, addr string, device *store.Device) *Client {
	tb.Helper()
	if device == nil {
		device = NewDevice()
	}
	c := &Client{Client: whatsmeow.NewClient(device, nil), t: tb, changed: make(chan struct{})}
	plain := HTTPClient(addr)
	c.SetPreLoginHTTPClient(plain)
	c.SetWebsocketHTTPClient(plain)
	c.SetMediaHTTPClient(plain)
	c.EnableDecryptedEventBuffer = true
	c.SynchronousAck = true
	c.ManualHistorySyncDownload = true
	c.EmitAppStateEventsOnFullSync = true
	c.AddEventHandler(c.remember)
	tb.Cleanup(c.Disconnect)
	return c
}

// HTTPClient leads every https request to addr, in plain HTTP.
func HTTPClient(addr string) *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial}}
}

func (c *Client) remember(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, event)
	close(c.changed)
	c.changed = make(chan struct{})
}

// Events returns how many events came so far: a place to wait from.
func (c *Client) Events() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events)
}

// Await waits for the first event of type E, from the given place on, that matches; nil
// matches all.
func Await[E any](c *Client, from int, match func(E) bool) E {
	c.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		seen, changed := c.events[min(from, len(c.events)):], c.changed
		c.mu.Unlock()
		for _, event := range seen {
			if e, ok := event.(E); ok && (match == nil || match(e)) {
				return e
			}
		}
		select {
		case <-changed:
		case <-timeout.C:
			var none E
			c.t.Fatalf("no %T came; there were %d events: %T", none, len(seen), seen)
			return none
		}
	}
}

// Dial connects or fails the test.
func (c *Client) Dial() {
	c.t.Helper()
	if err := c.Connect(); err != nil {
		c.t.Fatalf("connect: %v", err)
	}
}

// Paired is a client that is linked to the phone by QR code and connected.
func Paired(tb testing.TB, server *sandbox.Server, phone *sandbox.Phone) *Client {
	tb.Helper()
	c := NewClient(tb, server, nil)
	c.Dial()
	codes := Await[*events.QR](c, 0, nil)
	if _, err := phone.Scan(tb.Context(), codes.Codes[0]); err != nil {
		tb.Fatalf("scan: %v", err)
	}
	Await[*events.Connected](c, 0, nil)
	return c
}

// SendText sends a text to a phone number and returns its id.
func (c *Client) SendText(to, text string) string {
	c.t.Helper()
	id, err := c.TrySendText(to, text)
	if err != nil {
		c.t.Fatalf("send: %v", err)
	}
	return id
}

// TrySendText is SendText that may fail.
func (c *Client) TrySendText(to, text string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	jid := types.NewJID(to, types.DefaultUserServer)
	sent, err := c.SendMessage(ctx, jid, &waE2E.Message{Conversation: new(text)})
	return sent.ID, err
}

// AwaitText waits for a message with this text.
func (c *Client) AwaitText(from int, text string) *events.Message {
	c.t.Helper()
	return Await(c, from, func(m *events.Message) bool { return m.Message.GetConversation() == text })
}

// AwaitContent is AwaitText for texts of either form, plain or with something around them.
func (c *Client) AwaitContent(from int, text string) *events.Message {
	c.t.Helper()
	return Await(c, from, func(m *events.Message) bool {
		return m.Message.GetConversation() == text || m.Message.GetExtendedTextMessage().GetText() == text
	})
}
