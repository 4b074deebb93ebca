package whatsapp

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// How fast replies leave when pacing is on.
const (
	typingLeast    = 300 * time.Millisecond
	typingJitter   = 100 * time.Millisecond // at least so much more
	typingSpread   = 300 * time.Millisecond // and up to so much on top
	sendsPerSecond = 1
	sendBurst      = 3
	chatGap        = time.Second
	maxChats       = 5000
)

// pace slows a workspace's replies down to what a person could type.
type pace struct {
	workspace *rate.Limiter
	chats     map[string]time.Time // when something was last sent there
	now       func() time.Time
	rand      func() float64
}

func newPace(now func() time.Time, random func() float64) *pace {
	return &pace{workspace: rate.NewLimiter(sendsPerSecond, sendBurst), chats: map[string]time.Time{}, now: now, rand: random}
}

// wait lets the time pass that lies before the next reply to the chat; typing is called at its start.
func (p *pace) wait(ctx context.Context, chat string, typing func()) error {
	if err := p.workspace.Wait(ctx); err != nil {
		return err
	}
	typing()
	pause := typingLeast + typingJitter + time.Duration(p.rand()*float64(typingSpread))
	if gap := p.chats[chat].Add(chatGap).Sub(p.now()); gap > pause {
		pause = min(gap, chatGap) // a clock that went back must not silence a chat
	}
	if !sleep(ctx, pause) {
		return ctx.Err()
	}
	return nil
}

func (p *pace) sent(chat string) {
	if len(p.chats) >= maxChats {
		clear(p.chats)
	}
	p.chats[chat] = p.now()
}
