package feed_test

import (
	"context"
	"database/sql/driver"
	"sync/atomic"
	"testing"

	"switchboard.example/adapters/feed"
)

// awayLog is a log that cannot be reached the first few times.
type awayLog struct {
	feed.Log
	away atomic.Int32
}

func (l *awayLog) Head(ctx context.Context) (int64, error) {
	if l.away.Add(-1) >= 0 {
		return 0, driver.ErrBadConn
	}
	return l.Log.Head(ctx)
}

func TestADatabaseThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	position := w.append(newWorkspace(), 1)
	c := w.config()
	log := &awayLog{Log: w.store}
	log.away.Store(3)
	c.Log = log
	f := w.feed(c, func(f *feed.Feed) { f.Project(seeing("seen", nil)) })
	w.run(f)
	w.wait(f, "seen", position)
}
