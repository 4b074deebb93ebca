package postgres

import (
	"cmp"
	"context"
	"net"
	"time"
)

// dialer makes connections that notice a server that went away without a word. While idle, keep-alive probes find it out
// within 25 s. While an answer is due, silence does: statements are bounded by the server, so an answer that is late by
// more than a margin is not coming. This replaces a context with a deadline per statement, which the driver can only
// watch with a goroutine and costs a lone append a third of its time.
type dialer struct {
	silence time.Duration // 0: wait for ever
}

// silence is how long a statement's answer may take.
func (c PoolConfig) silence() time.Duration {
	if c.StatementTimeout < 0 {
		return 0
	}
	return cmp.Or(c.StatementTimeout, defaultStatementTimeout) + 5*time.Second
}

// Dial is for requests that carry no time limit, such as cancelling a statement.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 5*time.Second)
}

// DialTimeout connects within the time limit.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext connects until ctx ends.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	probing := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	conn, err := probing.DialContext(ctx, network, address)
	if err != nil || d.silence == 0 {
		return conn, err
	}
	return impatient{Conn: conn, silence: d.silence}, nil
}

// impatient is a connection whose reads give up. The driver reads only when an answer is due.
type impatient struct {
	net.Conn
	silence time.Duration
}

// Read waits for bytes, but not for ever.
func (c impatient) Read(b []byte) (int, error) {
	late := time.Now().Add(c.silence) //nolint:forbidigo // the operating system compares it with its own clock
	if err := c.SetReadDeadline(late); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}
