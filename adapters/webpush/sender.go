package webpush

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"code.dny.dev/ssrf"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

// How much is under way at once in this process. A push service that hangs holds only so much of it, and so do a workspace and
// all browsers that were not reached the last time.
const (
	mostAtOnce   = 128
	mostFailing  = 32
	perWorkspace = 4
	perService   = 32
	perDatabase  = 4 // however many answer at once, the database has others to serve
)

const (
	retryFirst = 2 * time.Second // doubles with every try
	retryLimit = 5 * time.Minute
	obeyLimit  = 15 * time.Minute // a service may ask for no longer pause than that

	graceAtEnd = 2 * time.Second // for what is under way when the program ends

	sweepEvery   = time.Hour
	keptSettled  = 24 * time.Hour      // so that an alert that is queued again is known
	givenUpAfter = 14 * 24 * time.Hour // a browser that nothing reached for so long is forgotten
)

// Sender brings queued alerts to browsers. A row in the queue is taken for a while, sent, and settled: after a crash in between
// it is sent again, and takes the place of the first on the device. Every node may run one.
type Sender struct {
	config  Config
	keys    keys
	client  *http.Client
	wake    chan struct{}
	sent    *prometheus.CounterVec
	swept   time.Time
	atOnce  chan struct{} // one for each that may use the database
	running sync.WaitGroup

	mu         sync.Mutex
	all        int
	failing    int
	workspaces map[domain.WorkspaceID]int // deliveries under way
	services   map[string]int
}

// New makes a Sender.
func New(c Config) (*Sender, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	pair, err := keysOf(c.Key)
	if err != nil {
		return nil, err
	}
	c = c.withDefaults()
	s := &Sender{
		config: c, keys: pair, client: newClient(c), wake: make(chan struct{}, 1), atOnce: make(chan struct{}, perDatabase),
		workspaces: map[domain.WorkspaceID]int{}, services: map[string]int{},
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchboard_push_total", Help: "Alerts on their way to browsers, by what became of a try.",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{"sent", "late", "refused"} { // an alert compares them before the first is counted
		s.sent.WithLabelValues(outcome)
	}
	return s, c.Registry.Register(s.sent)
}

// Wake says that something was queued. It never waits.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends; what is under way then has a moment to arrive.
func (s *Sender) Run(ctx context.Context) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	tick := time.NewTicker(s.config.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.look(ctx, work); err != nil && ctx.Err() == nil {
			s.config.Logger.WarnContext(ctx, "alerts for browsers could not be taken, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-s.wake:
		}
	}
	late := time.AfterFunc(graceAtEnd, cut)
	defer late.Stop()
	s.running.Wait()
	return nil
}

func (s *Sender) look(ctx, work context.Context) error {
	if now := s.config.Now(); now.Sub(s.swept) > sweepEvery {
		if err := s.config.Browsers.Sweep(ctx, keptSettled, givenUpAfter); err != nil {
			return err
		}
		s.swept = now
	}
	room := s.room()
	if room.Most <= 0 {
		return nil
	}
	taken, err := s.config.Browsers.Claim(ctx, room)
	for _, d := range taken {
		s.count(d, 1)
		s.running.Go(func() {
			defer s.Wake() // there is room again
			defer s.count(d, -1)
			s.deliver(work, d)
		})
	}
	return err
}

// room is what may be taken beside what is under way.
func (s *Sender) room() postgres.ClaimRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := postgres.ClaimRequest{
		Hold: 3 * s.config.Timeout, Most: mostAtOnce - s.all, MostFailing: mostFailing - s.failing,
		PerWorkspace: perWorkspace, PerService: perService,
	}
	for w, n := range s.workspaces {
		if n >= perWorkspace {
			r.Workspaces = append(r.Workspaces, w)
		}
	}
	for service, n := range s.services {
		if n >= perService {
			r.Services = append(r.Services, service)
		}
	}
	return r
}

func (s *Sender) count(d postgres.Delivery, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all += n
	if d.Failing {
		s.failing += n
	}
	if s.workspaces[d.WorkspaceID] += n; s.workspaces[d.WorkspaceID] == 0 {
		delete(s.workspaces, d.WorkspaceID)
	}
	if s.services[d.Service()] += n; s.services[d.Service()] == 0 {
		delete(s.services, d.Service())
	}
}

// deliver tries once. What fails on our side is left as it is: the row comes back by itself.
func (s *Sender) deliver(ctx context.Context, d postgres.Delivery) {
	if err := s.try(ctx, d); err != nil {
		s.config.Logger.WarnContext(ctx, "an alert for a browser will be tried again", "workspace_id", d.WorkspaceID, "error", err)
	}
}

func (s *Sender) try(ctx context.Context, d postgres.Delivery) error {
	notice, wanted, err := s.compose(ctx, d)
	if err != nil || !wanted {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	got, err := s.post(sending, d, notice)
	if ctx.Err() != nil {
		return ctx.Err() // the program ends
	}
	return s.note(ctx, d, got, err)
}

// compose settles what is no news any more.
func (s *Sender) compose(ctx context.Context, d postgres.Delivery) (Notice, bool, error) {
	s.atOnce <- struct{}{}
	defer func() { <-s.atOnce }()
	notice, wanted, err := s.config.Compose(ctx, d.WorkspaceID, d.MemberID, d.Position)
	if err == nil && !wanted {
		s.sent.WithLabelValues("unwanted").Inc()
		err = s.config.Browsers.Settle(ctx, d)
	}
	return notice, wanted, err
}

// note does what a push service's answer asks for (RFC 8030 §5 and §7.3, and what today's services do beyond it).
func (s *Sender) note(ctx context.Context, d postgres.Delivery, got answer, failed error) error {
	s.atOnce <- struct{}{}
	defer func() { <-s.atOnce }()
	outcome := s.outcomeOf(d, got, failed)
	s.sent.WithLabelValues(outcome).Inc()
	browsers := s.config.Browsers
	switch outcome {
	case "sent":
		return errors.Join(browsers.Settle(ctx, d), browsers.Mark(ctx, d, true))
	case "gone":
		return browsers.Remove(ctx, d.ID)
	case "again":
		return errors.Join(browsers.Postpone(ctx, d, s.config.Now().Add(pauseAfter(d, got))), browsers.Mark(ctx, d, false))
	}
	s.config.Logger.WarnContext(ctx, "an alert did not reach a browser", "workspace_id", d.WorkspaceID, "service", d.Service(),
		"outcome", outcome, "status", got.status, "error", withoutAddress(failed))
	return errors.Join(browsers.Settle(ctx, d), browsers.Mark(ctx, d, false))
}

func (s *Sender) outcomeOf(d postgres.Delivery, got answer, failed error) string {
	switch {
	case failed == nil && got.status >= 200 && got.status < 300:
		return "sent"
	case failed == nil && (got.status == http.StatusNotFound || got.status == http.StatusGone):
		return "gone"
	case errors.Is(failed, ssrf.ErrProhibitedIP), errors.Is(failed, ssrf.ErrProhibitedPort), errors.Is(failed, ssrf.ErrProhibitedNetwork):
		return "refused"
	case failed == nil && got.status != http.StatusTooManyRequests && got.status < 500:
		return "refused"
	case s.config.Now().Add(pauseAfter(d, got)).After(d.Until):
		return "late"
	}
	return "again"
}

func pauseAfter(d postgres.Delivery, got answer) time.Duration {
	pause := min(retryFirst<<min(d.Tries-1, 10), retryLimit)
	return max(pause, min(got.retryAfter, obeyLimit))
}

// withoutAddress leaves out what an error of the HTTP client says of the endpoint, which is a secret.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
