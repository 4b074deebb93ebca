package whatsapp

import (
	"context"
	"sync"
	"time"

	"switchboard.example/domain"
)

// limits knows what WhatsApp limits a number by, and says in the log when that is over: nobody else watches the clock.
type limits struct {
	mu      sync.Mutex
	code    int // 0: nothing
	until   time.Time
	changed chan struct{}
}

// begin takes over what the log knows.
func (l *limits) begin(known domain.Connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.until, l.changed = known.RestrictedBy, known.RestrictedUntil, make(chan struct{}, 1)
}

func (l *limits) set(e domain.ConnectionRestricted) {
	l.mu.Lock()
	l.code, l.until = e.Code, e.Until
	l.mu.Unlock()
	nudge(l.changed)
}

func (l *limits) current() (code int, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.code, l.until
}

// over forgets a limit that has ended.
func (l *limits) over(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.code == code {
		l.code, l.until = 0, time.Time{}
	}
}

// watch records the end of each limit when its time has come.
func (l *limits) watch(ctx context.Context, s *session) {
	defer s.pool.recovered("limits", nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		code, until := l.current()
		timer.Stop()
		if code != 0 && !until.IsZero() {
			timer.Reset(until.Sub(s.pool.cfg.Now()))
		}
		select {
		case <-ctx.Done():
			return
		case <-l.changed:
		case <-timer.C:
			e := domain.ConnectionRestrictionEnded{WorkspaceID: s.workspace, Code: code, EndedAt: s.pool.cfg.Now()}
			if _, err := s.observe(ctx, e); err != nil {
				return
			}
			l.over(code)
		}
	}
}

// restricted records a limit, and says whether the log has it.
func (s *session) restricted(ctx context.Context, e domain.ConnectionRestricted) bool {
	if _, err := s.observe(ctx, e); err != nil {
		return false
	}
	s.limits.set(e)
	return true
}

// newChatsLimit is WhatsApp's code for a number that may answer but start no chats.
const newChatsLimit = 463

// newChatsUntil notes that WhatsApp lets the number start no chats until then. Replies go on.
func (s *session) newChatsUntil(until time.Time) {
	now := s.pool.cfg.Now()
	if !until.After(now) {
		until = now.Add(unknownLimit)
	}
	if code, known := s.limits.current(); code == newChatsLimit && known.After(now) && !until.After(known) {
		return
	}
	e := domain.ConnectionRestricted{WorkspaceID: s.workspace, Until: until, Code: newChatsLimit}
	s.limits.set(e)
	s.note(e)
}
