package whatsapp

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// limits knows what WhatsApp limits a number by, and says in the log when that is over: nobody else watches the clock.
type limits struct {
	mu    sync.Mutex
	code  int // 0: nothing
	until time.Time
	ends  *chore // nil before the session runs

	newChats time.Time // until when it may begin none, whatever other limits come meanwhile
}

// begin takes over what the log knows, and watches.
func (l *limits) begin(ctx context.Context, s *session) *chore {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.until = s.known.RestrictedBy, s.known.RestrictedUntil
	l.newChats = s.known.NewChats.StoppedUntil
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
	if e.Code == newChatsLimit {
		l.newChats = e.Until
	}
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
		e := domain.ConnectionRestrictionEnded{WorkspaceID: s.workspace, Code: code, EndedAt: s.pool.cfg.Now(), Evidence: s.own()}
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
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.newChats)
}

// newChatsAgain lifts the limit on new chats, whatever other limits came meanwhile, and says whether there was one.
func (l *limits) newChatsAgain() bool {
	l.mu.Lock()
	was := !l.newChats.IsZero()
	l.newChats = time.Time{}
	l.mu.Unlock()
	l.over(newChatsLimit)
	return was
}

// newChatsUntil notes that WhatsApp lets the number start no chats until then, or, where that is zero, until it says when.
// Replies go on.
func (s *session) newChatsUntil(until time.Time, how domain.Evidence) {
	now := s.pool.cfg.Now()
	code, known := s.limits.current()
	limited := code == newChatsLimit && known.After(now)
	if limited && (until.IsZero() || until.Equal(known)) {
		return
	}
	if until.IsZero() {
		until = now.Add(unknownLimit)
	}
	e := domain.ConnectionRestricted{WorkspaceID: s.workspace, Until: until, Code: newChatsLimit, Evidence: how}
	s.limits.set(e)
	s.note(e)
}

// newChats takes over what WhatsApp says about the limit on new chats.
func (s *session) newChats(e *events.NotifyAccountReachoutTimelock, how domain.Evidence) {
	if !e.IsActive {
		if s.limits.newChatsAgain() {
			s.note(domain.ConnectionRestrictionEnded{WorkspaceID: s.workspace, Code: newChatsLimit, EndedAt: s.pool.cfg.Now(), Evidence: how})
		}
		return
	}
	s.newChatsUntil(e.TimeEnforcementEnds.Time, how)
}
