package httpapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"switchboard.example/domain"
)

// hint says what to read again, not what changed.
type hint struct {
	number int64
	Type   string `json:"type"`
	ID     string `json:"id"` // empty: the whole list
	// Version is the log position up to which the read model is.
	Version int64 `json:"version"`
}

// hintTypes are what the read models are called in hints; what is not here is nobody's business but the bot's.
func hintTypes(readModel string) []string {
	switch readModel {
	case modelStatus:
		return []string{"connection"}
	case modelWorkspaces:
		return []string{"workspace"}
	case modelFAQs, modelInbox, modelThread, modelUnanswered, modelAnalytics, modelTimeline, modelSettings, modelMembers, modelAlerts:
		return []string{readModel}
	}
	return nil
}

const (
	ringSize       = 256
	streamsPerUser = 5
)

// hub hands hints to live streams. Each workspace that somebody watched has a ring of recent hints, so that a stream that was
// away for a moment misses nothing.
type hub struct {
	era string // tells this process's numbers from those of the one before

	mu      sync.Mutex
	rings   map[domain.WorkspaceID]*ring
	streams map[*listener]bool
	closed  bool
}

// ring is a workspace's recent hints. Numbers start at 1 and have no gaps.
type ring struct {
	recent []hint // the last ringSize ones, oldest first
	last   int64
}

// listener is one live stream. wake holds one signal; what there is to say is in the ring.
type listener struct {
	workspace domain.WorkspaceID
	member    domain.MemberID
	platform  bool  // it also wants to know when any workspace changes
	heard     int64 // the number of the last hint it took
	lost      bool  // it missed something: everything has to be read again
	wake      chan struct{}
}

func newHub(era string) *hub {
	return &hub{era: strings.ReplaceAll(era, "-", ""), rings: map[domain.WorkspaceID]*ring{}, streams: map[*listener]bool{}}
}

var errStreams = domain.Refuse(domain.TooMany, "streams.too_many", "You have this open in too many windows. Close one of them.")

// join adds a stream that goes on after the hint with the given id; an id that is not known any more means it missed some.
func (h *hub) join(who session, lastID string) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	open := 0
	for l := range h.streams {
		if l.member == who.Member {
			open++
		}
	}
	if open >= streamsPerUser {
		return nil, errStreams
	}
	r := h.ringOf(who.Workspace)
	l := &listener{
		workspace: who.Workspace, member: who.Member, platform: who.Role == domain.RolePlatformAdmin,
		heard: r.last, wake: make(chan struct{}, 1),
	}
	if lastID != "" {
		heard, ok := h.numberOf(lastID)
		l.lost = !ok || heard > r.last || heard < r.last-int64(len(r.recent))
		if !l.lost {
			l.heard = heard
		}
		l.nudge()
	}
	h.streams[l] = true
	if h.closed {
		close(l.wake)
	}
	return l, nil
}

func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, l)
}

func (h *hub) ringOf(w domain.WorkspaceID) *ring {
	r, ok := h.rings[w]
	if !ok {
		r = &ring{}
		h.rings[w] = r
	}
	return r
}

// idOf is what the browser sends back as Last-Event-ID.
func (h *hub) idOf(number int64) string { return h.era + "-" + strconv.FormatInt(number, 10) }

func (h *hub) numberOf(id string) (int64, bool) {
	era, number, ok := strings.Cut(id, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, ok && err == nil && era == h.era && n >= 0
}

// changed adds hints for whoever may see the rows. Rings exist only where somebody has looked, so idle workspaces cost nothing.
func (h *hub) changed(readModel string, workspaces []domain.WorkspaceID, position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	if readModel == modelStatus || readModel == modelWorkspaces || readModel == modelActivity {
		h.tellPlatform(position)
	}
	for _, kind := range hintTypes(readModel) {
		if len(workspaces) == 0 {
			for w := range h.rings {
				h.add(w, hint{Type: kind, Version: position})
			}
			continue
		}
		for _, w := range workspaces {
			h.add(w, hint{Type: kind, Version: position})
		}
	}
}

// tellPlatform tells the platform's people, wherever they are signed in, that the table of workspaces changed.
func (h *hub) tellPlatform(position int64) {
	told := map[domain.WorkspaceID]bool{}
	for l := range h.streams {
		if l.platform && !told[l.workspace] {
			told[l.workspace] = true
			h.add(l.workspace, hint{Type: "admin", Version: position})
		}
	}
}

func (h *hub) add(w domain.WorkspaceID, one hint) {
	r, watched := h.rings[w]
	if !watched {
		return
	}
	r.last++
	one.number = r.last
	if len(r.recent) == ringSize {
		r.recent = slices.Delete(r.recent, 0, 1)
	}
	r.recent = append(r.recent, one)
	for l := range h.streams {
		if l.workspace == w {
			l.nudge()
		}
	}
}

func (l *listener) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// news is what a stream has not heard yet: of several hints of one kind only the newest. lost means that some are gone.
func (h *hub) news(l *listener) (hints []hint, lost bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.ringOf(l.workspace)
	missed := r.last - l.heard
	lost = l.lost || missed > int64(len(r.recent))
	if !lost {
		hints = newestOfEach(r.recent[int64(len(r.recent))-missed:])
	}
	l.heard, l.lost = r.last, false
	return hints, lost
}

func newestOfEach(hints []hint) []hint {
	newest := map[string]hint{}
	for _, one := range hints {
		newest[one.Type+"\x00"+one.ID] = one
	}
	kept := make([]hint, 0, len(newest))
	for _, one := range newest {
		kept = append(kept, one)
	}
	slices.SortFunc(kept, func(a, b hint) int { return cmp.Compare(a.number, b.number) })
	return kept
}

// heardAll is the id of the newest hint of a stream's workspace that the stream has taken.
func (h *hub) heardAll(l *listener) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.idOf(l.heard)
}

// close ends all streams, now and from now on.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for l := range h.streams {
		close(l.wake)
	}
}
