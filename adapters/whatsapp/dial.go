package whatsapp

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"switchboard.example/adapters/whatsapp/failpoint"
)

// pulse is when a connection last brought anything at all; that is the only honest sign of life.
type pulse struct{ last atomic.Int64 }

func (p *pulse) beat(at time.Time) { p.last.Store(at.UnixNano()) }

func (p *pulse) heard() time.Time {
	if n := p.last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

type pulseKey struct{}

// withPulse makes connections dialled under the context report to p.
func withPulse(ctx context.Context, p *pulse) context.Context {
	return context.WithValue(ctx, pulseKey{}, p)
}

// newHTTPClient is shared by all clients. Connections are never reused, so each belongs to the session that dialled it.
func newHTTPClient(server string, now func() time.Time) *http.Client {
	dialer := &net.Dialer{ // a peer that is gone is noticed within 25 s, also between two pings
		Timeout:         10 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DisableKeepAlives:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 15 * time.Second,
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialHeard(ctx, dialer, network, address, now)
	}
	if server != "" { // plain TCP whatever the address says: https://web.whatsapp.com/… arrives there as plain HTTP
		plain := func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialHeard(ctx, dialer, network, server, now)
		}
		transport.Proxy, transport.DialContext, transport.DialTLSContext = nil, plain, plain
	}
	return &http.Client{Transport: sieveTransport{transport}}
}

func dialHeard(ctx context.Context, d *net.Dialer, network, address string, now func() time.Time) (net.Conn, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if p, ok := ctx.Value(pulseKey{}).(*pulse); ok {
		return heardConn{Conn: conn, pulse: p, now: now}, nil
	}
	return conn, nil
}

// heardConn notes when bytes arrive.
type heardConn struct {
	net.Conn
	pulse *pulse
	now   func() time.Time
}

func (c heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.pulse.beat(c.now())
	}
	return n, err
}

func (c heardConn) Write(b []byte) (int, error) {
	failpoint.Reached(failpoint.BeforeReceipt)
	return c.Conn.Write(b)
}
