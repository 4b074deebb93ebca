package whatsapp

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// session keeps one linked workspace connected, one connection after another, until it is stopped or ends for good.
type session struct {
	*observer
	pool     *Pool
	log      *slog.Logger
	link     link
	account  account
	lids     *lidMap
	contacts *contacts
	ratchet  *ratchet
	sender   *sender
	pulse    pulse
	resends  resends
	asides   asides
	phone    phone
	settings *settings
	facts    chan domain.ConnectionEvent
	limits   limits
	busyAt   atomic.Int64         // when a message last came or went, in Unix seconds
	live     atomic.Pointer[conn] // nil while there is no connection
	ended    atomic.Value         // domain.Reason: why the last connection ended
	upAt     atomic.Int64         // the position of the last connection.connected of ours; 0 when there was none
	fresh    bool                 // linked just now: the first connection has to come soon
	stop     context.CancelFunc

	mu     sync.Mutex
	blamed map[string]int                // tries of messages that failed for reasons of their own
	ends   map[domain.Reason][]time.Time // recent ends, where only so many are allowed
}

func (p *Pool) newSession(o *observer, l link, stop context.CancelFunc) *session {
	s := &session{
		observer: o, pool: p, log: o.log, link: l, account: account{PN: l.JID, LID: l.LID}, stop: stop,
		lids: newLIDMap(p.cfg.DB, o.workspace), contacts: p.contacts(o.workspace, l.contactsRead), ratchet: newRatchet(),
		facts:    make(chan domain.ConnectionEvent, 64),
		settings: newSettings(), blamed: map[string]int{}, ends: map[domain.Reason][]time.Time{}, phone: phone{came: make(chan struct{}, 1), found: l.phoneSeen},
	}
	s.ended.Store(domain.ReasonRestarted)
	s.sender = newSender(s)
	s.busyAt.Store(p.lastTraffic(o.workspace))
	return s
}

// run returns true when the session ended for good: it is not to be started again before somebody asks. An empty why says
// that the log knows already what is going on.
func (s *session) run(ctx context.Context, why domain.Reason) (final bool) {
	defer s.pool.governor.forget(s.workspace)
	ctx, cancel := context.WithCancel(ctx)
	chores := []*chore{s.sender.begin(ctx), s.limits.begin(ctx, s), s.asides.begin(ctx, s)}
	defer func() {
		for _, c := range chores {
			c.stop()
		}
		cancel()
		for _, c := range chores {
			c.wait()
		}
	}()
	offline := s.pool.metrics.sessions.WithLabelValues("reconnecting")
	offline.Inc()
	defer offline.Dec()
	for plan := s.firstTry(why); s.approach(ctx, &plan); {
		v := s.hold(ctx, plan.attempt)
		if ctx.Err() != nil {
			return false
		}
		if again, final := s.goesOn(ctx, v, &plan); !again {
			return final
		}
	}
	return false
}

// goesOn says whether there is another try after an end, and plans it.
func (s *session) goesOn(ctx context.Context, v *verdict, plan *nextTry) (again, final bool) {
	tries := s.countEnd(v)
	if v.most > 0 && tries > v.most {
		v.end = v.finally
	}
	s.pool.metrics.transitions.WithLabelValues(v.from(), v.end.String(), string(v.reason)).Inc()
	s.log.InfoContext(ctx, "connection ended", "reason", v.reason, "code", v.code, "epoch", s.epoch)
	if v.restrict != nil && !s.restricted(ctx, v.restrict.fact(s.workspace, s.pool.cfg.Now(), s.because(v))) {
		return false, false
	}
	if v.end != endRetry {
		return false, s.conclude(ctx, v)
	}
	*plan = s.after(*plan, v, tries)
	return true, false
}

// firstTry is at once, but for a ban that a restart does not end.
func (s *session) firstTry(why domain.Reason) nextTry {
	now := s.pool.cfg.Now()
	if s.known.Reason == domain.ReasonBanned && s.known.NextAt.After(now) {
		return nextTry{attempt: 1, reason: domain.ReasonBanned, at: s.known.NextAt, how: s.own()}
	}
	return nextTry{attempt: 1, reason: why, at: now, how: s.own()}
}

// nextTry is the coming try to connect.
type nextTry struct {
	attempt int
	reason  domain.Reason
	how     domain.Evidence
	at      time.Time
	said    time.Time // when the log was last told of a try
	dropped bool      // the connection was up until just now
	away    bool      // the wait ends early when WhatsApp comes back
}

// after plans the try that follows an end.
func (s *session) after(last nextTry, v *verdict, tries int) nextTry {
	now := s.pool.cfg.Now()
	plan := nextTry{attempt: last.attempt + 1, reason: v.reason, how: s.because(v), said: last.said, dropped: v.served}
	if v.served {
		plan.attempt, plan.said = 1, time.Time{}
	}
	switch {
	case v.waits != nil:
		plan.at = now.Add(v.waits(tries))
	case v.wait > 0:
		plan.away = v.reason == domain.ReasonOutdated
		plan.at = now.Add(v.wait + time.Duration(s.pool.cfg.Rand()*float64(v.spread)))
	default:
		plan.at, plan.away = now.Add(s.pool.governor.failedFrom(s.workspace, cmp.Or(v.first, backoffFirst))), true
	}
	return plan
}

// approach tells the log of the coming try and waits for its time. The log must take it: while nothing can be appended
// there is no connecting, because nothing that arrives could be stored.
func (s *session) approach(ctx context.Context, n *nextTry) bool {
	now := s.pool.cfg.Now()
	if until := s.pool.governor.refusedUntil(); !until.IsZero() && n.reason != domain.ReasonOutdated {
		n.reason, n.at, n.away, n.how = domain.ReasonOutdated, until, true, s.own() // no use in trying; it takes as long for everybody
	}
	if n.dropped {
		e := domain.ConnectionDisconnected{WorkspaceID: s.workspace, Reason: n.reason, WillRetry: true, DisconnectedAt: now, Evidence: n.how}
		if _, err := s.observe(ctx, e); err != nil {
			return false
		}
	}
	// a long outage must not fill the log: the first three tries, then one a minute
	if n.reason != "" && (n.attempt <= 3 || now.Sub(n.said) >= time.Minute || n.at.Sub(now) >= time.Minute) {
		e := domain.ConnectionReconnecting{WorkspaceID: s.workspace, Attempt: n.attempt, NextAt: n.at, Reason: n.reason, Evidence: n.how}
		if _, err := s.observe(ctx, e); err != nil {
			return false
		}
		n.said = now
	}
	wait := n.at.Sub(s.pool.cfg.Now())
	if n.away {
		return s.pool.governor.wait(ctx, wait)
	}
	return sleep(ctx, wait)
}

// steadyAfter is how long a connection must live before its end counts as a first failure again.
const steadyAfter = 10 * time.Second

// hold makes a connection and lives with it until it ends, renewing its client now and then. The verdict says why it did.
func (s *session) hold(ctx context.Context, attempt int) *verdict {
	c, failed := s.connect(ctx, attempt)
	for failed == nil {
		v := s.liveWith(ctx, c, attempt)
		if v.renewal == nil {
			return v
		}
		c, failed = s.renew(ctx, c, v.renewal)
	}
	return failed
}

// liveWith serves a connection and closes it when it ends.
func (s *session) liveWith(ctx context.Context, c *conn, attempt int) *verdict {
	defer c.close(ctx)
	defer s.sender.rest(sendRest)
	defer c.catchUp.stop(c)
	since := s.pool.cfg.Now()
	v := c.evident(s.serve(ctx, c, attempt))
	v.served = true
	s.fell(v.reason)
	if s.pool.cfg.Now().Sub(since) >= steadyAfter {
		s.pool.governor.steady(s.workspace)
	}
	return v
}

// connect waits for the process's turn and dials.
func (s *session) connect(ctx context.Context, attempt int) (*conn, *verdict) {
	done, err := s.turn(ctx)
	if err != nil {
		return nil, &verdict{reason: domain.ReasonNetwork}
	}
	defer done()
	timeout := s.pool.cfg.Timing.ConnectTimeout
	if s.fresh && attempt == 1 {
		timeout = s.pool.cfg.Timing.LinkTimeout // a socket that closed too early leaves the client waiting for nothing
	}
	return s.dialInTurn(ctx, timeout)
}

// dialInTurn dials if the workspace is still ours, and tells the governor how it went.
func (s *session) dialInTurn(ctx context.Context, timeout time.Duration) (*conn, *verdict) {
	if !s.owns() {
		s.lose()
		return nil, &verdict{reason: domain.ReasonNetwork}
	}
	started := s.pool.cfg.Now()
	c, failed := s.dial(ctx, timeout)
	if ctx.Err() != nil && failed != nil {
		return nil, failed
	}
	m, g := s.pool.metrics, s.pool.governor
	if failed != nil {
		m.connects.WithLabelValues(string(failed.reason)).Inc()
		if failed.reason == domain.ReasonOutdated {
			g.refused()
		} else if failed.reason != domain.ReasonStorage { // which says nothing of WhatsApp
			g.tried(failed.judged())
		}
		return nil, failed
	}
	m.connects.WithLabelValues("connected").Inc()
	m.connectDuration.Observe(s.pool.cfg.Now().Sub(started).Seconds())
	g.tried(true)
	s.fresh = false
	return c, nil
}

// fell remembers why there is no connection any more, and has it shown before the log can be told.
func (s *session) fell(why domain.Reason) {
	if why != "" { // else it was told to end
		s.ended.Store(why)
	}
	s.live.Store(nil)
	s.pool.cfg.Fell([]domain.WorkspaceID{s.workspace})
}

// down says why there is no connection, empty while there is one.
func (s *session) down() domain.Reason {
	if c := s.live.Load(); c != nil && c.alive.Err() == nil {
		return ""
	}
	why, _ := s.ended.Load().(domain.Reason)
	return why
}

// turn waits until the session may connect. One that was linked just now will upload its keys first; only few may at once.
func (s *session) turn(ctx context.Context) (done func(), err error) {
	s.pool.metrics.governorQueue.Inc()
	defer s.pool.metrics.governorQueue.Dec()
	uploaded := func() {}
	if s.fresh {
		if uploaded, err = s.pool.governor.upload(ctx); err != nil {
			return nil, err
		}
	}
	connected, err := s.pool.governor.turn(ctx, s.workspace, s.busy())
	if err != nil {
		uploaded()
		return nil, err
	}
	return func() { connected(); uploaded() }, nil
}

// busy is when a message last came or went.
func (s *session) busy() time.Time { return time.Unix(s.busyAt.Load(), 0) }

// serve lets messages flow until the connection ends.
func (s *session) serve(ctx context.Context, c *conn, attempt int) *verdict {
	s.live.Store(c)
	if !s.connected(c, attempt) {
		return c.verdict()
	}
	online, offline := s.pool.metrics.sessions.WithLabelValues("online"), s.pool.metrics.sessions.WithLabelValues("reconnecting")
	online.Inc()
	offline.Dec()
	defer online.Dec()
	defer offline.Inc()
	phone := s.pool.chore(c.alive, "phone", func(context.Context) time.Duration { return s.watchPhone(c) }) //nolint:contextcheck // likewise
	defer phone.stop()
	phone.ask()
	s.sender.use(c)
	defer s.sender.use(nil)
	contacts := c.followContacts()
	defer contacts.stop()
	contacts.ask()
	recycling := s.recycling()
	look := time.NewTimer(recycling.wait(s.pool.cfg.Now(), s.busy(), false))
	defer look.Stop()
	for { // nearly all sessions are here, nearly always: what else is done here makes the stack of each of them larger
		select {
		case <-ctx.Done():
			return &verdict{}
		case v := <-c.ended:
			return v
		case <-look.C:
			turn, wait := s.recycles(ctx, c, recycling)
			if turn != nil {
				return &verdict{renewal: turn}
			}
			look.Reset(wait)
		case <-s.phone.came:
			phone.ask()
		case <-s.contacts.again:
			contacts.ask()
		case fact := <-s.facts:
			if !s.records(c, fact) {
				return c.verdict()
			}
		case fact := <-c.catchUp.facts:
			if !s.records(c, fact) {
				return c.verdict()
			}
		}
	}
}

// connected records that WhatsApp delivers.
func (s *session) connected(c *conn, attempt int) bool {
	position, err := s.observeAt(c.alive, domain.ConnectionConnected{
		WorkspaceID: s.workspace, Attempt: attempt, ConnectedAt: s.pool.cfg.Now(), Evidence: c.saw(&events.Connected{}),
	})
	if position > 0 { // else it is connected as far as the log knows, with a renewed client
		s.upAt.Store(position)
	}
	return err == nil
}

// records has the log know a fact about a connection, and says whether it does.
func (s *session) records(c *conn, fact domain.ConnectionEvent) bool {
	_, err := s.observe(c.alive, fact)
	return err == nil
}

// conclude records an end for good.
func (s *session) conclude(ctx context.Context, v *verdict) (final bool) {
	now, how := s.pool.cfg.Now(), s.because(v)
	var facts []domain.ConnectionEvent
	switch v.end {
	case endUnlink:
		if !s.pool.removeDevice(ctx, s.observer) {
			return false
		}
		facts = append(facts, domain.ConnectionUnlinked{WorkspaceID: s.workspace, Reason: v.reason, UnlinkedAt: now, Evidence: how})
	case endPark: // only a link that is used elsewhere, again and again
		s.pool.metrics.replaced.Inc()
		facts = append(facts, domain.ConnectionDisconnected{WorkspaceID: s.workspace, Reason: v.reason, DisconnectedAt: now, Evidence: how})
	case endFail:
		facts = append(facts, domain.ConnectionFailed{WorkspaceID: s.workspace, Reason: v.reason, Code: v.code, FailedAt: now, Evidence: how})
	case endRetry:
	}
	for _, fact := range facts {
		if _, err := s.observe(ctx, fact); err != nil {
			return false
		}
	}
	return true
}

func (r restriction) fact(w domain.WorkspaceID, now time.Time, how domain.Evidence) domain.ConnectionRestricted {
	e := domain.ConnectionRestricted{WorkspaceID: w, Code: r.code, Evidence: how}
	if r.last > 0 {
		e.Until = now.Add(r.last)
	}
	return e
}

// note hands a fact to the session's goroutine, which records facts in order.
func (s *session) note(e domain.ConnectionEvent) {
	select {
	case s.facts <- e:
	default:
		s.log.Warn("connection fact dropped, too many are waiting", "event", e.EventType())
	}
}

// owns says whether the workspace is known to be still ours: nobody else can have taken it yet.
func (s *session) owns() bool {
	epoch, ours := s.pool.cfg.Leases.Epoch(s.workspace)
	return ours && epoch == s.epoch
}

// lose ends the session because another process owns the workspace. Nothing more is written.
func (s *session) lose() {
	s.log.Warn("session ends, another process owns the workspace")
	s.stop()
}

// countEnd notes an end that may happen only so often, and says how many there were within its window.
func (s *session) countEnd(v *verdict) int {
	if v.most == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.pool.cfg.Now()
	recent := []time.Time{now}
	for _, at := range s.ends[v.reason] {
		if now.Sub(at) < v.window {
			recent = append(recent, at)
		}
	}
	s.ends[v.reason] = recent
	return len(recent)
}

// blame counts a message's failures for a reason of its own.
func (s *session) blame(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blamed[key]++
	return s.blamed[key]
}

func (s *session) forgiven(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blamed, key)
}

func (s *session) newGuard(onBroken func(error)) *guard {
	return &guard{
		db: s.pool.db, links: s.pool.links, workspace: s.workspace, epoch: s.epoch, ratchet: s.ratchet,
		metrics: s.pool.metrics, box: s.pool.box, now: s.pool.cfg.Now, onBroken: onBroken,
	}
}
