package bot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// OpenTurn is a conversation with messages nobody has decided on.
type OpenTurn struct {
	WorkspaceID domain.WorkspaceID
	CustomerID  domain.CustomerID
}

// Answerer decides turns; commands.Handler is one.
type Answerer interface {
	AnswerTurn(ctx context.Context, cmd commands.AnswerTurn) (commands.Answered, error)
}

// TurnsConfig is what Turns needs. All fields are needed unless they say otherwise.
type TurnsConfig struct {
	Answerer Answerer
	Library  *Library
	Open     func(context.Context) ([]OpenTurn, error)                // the table of open turns, the safety net
	Day      func(context.Context, domain.WorkspaceID) (Today, error) // what !status reports
	Desk     Desk                                                     // what other !commands ask for. Defaults to knowing nothing
	Prove    ProveNumber                                              // whose phone a code proves; nil: nobody's
	Epoch    func(domain.WorkspaceID) (epoch int64, mine bool)        // whether this node owns the workspace
	Queued   func(commands.ReplyRef)                                  // told of each reply to send; may be nil
	Decided  func(domain.Decision)                                    // told of each decision, for counting; may be nil
	Log      *slog.Logger
	Now      func() time.Time
	Pacing   bool          // wait for the end of a burst before answering
	Lanes    int           // customers decided at the same time. Defaults to 8
	Poll     time.Duration // how often the table is looked at. Defaults to 1 s
}

// Turns decides every open turn when it is due, each customer strictly one at a time. It is woken by the feed and driven by
// the table of open turns, so a restart forgets nothing.
type Turns struct {
	TurnsConfig
	lanes  []*lane
	late   lateAnswers
	looked looks
	typing typing
}

// NewTurns returns a Turns that works once Run is called.
func NewTurns(c TurnsConfig) *Turns {
	if c.Lanes == 0 {
		c.Lanes = 8
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Desk == nil {
		c.Desk = emptyDesk{}
	}
	t := &Turns{TurnsConfig: c}
	for range c.Lanes {
		t.lanes = append(t.lanes, newLane())
	}
	return t
}

// Wake says that a conversation may have an open turn.
func (t *Turns) Wake(w domain.WorkspaceID, c domain.CustomerID) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c))
	t.lanes[int(h.Sum32()%uint32(len(t.lanes)))].push(OpenTurn{w, c}) //nolint:gosec // a small count
}

// Run decides turns until ctx ends.
func (t *Turns) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, l := range t.lanes {
		running.Go(func() { t.work(ctx, l) })
	}
	defer running.Wait()
	tick := time.NewTicker(t.Poll)
	defer tick.Stop()
	for {
		t.wakeOpen(ctx)
		t.Library.Forget(t.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (t *Turns) wakeOpen(ctx context.Context) {
	open, err := t.Open(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.Log.WarnContext(ctx, "open turns cannot be read", "error", err)
		}
		return
	}
	now := t.Now()
	t.looked.forget(now)
	t.late.forget(now)
	for _, o := range open {
		if !t.looked.lately(o, now) {
			t.Wake(o.WorkspaceID, o.CustomerID)
		}
	}
}

func (t *Turns) work(ctx context.Context, l *lane) {
	for {
		o, ok := l.pop(ctx)
		if !ok {
			return
		}
		var err error
		// What no recover stops, such as a stack without end, takes the whole process along; its trace says whose turn it was.
		pprof.Do(ctx, pprof.Labels(domain.CrashLabel, string(o.WorkspaceID)), func(ctx context.Context) { err = t.answer(ctx, o) })
		if err != nil && ctx.Err() == nil && !errors.Is(err, commands.ErrFenced) {
			log := t.Log
			if about := (commands.MessageError{}); errors.As(err, &about) {
				log = log.With("trace_id", about.Message.TraceID())
			}
			log.ErrorContext(ctx, "turn not decided, will try again", "workspace_id", o.WorkspaceID, "customer_id", o.CustomerID, "error", err)
		}
	}
}

// answer decides one conversation's turn if this node owns the workspace. A panic in a decision is that turn's failure only.
func (t *Turns) answer(ctx context.Context, o OpenTurn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decision panicked: %v", p)
		}
	}()
	epoch, mine := t.Epoch(o.WorkspaceID)
	if !mine {
		return nil
	}
	began, known := t.Now(), t.Library.Soon(ctx, o.WorkspaceID)
	answered, err := t.Answerer.AnswerTurn(ctx, commands.AnswerTurn{
		WorkspaceID: o.WorkspaceID, CustomerID: o.CustomerID, Epoch: epoch, OneByOne: !t.Pacing,
		Choose: func(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
			return t.choose(ctx, turn, messages, known)
		},
	})
	if err == nil {
		t.looked.note(o, began)
	}
	if err != nil || answered.Decision == "" {
		return err
	}
	if answered.Taught {
		t.Library.Taught(o.WorkspaceID, answered.Position)
	}
	if t.Decided != nil {
		t.Decided(answered.Decision)
	}
	if t.Queued != nil && answered.ReplyID != "" {
		t.Queued(commands.ReplyRef{WorkspaceID: o.WorkspaceID, CustomerID: o.CustomerID, ReplyID: answered.ReplyID, Epoch: epoch})
	}
	for _, other := range answered.Others {
		if t.Queued != nil {
			other.Epoch = epoch
			t.Queued(other)
		}
	}
	if answered.More { // what comes in meanwhile wakes by itself
		t.Wake(o.WorkspaceID, o.CustomerID)
	}
	return nil
}

// choose decides a burst that is finished; one that may go on is looked at again when it is due.
func (t *Turns) choose(
	ctx context.Context, turn commands.Turn, messages []domain.TurnMessage, known func() (*Knowledge, error),
) (commands.Outcome, bool, error) {
	k, err := known()
	if err == nil && turn.Taught > k.Revision {
		k, err = t.Library.Since(ctx, turn.About.WorkspaceID, turn.Taught)
	}
	if err != nil {
		return commands.Outcome{}, false, err
	}
	outcome, decided, err := t.chooseKnowing(ctx, turn, messages, k)
	outcome.Knew = k.Revision
	return outcome, decided, err
}

func (t *Turns) chooseKnowing(ctx context.Context, turn commands.Turn, messages []domain.TurnMessage, k *Knowledge) (commands.Outcome, bool, error) {
	w, now := turn.About.WorkspaceID, t.Now()
	if t.Pacing || unreadable(messages) { // a readable copy is waited for in any case
		types := t.typing.await(typist{w, turn.Conversation.ReplyTo}, OpenTurn{w, turn.About.CustomerID})
		if wait := due(messages, turn.Conversation, k.Shifted(turn.Workspace.Shift), types, now).Sub(now); wait > 0 {
			t.wakeIn(wait, turn.About)
			return commands.Outcome{}, false, nil
		}
	}
	if messages[0].Command {
		outcome, err := t.command(ctx, turn, messages[0], k, now)
		return outcome, err == nil, err
	}
	if outcome, proved, err := t.prove(ctx, turn, messages); err != nil || proved {
		return outcome, err == nil, err
	}
	outcome := Decide(turn, messages, k, now)
	if !t.Pacing || !outcome.Decided.Late {
		return outcome, true, nil
	}
	if wait := t.late.wait(OpenTurn{w, turn.About.CustomerID}, now); wait > 0 {
		t.wakeIn(wait, turn.About)
		return commands.Outcome{}, false, nil
	}
	return outcome, true, nil
}

// ProveNumber says whose phone it is when a text is the code it was asked to send.
type ProveNumber func(ctx context.Context, w domain.WorkspaceID, phone, text string) (commands.NumberOffer, bool, error)

// prove makes a phone that sends its code a member's. Any other text is left to the ordinary rules, without a hint.
func (t *Turns) prove(ctx context.Context, turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
	text := strings.TrimSpace(messages[len(messages)-1].Text)
	if t.Prove == nil || !commands.IsCode(text) {
		return commands.Outcome{}, false, nil
	}
	offer, proved, err := t.Prove(ctx, turn.About.WorkspaceID, turn.Customer.Phone, text)
	if err != nil || !proved {
		return commands.Outcome{}, false, err
	}
	outcome := say(domain.DecideCommand, domain.ReasonCommand, fmt.Sprintf("⚙️ ✅ This number can send commands as %s now. Send *!help* for the list.", offer.Role))
	outcome.Workspace = turn.Workspace.VerifyNumber(offer.MemberID, offer.Role, turn.About.CustomerID)
	if len(outcome.Workspace) == 0 {
		return commands.Outcome{}, false, nil // it is theirs already: the code is only words
	}
	return outcome, true, nil
}

func (t *Turns) wakeIn(wait time.Duration, about domain.About) {
	time.AfterFunc(wait, func() { t.Wake(about.WorkspaceID, about.CustomerID) })
}

// looks remembers when turns were looked at. The table of open turns is a moment behind the log, the more the busier it is,
// and what it still calls open was mostly decided already; looking at all of that again would make a busy time busier.
type looks struct {
	mu sync.Mutex
	at map[OpenTurn]time.Time
}

// lookedFor is how long a turn that was looked at is left to those who wake it.
const lookedFor = 3 * time.Second

func (l *looks) note(o OpenTurn, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = map[OpenTurn]time.Time{}
	}
	l.at[o] = at
}

func (l *looks) lately(o OpenTurn, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.at[o]
	return ok && now.Sub(at) < lookedFor
}

func (l *looks) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.at, func(_ OpenTurn, at time.Time) bool { return now.Sub(at) >= lookedFor })
}

// lateAnswers spreads a workspace's late answers over time, in the order in which they come up, so that coming back does not send
// a heap of old answers at once. Each waits its time from when it came up here: what another process gave a moment before this
// one was started, or took over, needs no memory.
type lateAnswers struct {
	mu     sync.Mutex
	places map[OpenTurn]time.Time
	last   map[domain.WorkspaceID]time.Time // the last place
	given  map[domain.WorkspaceID]time.Time // when an answer last went
}

// lateEvery makes ten a minute.
const lateEvery = 6 * time.Second

// wait is how long the turn's late answer has to wait. When it need not any more, it counts as given.
func (l *lateAnswers) wait(o OpenTurn, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.places == nil {
		l.places, l.last, l.given = map[OpenTurn]time.Time{}, map[domain.WorkspaceID]time.Time{}, map[domain.WorkspaceID]time.Time{}
	}
	place, known := l.places[o]
	if !known {
		place = laterOf(now, l.last[o.WorkspaceID]).Add(lateEvery)
		l.places[o], l.last[o.WorkspaceID] = place, place
	}
	if wait := laterOf(place, l.given[o.WorkspaceID].Add(lateEvery)).Sub(now); wait > 0 {
		return wait
	}
	delete(l.places, o)
	l.given[o.WorkspaceID] = now
	return 0
}

// forget lets go of places that nobody took, such as those of turns a person answered meanwhile.
func (l *lateAnswers) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := func(at time.Time) bool { return now.Sub(at) > domain.FreshFor }
	maps.DeleteFunc(l.places, func(_ OpenTurn, at time.Time) bool { return old(at) })
	maps.DeleteFunc(l.last, func(_ domain.WorkspaceID, at time.Time) bool { return old(at) })
	maps.DeleteFunc(l.given, func(_ domain.WorkspaceID, at time.Time) bool { return old(at) })
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lane is a queue of conversations without doubles.
type lane struct {
	mu     sync.Mutex
	queue  []OpenTurn
	queued map[OpenTurn]bool
	more   chan struct{}
}

func newLane() *lane { return &lane{queued: map[OpenTurn]bool{}, more: make(chan struct{}, 1)} }

func (l *lane) push(o OpenTurn) {
	l.mu.Lock()
	if !l.queued[o] {
		l.queued[o] = true
		l.queue = append(l.queue, o)
	}
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *lane) pop(ctx context.Context) (OpenTurn, bool) {
	for {
		l.mu.Lock()
		if len(l.queue) > 0 {
			o := l.queue[0]
			l.queue = l.queue[1:]
			delete(l.queued, o)
			l.mu.Unlock()
			return o, ctx.Err() == nil
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return OpenTurn{}, false
		case <-l.more:
		}
	}
}
