package feed

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// pager is one reader's way through the log: from the shared tail at the tip, by itself when behind. Behind, it reads the
// next page while the reader is still at work on this one.
type pager struct {
	tail  *tail
	limit int
	ahead chan ahead // nil unless a page is being read ahead
	after int64      // of which position
}

// ahead is a page that was read before it was asked for.
type ahead struct {
	page []domain.Recorded
	err  error
}

// next is tail.next.
func (p *pager) next(ctx context.Context, after int64, early <-chan time.Time) ([]domain.Recorded, error) {
	page, err := p.take(ctx, after, early)
	if err == nil && len(page) == p.limit {
		p.readAhead(ctx, page[len(page)-1].Position)
	}
	return page, err
}

func (p *pager) take(ctx context.Context, after int64, early <-chan time.Time) ([]domain.Recorded, error) {
	coming := p.ahead
	p.ahead = nil
	if coming == nil || p.after != after {
		return p.tail.next(ctx, after, p.limit, early)
	}
	read := <-coming // it ends with ctx
	if read.err != nil || len(read.page) == 0 {
		return p.tail.next(ctx, after, p.limit, early)
	}
	return read.page, nil
}

// readAhead starts reading the page after a position, unless the tail has it in memory anyway.
func (p *pager) readAhead(ctx context.Context, after int64) {
	if _, behind, _ := p.tail.newest(after, p.limit); !behind {
		return
	}
	coming := make(chan ahead, 1)
	p.ahead, p.after = coming, after
	go func() {
		page, err := p.tail.log.Page(ctx, after, p.limit)
		coming <- ahead{page, err}
	}()
}
