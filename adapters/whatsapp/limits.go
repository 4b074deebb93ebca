package whatsapp

import (
	"context"
	"sync"
	"time"

	"switchboard.example/domain"
)

// limits knows what WhatsApp limits a number by, and says in the log when that is over: nobody else watches the clock.
type limits struct {
	mu    sync.Mutex
	code  int // 0: nothing
	until time.Time
	ends  *chore // nil before the session runs
}

// begin takes over what the log knows, and watches.
func (l *limits) begin(ctx context.Context, s *session) *chore {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.until = s.known.RestrictedBy, s.known.RestrictedUntil
	l.ends = s.pool.chore(ctx, "limits", func(ctx context.Context) time.Duration { return l.watch(ctx, s) })
	if l.code != 0 {
		l.ends.ask()
	}
	return l.ends
}

func (l *limits) set(e domain.ConnectionRestricted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.until = e.Code, e.Until
	l.ends.ask()
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

// watch records the end of a limit when its time has come, and says how long that is.
func (l *limits) watch(ctx context.Context, s *session) time.Duration {
	for {
		code, until := l.current()
		if code == 0 || until.IsZero() {
			return 0
		}
		if wait := until.Sub(s.pool.cfg.Now()); wait > 0 {
			return wait
		}
		e := domain.ConnectionRestrictionEnded{WorkspaceID: s.workspace, Code: code, EndedAt: s.pool.cfg.Now()}
		if _, err := s.observe(ctx, e); err != nil {
			return 0
		}
		l.over(code)
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

const newChatsLimit = domain.NewChatsCode

// beginsNoChats says whether WhatsApp lets the number begin no chats now.
func (l *limits) beginsNoChats(now time.Time) bool {
	code, until := l.current()
	return code == newChatsLimit && now.Before(until)
}

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
