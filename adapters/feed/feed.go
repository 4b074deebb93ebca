package feed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

// Feed runs every reader of the log in this process. Register the readers first, then call Run once.
type Feed struct {
	config     Config
	tail       *tail
	statements *statements
	metrics    *metrics
	audience   audience
	abroad     *progress // counts the commits heard of from other processes

	readers  map[string]*reader
	order    []*reader // as registered
	mistakes []error
}

// reader is what projections, reactors and message handlers have in common.
type reader struct {
	identity
	reached *progress // everything up to here is done, as far as this process knows
	start   Start
	hurry   hurry
	work    worker
}

// worker is what makes a reader one of the three kinds.
type worker interface {
	// mend does again what could not be done for a stream, in order.
	mend(ctx context.Context, stream domain.StreamID) error
}

// Start is where a reader begins that has never run.
type Start string

// Where a reader may begin.
const (
	FromBeginning Start = "beginning"
	FromNow       Start = "now" // at the log's head when it is first started
)

// New makes a Feed without readers.
func New(c Config) (*Feed, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	f := &Feed{
		config: c, tail: newTail(c), statements: newStatements(c.DB),
		abroad: newProgress(), readers: map[string]*reader{},
	}
	f.metrics = newMetrics(f)
	if err := f.metrics.register(c.Registerer); err != nil {
		return nil, fmt.Errorf("register the feed's metrics: %w", err)
	}
	return f, nil
}

// Wake says that something was appended. It never blocks, and it is never wrong to call it.
func (f *Feed) Wake() { f.tail.wake() }

// Project registers a read model. Its Apply runs in the transaction that moves its checkpoint.
func (f *Feed) Project(p projections.Projection) {
	r := f.add(identity{p.Name, p.Version}, FromBeginning)
	r.work = newProjector(f, r, p)
}

// React registers a handler that touches the world. It runs outside any transaction, at least once per event, in order
// within a stream and in parallel across streams; it has to be idempotent by event id.
func (f *Feed) React(name string, handle func(context.Context, domain.Recorded) error, o ReactOptions) {
	o = o.withDefaults()
	r := f.add(identity{name, reactorVersion}, o.Start)
	r.work = newReactor(f, r, handle, o)
}

// Message registers a handler of every event that touches only tables, through the given transaction.
func (f *Feed) Message(name string, handle MessageHandler) {
	r := f.add(identity{name, messageVersion}, FromBeginning)
	r.work = newMessenger(f, r, handle)
}

// Follow registers a read model the way it is read.
func (f *Feed) Follow(m Model) { m.join(f, m.Name) }

func (f *Feed) add(id identity, start Start) *reader {
	r := &reader{identity: id, reached: newProgress(), start: start, hurry: newHurry()}
	switch {
	case id.name == "":
		f.mistakes = append(f.mistakes, errors.New("a reader needs a name"))
	case f.readers[id.name] != nil:
		f.mistakes = append(f.mistakes, fmt.Errorf("two readers are called %q", id.name))
	default:
		f.readers[id.name] = r
		f.order = append(f.order, r)
	}
	return r
}

// Run reads until ctx ends, and returns an error only if it could not start. Events that fail do not stop it: see Blocked.
func (f *Feed) Run(ctx context.Context) error {
	if err := errors.Join(f.mistakes...); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	router, err := f.prepareInTime(ctx)
	if ctx.Err() != nil {
		return nil // it was asked to stop
	}
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { f.tail.run(ctx) })
	if f.config.DSN != "" {
		running.Go(func() { f.listen(ctx) })
	}
	for _, r := range f.order {
		if p, ok := r.work.(*projector); ok {
			running.Go(func() { p.run(ctx) })
		}
	}
	return f.route(ctx, router)
}

// prepareInTime prepares as soon as the database can be reached: one that is away while the program starts must not end it.
// The router is nil when ctx ended before that.
func (f *Feed) prepareInTime(ctx context.Context) (*message.Router, error) {
	for failures := 1; ; failures++ {
		router, err := f.prepare(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, nil //nolint:nilnil,nilerr // asked to stop before there was anything to run
		case err == nil || !isInfrastructure(err):
			return router, err
		}
		f.config.Logger.WarnContext(ctx, "feed cannot start yet, will try again", "error", err)
		pause(ctx, backoff(startAgain, startAgainLimit, failures))
	}
}

// How long to wait between two tries to start.
const (
	startAgain      = 50 * time.Millisecond
	startAgainLimit = 2 * time.Second
)

// prepare places the tail and makes the checkpoints, so that lag can be told from the first moment.
func (f *Feed) prepare(ctx context.Context) (*message.Router, error) {
	if err := f.tail.start(ctx); err != nil {
		return nil, err
	}
	for _, r := range f.order {
		start := int64(0)
		if r.start == FromNow {
			start = f.tail.head()
		}
		if err := f.begin(ctx, r, start); err != nil {
			return nil, err
		}
	}
	return f.newRouter() //nolint:contextcheck // handlers take the context of their message
}

// begin makes a reader's checkpoint, unless its tables hold what another version of it wrote: then they are rebuilt first.
func (f *Feed) begin(ctx context.Context, r *reader, start int64) error {
	if p, ok := r.work.(*projector); ok {
		_, err := readCheckpoint(ctx, f.config.DB, r.identity)
		if p.outdated = errors.Is(err, errNeverRan); p.outdated {
			p.outdated, err = hasOtherVersion(ctx, f.config.DB, r.identity)
		}
		if err != nil || p.outdated {
			return err
		}
	}
	return ensureCheckpoint(ctx, f.config.DB, r.identity, start)
}
