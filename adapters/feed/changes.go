package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"

	"switchboard.example/domain"
)

// changesChannel carries what committed projections changed to the other processes.
const changesChannel = "sb_changes"

// listenerCheck is how often the notifications connection is asked for a sign of life.
const listenerCheck = 30 * time.Second

// Change says that a read model has new rows.
type Change struct {
	Projection string
	Workspaces []domain.WorkspaceID // whose rows; nil means that it may be anybody's
	Position   int64                // of the last event that is in the rows; 0 when that is not what changed
}

// workspacesTold bounds a hint: a notification holds less than 8,000 bytes, and a list this long says "everybody" anyway.
const workspacesTold = 150

// hint is a Change on its way to other processes.
type hint struct {
	Node       string               `json:"n"`
	Projection string               `json:"p"`
	Position   int64                `json:"at"`
	Workspaces []domain.WorkspaceID `json:"w,omitempty"`
}

func (c Change) hint(node string) string {
	h := hint{Node: node, Projection: c.Projection, Position: c.Position, Workspaces: c.Workspaces}
	if len(h.Workspaces) > workspacesTold {
		h.Workspaces = nil
	}
	text, err := json.Marshal(h)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return string(text)
}

// workspacesOf lists whose events they are, each once.
func workspacesOf(events []domain.Recorded) []domain.WorkspaceID {
	var of []domain.WorkspaceID
	seen := map[domain.WorkspaceID]bool{}
	for _, r := range events {
		if w := r.Workspace(); !seen[w] {
			seen[w] = true
			of = append(of, w)
		}
	}
	return of
}

// audience is who wants to hear of changes.
type audience struct {
	mu   sync.Mutex
	next int
	of   map[int]func(Change)
}

// add returns the function that takes the listener away again.
func (a *audience) add(hear func(Change)) (leave func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[int]func(Change){}
	}
	id := a.next
	a.next++
	a.of[id] = hear
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.of, id)
	}
}

func (a *audience) tell(c Change) {
	a.mu.Lock()
	listeners := slices.Collect(maps.Values(a.of))
	a.mu.Unlock()
	for _, hear := range listeners {
		hear(c)
	}
}

// Changes calls hear after each commit that changed a read model, here or in another process. It is called from the
// projection's own goroutine, so it has to be quick and must not wait. Leave stops it.
func (f *Feed) Changes(hear func(Change)) (leave func()) { return f.audience.add(hear) }

// Announce tells the other processes of a change that no projection made.
func (f *Feed) Announce(ctx context.Context, c Change) error {
	if _, err := f.config.DB.ExecContext(ctx, `SELECT pg_notify($1, $2)`, changesChannel, c.hint(f.config.Node)); err != nil {
		return fmt.Errorf("announce a change: %w", err)
	}
	return nil
}

// listen hears of new events and of other processes' commits until ctx ends. After a lost connection something may have
// been missed, so everybody is told to look.
func (f *Feed) listen(ctx context.Context) {
	listener := pq.NewListener(f.config.DSN, 10*time.Millisecond, 5*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil && ctx.Err() == nil {
			f.config.Logger.WarnContext(ctx, "lost the notifications connection", "error", err)
		}
	})
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // also frees a Listen that waits for its connection
	check := time.NewTicker(listenerCheck)
	defer check.Stop()
	for _, channel := range []string{f.config.LogChannel, changesChannel} {
		if err := listener.Listen(channel); err != nil && ctx.Err() == nil {
			f.config.Logger.WarnContext(ctx, "could not listen", "channel", channel, "error", err)
		}
	}
	f.tail.wake()
	for {
		select {
		case n, open := <-listener.Notify:
			if !open {
				return
			}
			f.heard(n)
		case <-check.C:
			go func() { _ = listener.Ping() }() // a failing one makes the listener connect again
		case <-ctx.Done():
			return
		}
	}
}

func (f *Feed) heard(n *pq.Notification) {
	switch {
	case n == nil: // connected again
		f.tail.wake()
		for _, r := range f.readers {
			f.audience.tell(Change{Projection: r.name})
		}
	case n.Channel == changesChannel:
		f.heardChange(n.Extra)
	default:
		if head, err := strconv.ParseInt(n.Extra, 10, 64); err == nil {
			f.tail.announced(head)
		} else {
			f.tail.wake()
		}
	}
}

func (f *Feed) heardChange(payload string) {
	var h hint
	if err := json.Unmarshal([]byte(payload), &h); err != nil || h.Node == f.config.Node {
		return
	}
	f.abroad.bump()
	f.audience.tell(Change{Projection: h.Projection, Workspaces: h.Workspaces, Position: h.Position})
}
