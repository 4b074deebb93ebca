package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/test/rig"
)

var program string // the built binary

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, remove, err := rig.Folder()
		if err == nil {
			defer func() { _ = remove() }()
			program, err = rig.Build(context.Background(), folder)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

const (
	question = "How much is delivery?"
	answer   = "Delivery is 1,500 within Lagos."
	shops    = 6
)

// world is two processes on one database, and a local WhatsApp in a third.
type world struct {
	t      *testing.T
	db     pgtest.Database
	phones *rig.Sandbox
	sites  []rig.Site
	nodes  []*rig.Process
	shops  []*shop
}

// shop is a workspace with its number.
type shop struct {
	owner  *rig.Owner
	number string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldThrough(t, func(dsn string) string { return dsn })
}

// newWorldThrough lets the first node reach the database at another address. Worlds share nothing, and mostly wait for leases to
// run out, so tests of several run at once.
func newWorldThrough(t *testing.T, first func(dsn string) string) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, db: pgtest.New(t)}
	secrets := filepath.Join(w.folder(), "secrets.json")
	for n := range 2 {
		site, err := rig.NewSite(t.Context(), program, w.folder())
		w.must(err)
		if n > 0 {
			site.PhonesAddr = w.sites[0].PhonesAddr
		}
		dsn := w.db.DSN
		if n == 0 {
			dsn = first(dsn)
		}
		site.Settings = []string{
			"DATABASE_URL=" + dsn, "SWITCHBOARD_SECRET_FILE=" + secrets,
			"SWITCHBOARD_PACING=off", "SWITCHBOARD_CONNECT_RATE=unlimited",
		}
		w.sites = append(w.sites, site)
	}
	w.phones = w.sites[0].Phones()
	phones, err := w.sites[0].StartPhones(t.Context())
	w.must(err)
	t.Cleanup(func() { _ = phones.Stop() })
	for n := range w.sites {
		w.nodes = append(w.nodes, nil)
		w.start(n)
		t.Cleanup(func() { w.stop(n) })
	}
	return w
}

func (w *world) folder() string {
	folder, remove, err := rig.Folder()
	w.must(err)
	w.t.Cleanup(func() { _ = remove() })
	return folder
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) start(n int) {
	w.t.Helper()
	p, err := w.sites[n].StartServer(w.t.Context())
	w.must(err)
	w.nodes[n] = p
}

func (w *world) stop(n int) {
	_ = w.nodes[n].Resume()
	if err := w.nodes[n].Stop(); err != nil {
		w.t.Errorf("node %d did not end in order: %v", n, err)
	}
	if w.t.Failed() {
		out := w.nodes[n].Output()
		w.t.Logf("what node %d printed last:\n%s", n, out[max(0, len(out)-8_000):])
	}
}

func (w *world) at(n int) *rig.Product { return w.sites[n].Product() }

// patient gives a step as long as it may take on a busy machine.
func (w *world) patient() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), 90*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func shopNumber(n int) string     { return fmt.Sprintf("23480300000%02d", n) }
func customerNumber(n int) string { return fmt.Sprintf("23480550%05d", n) }

// open makes a shop whose owner asks for the code on one node and reads it on the other.
func (w *world) open(n int) {
	w.t.Helper()
	ctx := w.patient()
	here, there := w.at(n%2).Elsewhere(n), w.at((n+1)%2)
	owner, err := here.SignUp(ctx, fmt.Sprintf("owner%d@example.com", n), fmt.Sprintf("Shop %d", n))
	w.must(err)
	s := &shop{owner: owner, number: shopNumber(n)}
	w.must(w.phones.AddPhone(ctx, s.number, "Shop", "owner"))
	w.must(owner.Connect(ctx))
	code, err := owner.At(there).QR(ctx)
	w.must(err)
	w.must(w.phones.Scan(ctx, s.number, code))
	w.must(owner.At(there).Online(ctx))
	w.must(owner.AddFAQ(ctx, answer, question, "delivery price"))
	w.shops = append(w.shops, s)
}

func (w *world) openAll() {
	w.t.Helper()
	for n := range shops {
		w.open(n)
	}
}

// held counts the workspaces of each living node.
func (w *world) held(ctx context.Context) []int {
	w.t.Helper()
	var counts []int
	w.must(w.db.DB.SelectContext(ctx, &counts, `
		SELECT count(l.workspace_id)
		  FROM nodes n LEFT JOIN workspace_leases l ON l.node_id = n.node_id
		 WHERE n.expires_at > clock_timestamp() AND NOT n.leaving
		 GROUP BY n.node_id
		 ORDER BY 1`))
	return counts
}

// shared waits until the living nodes hold as many workspaces each as given, and all are connected.
func (w *world) shared(counts ...int) {
	w.t.Helper()
	slices.Sort(counts)
	w.must(rig.Eventually(w.patient(), "wait for even shares", func(ctx context.Context) error {
		if held := w.held(ctx); !slices.Equal(held, counts) {
			return fmt.Errorf("the nodes hold %v, not %v", held, counts)
		}
		return nil
	}))
	for _, s := range w.shops {
		w.online(s)
	}
}

// online waits until the sandbox itself says that a shop's device is connected.
func (w *world) online(s *shop) {
	w.t.Helper()
	w.must(rig.Eventually(w.patient(), "wait for "+s.number, func(ctx context.Context) error {
		r, err := w.phones.Judge(ctx, s.number)
		if err != nil {
			return err
		}
		if len(r.Connections) == 0 || r.Connections[len(r.Connections)-1].ClosedAt != nil {
			return rig.ErrNotYet
		}
		return nil
	}))
}

// crowd writes to the shops in turn until stopped; each customer writes once.
type crowd struct {
	w    *world
	stop context.CancelFunc
	done chan error
	mu   sync.Mutex
	sent map[string]string // by customer: WhatsApp's id
}

func (w *world) load(every time.Duration) *crowd {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	c := &crowd{w: w, stop: stop, done: make(chan error, 1), sent: map[string]string{}}
	go func() { c.done <- c.write(ctx, every) }()
	return c
}

func (c *crowd) write(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		number := customerNumber(n)
		if err := c.w.phones.AddPhone(context.WithoutCancel(ctx), number, "Customer", "customer"); err != nil {
			return err
		}
		m, err := c.w.phones.Send(context.WithoutCancel(ctx), number, c.w.shops[n%len(c.w.shops)].number, question, []string{"phone", "lid"}[n%2])
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.sent[number] = m.ID
		c.mu.Unlock()
	}
}

// end stops writing, waits for the answers, and says what is wrong with them: one readable answer each is right, and every
// message is in the log once.
func (c *crowd) end() {
	c.w.t.Helper()
	c.stop()
	c.w.must(<-c.done)
	var wrong []error
	for number := range c.sent {
		c.w.must(rig.Eventually(c.w.patient(), "wait for the answer to "+number, func(ctx context.Context) error {
			if in, err := c.answers(ctx, number); err != nil || len(in) == 0 {
				return errors.Join(rig.ErrNotYet, err)
			}
			return nil
		}))
		in, err := c.answers(c.w.patient(), number)
		c.w.must(err)
		if len(in) != 1 || in[0].Status == "failed" || !strings.Contains(in[0].Text, answer) {
			wrong = append(wrong, fmt.Errorf("%s got %+v", number, in))
		}
	}
	var recorded []string
	c.w.must(c.w.db.DB.SelectContext(c.w.t.Context(), &recorded, `
		SELECT data->>'message_id' FROM events WHERE type = 'conversation.message_received'`))
	for number, id := range c.sent {
		if n := countOf(recorded, id); n != 1 {
			wrong = append(wrong, fmt.Errorf("the message of %s is in the log %d times", number, n))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		c.w.t.Error(err)
	}
	c.w.t.Logf("%d messages, each answered once", len(c.sent))
}

func countOf(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func (c *crowd) answers(ctx context.Context, number string) (in []rig.Message, err error) {
	all, err := c.w.phones.Messages(ctx, number)
	for _, m := range all {
		if m.Direction == "in" {
			in = append(in, m)
		}
	}
	return in, err
}

// score puts a figure beside its limits.
func (w *world) score(card rig.Scorecard) {
	w.t.Helper()
	var text strings.Builder
	card.Print(&text)
	w.t.Log(text.String())
	if err := card.Missed(); err != nil {
		w.t.Error(err)
	}
}

// released is how often a node recorded that it let go of a session.
func (w *world) released() (n int) {
	w.t.Helper()
	w.must(w.db.DB.GetContext(w.t.Context(), &n, `SELECT count(*) FROM events WHERE type = 'connection.released'`))
	return n
}

// gaps are how long each shop's device was away since a moment, and late how many frames came over a connection after the next
// one had logged in.
func (w *world) gaps(since time.Time) (gaps []time.Duration, late int) {
	w.t.Helper()
	for _, s := range w.shops {
		r, err := w.phones.Judge(w.patient(), s.number)
		w.must(err)
		if r.Dropped > 0 {
			w.t.Errorf("the journal of %s lacks %d entries", s.number, r.Dropped)
		}
		for i, next := range r.Connections {
			if i == 0 || next.OpenedAt.Before(since) {
				continue
			}
			if before := r.Connections[i-1]; before.ClosedAt != nil {
				gaps = append(gaps, max(0, next.OpenedAt.Sub(*before.ClosedAt)))
			}
			for _, f := range r.Journal {
				if f.What == "received" && f.Connection < next.ID && f.At.After(next.OpenedAt) {
					late++
					w.t.Logf("%s: connection %d sent %s after connection %d had logged in", s.number, f.Connection, f.Class, next.ID)
				}
			}
		}
	}
	slices.Sort(gaps)
	return gaps, late
}
