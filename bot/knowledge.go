package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"switchboard.example/bot/match"
	"switchboard.example/domain"
)

// FAQSource reads a workspace's FAQs as they stand.
type FAQSource interface {
	// FAQRevision changes whenever any FAQ of the workspace does.
	FAQRevision(ctx context.Context, w domain.WorkspaceID) (int64, error)
	// FAQs returns all that are not removed, by number.
	FAQs(ctx context.Context, w domain.WorkspaceID) ([]domain.FAQ, error)
}

// Knowledge is what the bot knows of one workspace's FAQs, at one revision. It never changes.
type Knowledge struct {
	Revision int64
	index    *match.Index
	Enabled  []domain.FAQ // by number
	Menu     []domain.FAQ // those enabled, the most asked first
	All      []domain.FAQ // also those that are switched off
	shift    float64      // of the workspace whose turn it is

	model     *match.Model
	dismissed []string // messages that are not for the bot
}

// Popularity is what an FAQSource may know besides: which FAQs were the answer most often of late. Without it the menu is by number.
type Popularity interface {
	MostAsked(ctx context.Context, w domain.WorkspaceID) ([]domain.FAQID, error)
}

// Dismissals is what an FAQSource may know besides: messages somebody said are not for the bot.
type Dismissals interface {
	Dismissed(ctx context.Context, w domain.WorkspaceID) ([]string, error)
}

// NewKnowledge builds what is needed to answer from FAQs. Dismissed are messages that are not for the bot.
func NewKnowledge(revision int64, faqs []domain.FAQ, dismissed ...string) (*Knowledge, error) {
	model, err := match.ShippedModel()
	if err != nil {
		return nil, fmt.Errorf("build the faq index: %w", err)
	}
	return knowledgeOf(model, revision, faqs, dismissed), nil
}

func knowledgeOf(model *match.Model, revision int64, faqs []domain.FAQ, dismissed []string) *Knowledge {
	k := &Knowledge{Revision: revision, All: faqs, model: model, dismissed: dismissed}
	var entries []match.FAQ
	for _, f := range faqs {
		if !f.Enabled || len(f.Questions) == 0 {
			continue
		}
		k.Enabled = append(k.Enabled, f)
		entries = append(entries, match.FAQ{ID: string(f.ID), Questions: f.Questions, OnlyWhenSure: f.OnlyWhenSure, Enabled: true})
	}
	k.index = model.NewIndex(match.Workspace{FAQs: withRivals(entries), Dismissed: dismissed})
	k.Menu = k.Enabled
	return k
}

// How sure the matcher is depends on how far the best FAQ is ahead of the others, so a workspace with a handful of FAQs would
// look sure of anything. Rivals about things no shop is asked for stand in for the others; they are never offered.
const (
	rivalPrefix  = "rival:"
	enoughRivals = 6
)

func withRivals(entries []match.FAQ) []match.FAQ {
	if len(entries) == 0 || len(entries) >= enoughRivals {
		return entries
	}
	return append(entries,
		match.FAQ{ID: rivalPrefix + "weather", Enabled: true, Questions: []string{"What is the weather like today?", "will it rain tomorrow"}},
		match.FAQ{ID: rivalPrefix + "sport", Enabled: true, Questions: []string{"Who won the match yesterday?", "what was the score of the game"}},
		match.FAQ{ID: rivalPrefix + "chat", Enabled: true, Questions: []string{"tell me a joke", "sing a song"}},
	)
}

func isRival(id string) bool { return strings.HasPrefix(id, rivalPrefix) }

// Shifted is the same knowledge as careful as the workspace asks for.
func (k *Knowledge) Shifted(s domain.Shift) *Knowledge {
	shifted := *k
	shifted.shift = s.By
	return &shifted
}

// Match reads a text as one of the FAQs, or none.
func (k *Knowledge) Match(text string) match.Result {
	r := k.index.MatchShifted(text, k.shift)
	if isRival(r.FAQID) {
		return match.Result{Decision: match.Fallback, Thresholds: r.Thresholds}
	}
	r.Candidates = slices.DeleteFunc(r.Candidates, func(c match.Candidate) bool { return isRival(c.FAQID) })
	return r
}

// inOrder puts the most asked FAQs first in the menu.
func (k *Knowledge) inOrder(popular []domain.FAQID) {
	place := func(f domain.FAQ) int {
		if i := slices.Index(popular, f.ID); i >= 0 {
			return i
		}
		return len(popular)
	}
	k.Menu = slices.Clone(k.Enabled)
	slices.SortStableFunc(k.Menu, func(a, b domain.FAQ) int { return place(a) - place(b) })
}

// menu is what stands in the workspace's menu: what it pinned, then what is asked most.
func (k *Knowledge) menu(w domain.Workspace) []domain.FAQ {
	menu := make([]domain.FAQ, 0, domain.MaxMenu)
	for _, id := range w.Settings.Menu {
		if f, ok := k.FAQ(id); ok {
			menu = append(menu, f)
		}
	}
	for _, f := range k.Menu {
		if len(menu) < domain.MaxMenu && !slices.Contains(w.Settings.Menu, f.ID) {
			menu = append(menu, f)
		}
	}
	return menu
}

// Numbered returns the FAQ with the owner's number, on or off.
func (k *Knowledge) Numbered(n int) (domain.FAQ, bool) {
	for _, f := range k.All {
		if f.Number == n {
			return f, true
		}
	}
	return domain.FAQ{}, false
}

// FAQ returns the enabled FAQ with the given id.
func (k *Knowledge) FAQ(id domain.FAQID) (domain.FAQ, bool) {
	for _, f := range k.Enabled {
		if f.ID == id {
			return f, true
		}
	}
	return domain.FAQ{}, false
}

// Library keeps the knowledge of recently asked workspaces in memory, and builds it anew when an FAQ changed.
type Library struct {
	Now    func() time.Time
	Caught func(ctx context.Context, position int64) error // returns once the source has what was appended up to there; nil: it always has
	source FAQSource
	shelf  *lru.Cache[domain.WorkspaceID, *shelved]
}

type shelved struct {
	asked atomic.Int64 // when, in Unix nanoseconds
	since atomic.Int64 // the position in the log that the source has to have; 0: it has
	mu    sync.Mutex   // one build at a time for each workspace
	k     *Knowledge
}

// Forget lets go of what nobody asked for of late; it is built anew when somebody does.
func (l *Library) Forget(now time.Time) {
	for _, w := range l.shelf.Keys() {
		if place, ok := l.shelf.Peek(w); ok && now.Sub(time.Unix(0, place.asked.Load())) > libraryIdle {
			l.shelf.Remove(w)
		}
	}
}

// LetGo lets go of what is known of a workspace, whose customers' words may be among it; of all when none is named.
func (l *Library) LetGo(w domain.WorkspaceID) {
	if w == "" {
		l.shelf.Purge()
		return
	}
	l.shelf.Remove(w)
}

// How much knowledge is kept in memory: of so many workspaces, and of each for so long after it was last asked.
const (
	LibrarySize = 1024
	libraryIdle = 30 * time.Minute
)

// NewLibrary returns a library over source.
func NewLibrary(source FAQSource) (*Library, error) {
	shelf, err := lru.New[domain.WorkspaceID, *shelved](LibrarySize)
	if err != nil {
		return nil, fmt.Errorf("make the library: %w", err)
	}
	return &Library{Now: time.Now, source: source, shelf: shelf}, nil //nolint:forbidigo // the default of a Now field
}

// Taught says that an FAQ of the workspace changed in the event at that position: whoever was told so may ask at once.
func (l *Library) Taught(w domain.WorkspaceID, position int64) { l.place(w).since.Store(position) }

// place is where the workspace's knowledge is kept.
func (l *Library) place(w domain.WorkspaceID) *shelved {
	place := &shelved{}
	if known, found, _ := l.shelf.PeekOrAdd(w, place); found {
		place = known
		l.shelf.Get(w)
	}
	place.asked.Store(l.Now().UnixNano())
	return place
}

// caughtWithin is how long an answer waits for what was just taught. An answer from what was known before beats a late one.
const caughtWithin = time.Second

func (l *Library) catchUp(ctx context.Context, place *shelved) {
	at := place.since.Load()
	if at == 0 || l.Caught == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, caughtWithin)
	defer cancel()
	_ = l.Caught(ctx, at) // waited for once, whatever came of it
	place.since.CompareAndSwap(at, 0)
}

// errBehind asks to come again: what was just taught is not known here yet.
var errBehind = domain.Refuse(domain.Unavailable, "faq.behind", "The FAQs were changed a moment ago. Please try again.")

// Since returns the workspace's knowledge with all that the log says of its FAQs up to a position.
func (l *Library) Since(ctx context.Context, w domain.WorkspaceID, position int64) (*Knowledge, error) {
	if position > 0 && l.Caught != nil {
		waiting, cancel := context.WithTimeout(ctx, caughtWithin)
		defer cancel()
		if err := l.Caught(waiting, position); err != nil {
			return nil, errBehind
		}
	}
	return l.Of(ctx, w)
}

// Soon begins to look for the workspace's knowledge while its caller does something else. The first answer of what it returns is
// that; later ones are looked for anew.
func (l *Library) Soon(ctx context.Context, w domain.WorkspaceID) func() (*Knowledge, error) {
	type found struct {
		k   *Knowledge
		err error
	}
	coming := make(chan found, 1)
	go func() {
		defer close(coming)
		defer func() {
			if p := recover(); p != nil {
				coming <- found{err: fmt.Errorf("reading the faqs panicked: %v", p)}
			}
		}()
		k, err := l.Of(ctx, w)
		coming <- found{k, err}
	}()
	return func() (*Knowledge, error) {
		if first, ok := <-coming; ok {
			return first.k, first.err
		}
		return l.Of(ctx, w)
	}
}

// Of returns the workspace's knowledge as its FAQs stand now.
func (l *Library) Of(ctx context.Context, w domain.WorkspaceID) (*Knowledge, error) {
	place := l.place(w)
	place.mu.Lock()
	defer place.mu.Unlock()
	l.catchUp(ctx, place)
	revision, err := l.source.FAQRevision(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("read the faqs' revision: %w", err)
	}
	if place.k != nil && place.k.Revision == revision {
		return place.k, nil
	}
	faqs, err := l.source.FAQs(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("read the faqs: %w", err)
	}
	var dismissed []string
	if source, ok := l.source.(Dismissals); ok {
		if dismissed, err = source.Dismissed(ctx, w); err != nil {
			return nil, fmt.Errorf("read what is not for the bot: %w", err)
		}
	}
	k, err := NewKnowledge(revision, faqs, dismissed...)
	if err != nil {
		return nil, err
	}
	if source, ok := l.source.(Popularity); ok {
		popular, err := source.MostAsked(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("read which faqs are asked most: %w", err)
		}
		k.inOrder(popular)
	}
	place.k = k
	return k, nil
}
