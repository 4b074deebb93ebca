package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// cutWithin is the part of a connection's life in which it may be reset.
const cutWithin = 2 * time.Second

// cutter passes connections on to the local WhatsApp and resets a share of them, towards both sides. The local WhatsApp can
// reset the lines of linked devices only; here it is also those that are being linked.
type cutter struct {
	listener net.Listener
	to       string
	share    float64

	mu   sync.Mutex
	dice *rand.Rand

	seen, cut atomic.Int64
}

func newCutter(ctx context.Context, to string, share float64, seed uint64) (*cutter, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen before the phones: %w", err)
	}
	c := &cutter{listener: l, to: to, share: share, dice: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // repeatable, not secret
	go c.run(ctx)
	return c, nil
}

func (c *cutter) addr() string { return c.listener.Addr().String() }

func (c *cutter) run(ctx context.Context) {
	for {
		in, err := c.listener.Accept()
		if err != nil {
			return // closed
		}
		go c.pass(ctx, in)
	}
}

func (c *cutter) pass(ctx context.Context, in net.Conn) {
	defer func() { _ = in.Close() }()
	var dialer net.Dialer
	out, err := dialer.DialContext(ctx, "tcp", c.to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	c.seen.Add(1)
	if after, doomed := c.fate(); doomed {
		timer := time.AfterFunc(after, func() {
			c.cut.Add(1)
			reset(in)
			reset(out)
		})
		defer timer.Stop() // it ended by itself before
	}
	over := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			over <- struct{}{}
		}()
	}
	<-over // either side's end is the other's
}

func (c *cutter) fate() (after time.Duration, doomed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	draw, after := c.dice.Float64(), time.Duration(c.dice.Int64N(int64(cutWithin)))
	return after, draw < c.share
}

// reset closes without a goodbye.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (c *cutter) close() error { return c.listener.Close() }
