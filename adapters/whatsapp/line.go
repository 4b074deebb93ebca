package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow"
)

// line is a client's way to its socket. Opening and closing can take long and do not watch a caller's context, so both
// happen in the background. The socket lives under a context of its own that ends only after the client has closed it: the
// library is not made for having it end first, and closes the channel of a send that is cancelled: an answer arriving at that
// very moment would panic in a goroutine of its own and end the process.
type line struct {
	pool    *Pool
	client  *whatsmeow.Client
	ctx     context.Context //nolint:containedctx // the life of the socket; sends over it end with this one, not earlier
	cancel  context.CancelFunc
	dialled chan error    // how opening ended
	opened  chan struct{} // closed then
	closed  chan struct{} // closed when the socket is gone
}

// newLine keeps the context's values and not its end.
func (p *Pool) newLine(ctx context.Context) *line {
	l := &line{pool: p, dialled: make(chan error, 1), opened: make(chan struct{}), closed: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

// open dials; dialled says how it went.
func (l *line) open() {
	go func() {
		defer close(l.opened)
		defer l.pool.recovered("dial", func(err error) { l.dialled <- err })
		l.dialled <- l.client.ConnectContext(l.ctx)
	}()
}

// close ends the socket, or its opening.
func (l *line) close() {
	go func() {
		defer close(l.closed)
		defer l.pool.recovered("disconnect", nil)
		select {
		case <-l.opened:
		default:
			l.cancel()
			<-l.opened
		}
		l.client.Disconnect()
		l.cancel()
	}()
}
