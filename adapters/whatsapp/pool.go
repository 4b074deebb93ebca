package whatsapp

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Pool keeps the sessions of all workspaces this process owns.
type Pool struct {
	cfg      Config
	log      *slog.Logger
	db       *dbutil.Database
	box      box
	http     *http.Client
	metrics  *metrics
	governor *governor
	links    links
	codes    *codes
	devices  devices
	wiper    *wiper
	wake     chan struct{}
	outbox   chan struct{}

	mu      sync.Mutex
	lives   map[domain.WorkspaceID]*life
	settled map[domain.WorkspaceID]int64     // the wish whose life ended for good
	stirred map[domain.WorkspaceID]struct{}  // to be compared with the work list in the next round
	all     bool                             // all of them are
	look    map[domain.WorkspaceID]struct{}  // whose device may have to go
	foreign map[domain.WorkspaceID]time.Time // not ours; when to ask again
	traffic map[domain.WorkspaceID]int64     // when a message last came, in Unix seconds, as of the start
	linking map[attempt]time.Time            // when linking was last begun
	closed  bool
	logAway bool
	share   int       // how many workspaces this process takes at most
	tooMany time.Time // since when it has more; zero when it has not
}

// New checks the configuration and settles the library's process-wide settings. Run does the work.
func New(cfg Config) (*Pool, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if err := settleLibrary(cfg.librarySettings()); err != nil {
		return nil, err
	}
	db, err := wrapDatabase(cfg.DB)
	if err != nil {
		return nil, err
	}
	sealed, err := newBox(cfg.SealKeys)
	if err != nil {
		return nil, err
	}
	counted, err := newMetrics(cfg.Registry)
	if err != nil {
		return nil, fmt.Errorf("register the sessions' metrics: %w", err)
	}
	sessions, err := newSessionCache()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		cfg: cfg, log: cfg.Log, db: db, box: sealed, http: newHTTPClient(cfg.Server, cfg.Now), metrics: counted,
		governor: newGovernor(cfg.ConnectRate, cfg.Rand, cfg.Now, cfg.Timing.OutdatedWait), links: links{db: db},
		codes: &codes{db: db, box: sealed, now: cfg.Now, shown: map[domain.WorkspaceID]Code{}},
		wake:  make(chan struct{}, 1), outbox: make(chan struct{}, 1),
		lives: map[domain.WorkspaceID]*life{}, settled: map[domain.WorkspaceID]int64{}, look: map[domain.WorkspaceID]struct{}{},
		stirred: map[domain.WorkspaceID]struct{}{},
		foreign: map[domain.WorkspaceID]time.Time{}, traffic: map[domain.WorkspaceID]int64{},
		linking: map[attempt]time.Time{}, wiper: &wiper{db: db, log: cfg.Log},
	}
	p.metrics.oldSeals.Set(map[bool]float64{true: 1}[len(cfg.SealKeys.Old) > 0])
	p.devices = devices{
		db: db, container: sqlstore.NewWithWrappedDB(db, libraryLog{log: cfg.Log}), links: p.links, sealKeys: cfg.SealKeys, wiper: p.wiper,
		sessions: sessions, log: cfg.Log,
	}
	return p, nil
}

// life is a workspace's goroutine.
type life struct {
	requested int64
	farewell  bool // it only removes a device
	since     time.Time
	cancel    context.CancelFunc
	over      <-chan struct{} // closed when the pool ends
	done      chan struct{}
	owned     atomic.Bool // its workspace's lease is ours
	yields    atomic.Bool // it ends so that another process can go on

	mu      sync.Mutex
	session *session // nil while linking
}

func (l *life) attach(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
}

func (l *life) current() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

// Wake tells the pool that a workspace's connection is wanted otherwise than before.
func (p *Pool) Wake(w domain.WorkspaceID) {
	p.mu.Lock()
	p.look[w] = struct{}{}
	p.mu.Unlock()
	p.stir(w)
}

// stir has the workspace compared with the work list, soon.
func (p *Pool) stir(w domain.WorkspaceID) {
	p.mu.Lock()
	p.stirred[w] = struct{}{}
	p.mu.Unlock()
	nudge(p.wake)
}

// stirs takes what was stirred; nil means all.
func (p *Pool) stirs() []domain.WorkspaceID {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := slices.Collect(maps.Keys(p.stirred))
	if p.all {
		of = nil
	}
	p.all = false
	clear(p.stirred)
	return of
}

// WakeReply hands a reply that was queued just now to the workspace's sender. Replies of workspaces this process does not
// own are passed over; so is one that was handed over already.
func (p *Pool) WakeReply(ref commands.ReplyRef) {
	if s := p.session(ref.WorkspaceID); s != nil {
		s.sender.add(ref)
	}
}

// Code returns the code being shown for the workspace, from whichever node shows it. Never an expired one.
func (p *Pool) Code(ctx context.Context, w domain.WorkspaceID) (Code, bool, error) {
	return p.codes.find(ctx, w)
}

// Heard says when the workspace's connection last brought anything at all; zero when this process holds none.
func (p *Pool) Heard(w domain.WorkspaceID) time.Time {
	if s := p.session(w); s != nil {
		return s.pulse.heard()
	}
	return time.Time{}
}

// Down says why a line that this process holds is not connected, whatever was recorded of it last; empty while it is, and
// when this process does not hold it. Taking a line over, losing it and telling the log so all take their time, and while
// the log takes nothing it cannot be told at all.
func (p *Pool) Down(w domain.WorkspaceID) domain.Reason {
	if _, ours := p.cfg.Leases.Epoch(w); !ours {
		return ""
	}
	if s := p.session(w); s != nil {
		return s.down()
	}
	return domain.ReasonRestarted
}

// Fallen says which connection of this process's fell, by the position of its connection.connected, and why; no reason while it is
// up, before there was one, and when this process does not hold it.
func (p *Pool) Fallen(w domain.WorkspaceID) (after int64, why domain.Reason) {
	s := p.session(w)
	if s == nil || !s.owns() {
		return 0, ""
	}
	if after = s.upAt.Load(); after == 0 {
		return 0, ""
	}
	return after, s.down()
}

// LogAway says that all connections are closed because the log takes nothing.
func (p *Pool) LogAway() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logAway
}

func (p *Pool) setLogAway(away bool) {
	p.mu.Lock()
	p.logAway = away
	p.mu.Unlock()
	p.metrics.logAway.Set(map[bool]float64{true: 1}[away])
}

// Lost ends the sessions of workspaces that are owned by another process now. Nothing more is written for them.
func (p *Pool) Lost(workspaces []domain.WorkspaceID) {
	for _, w := range workspaces {
		p.mu.Lock()
		l := p.lives[w]
		p.mu.Unlock()
		if l != nil {
			l.cancel()
		}
	}
}

// Freed is told of workspaces that another process gave back; nil means that anything may be free.
func (p *Pool) Freed(workspaces []domain.WorkspaceID) {
	p.mu.Lock()
	if workspaces == nil {
		clear(p.foreign)
		p.all = true
	}
	for _, w := range workspaces {
		delete(p.foreign, w)
		p.stirred[w] = struct{}{}
	}
	p.mu.Unlock()
	nudge(p.wake)
}

func (p *Pool) sessions() map[domain.WorkspaceID]*session {
	p.mu.Lock()
	lives := maps.Clone(p.lives)
	p.mu.Unlock()
	sessions := map[domain.WorkspaceID]*session{}
	for w, l := range lives {
		if s := l.current(); s != nil {
			sessions[w] = s
		}
	}
	return sessions
}

// Pulses says when each connection of this process last brought anything at all.
func (p *Pool) Pulses() map[domain.WorkspaceID]time.Time {
	pulses := map[domain.WorkspaceID]time.Time{}
	for w, s := range p.sessions() {
		if s.sender.online() {
			pulses[w] = s.pulse.heard()
		}
	}
	return pulses
}

// WakeOutbox says that replies were queued, here or in another process.
func (p *Pool) WakeOutbox() { p.wakeOutbox() }

func (p *Pool) session(w domain.WorkspaceID) *session {
	p.mu.Lock()
	l := p.lives[w]
	p.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.current()
}

func (p *Pool) wakeOutbox() { nudge(p.outbox) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run makes what is connected equal to what is desired, until ctx ends; then it closes every session.
func (p *Pool) Run(ctx context.Context) error {
	defer p.wiper.wipe(ctx)
	defer p.Close()
	var helpers sync.WaitGroup
	defer helpers.Wait()
	helpers.Go(func() { p.deliverOutbox(ctx) })
	helpers.Go(func() { p.tidy(ctx) })
	helpers.Go(func() { p.reseal(ctx) })
	helpers.Go(func() { p.watchLog(ctx) })
	helpers.Go(func() { p.wiper.run(ctx) })
	tick := time.NewTicker(p.cfg.Timing.Poll)
	defer tick.Stop()
	p.lookAtAll(ctx)
	p.rememberTraffic(ctx)
	p.reconcile(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
			p.reconcile(ctx, p.stirs()...)
		case <-tick.C:
			p.reconcile(ctx)
		}
	}
}

// Close ends every session and waits for them. Their leases are given back.
func (p *Pool) Close() {
	lives := p.shut()
	for _, l := range lives {
		l.cancel()
	}
	for _, l := range lives {
		<-l.done
	}
}

// shut begins nothing any more, and returns what there is.
func (p *Pool) shut() []*life {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return slices.Collect(maps.Values(p.lives))
}

// recovered is deferred in every goroutine: a panic of one workspace must not reach another. then may be nil.
func (p *Pool) recovered(where string, then func(error)) {
	r := recover()
	if r == nil {
		return
	}
	p.metrics.panics.Inc()
	err := errPanic(r)
	p.log.Error("panic caught", "where", where, "error", err, "stack", string(debug.Stack()))
	if then != nil {
		then(err)
	}
}
