package webpush_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/adapters/webpush"
	"switchboard.example/adapters/webpush/webpushtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

var testKey = []byte("0123456789abcdef0123456789abcdef")

// world is a queue in a database of its own, and push services.
type world struct {
	*testing.T
	db       *sqlx.DB // as the database's owner
	browsers postgres.Browsers
	service  *webpushtest.Service
	words    string // of every notice; empty: nothing is news

	mu       sync.Mutex
	now      time.Time
	position int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{T: t, db: db.DB, service: webpushtest.New(t), words: "Ngozi: do you deliver to Ibadan?", now: time.Now().Truncate(time.Second)}
	worker, err := postgres.Open(t.Context(), db.DSN, postgres.PoolConfig{Role: "sb_worker", MaxConns: 20})
	w.must(err)
	t.Cleanup(func() { _ = worker.Close() })
	w.browsers = postgres.Browsers{DB: worker, Now: w.clock}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// shop makes a workspace whose owner is told in so many browsers.
func (w *world) shop(browsers ...*webpushtest.Browser) domain.WorkspaceID {
	w.Helper()
	shop := domain.WorkspaceID(uuid.NewString())
	w.member(shop, domain.RoleOwner, browsers...)
	return shop
}

// member makes somebody who is told in so many browsers.
func (w *world) member(shop domain.WorkspaceID, role domain.Role, browsers ...*webpushtest.Browser) domain.MemberID {
	w.Helper()
	m := domain.MemberID(uuid.NewString())
	w.db.MustExec(`INSERT INTO auth_users (id, email, password_hash, workspace_id, role) VALUES ($1, $2, 'none', $3, $4)`,
		string(m), string(m)+"@example.com", string(shop), string(role))
	for _, b := range browsers {
		_, err := w.browsers.Add(w.Context(), commands.Browser{
			ID: uuid.NewString(), WorkspaceID: shop, MemberID: m, Endpoint: b.Endpoint, P256DH: b.P256DH(), Auth: b.Auth(),
		})
		w.must(err)
	}
	return m
}

// alert queues one.
func (w *world) alert(shop domain.WorkspaceID) domain.Recorded {
	w.Helper()
	w.position++
	r := domain.Recorded{Position: w.position, Stream: domain.WorkspaceStream(shop), OccurredAt: w.clock()}
	w.queue(r)
	return r
}

func (w *world) queue(r domain.Recorded) {
	w.Helper()
	_, err := w.browsers.Queue(w.Context(), r, r.OccurredAt.Add(time.Hour), commands.Told{Everybody: true})
	w.must(err)
}

func (w *world) compose(context.Context, domain.WorkspaceID, domain.MemberID, int64) (webpush.Notice, bool, error) {
	return webpush.Notice{Title: "Ngozi waits for you", Body: w.words, Path: "/inbox/1", Tag: "waiting", Urgent: true, Keep: 4 * time.Hour}, w.words != "", nil
}

// sends runs a sender until the test ends, or stop is called.
func (w *world) sends(change ...func(*webpush.Config)) (stop func()) {
	w.Helper()
	c := webpush.Config{
		Browsers: w.browsers, Compose: w.compose, Key: testKey, Anywhere: true, Now: w.clock, Poll: 5 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	s, err := webpush.New(c)
	w.must(err)
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return stop
}

// eventually waits until a query answers true.
func (w *world) eventually(what, query string, args ...any) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for met := false; !met; {
		w.must(w.db.Get(&met, query, args...))
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatal("never: " + what)
		}
	}
}

func (w *world) settled() {
	w.Helper()
	w.eventually("everything is settled", `SELECT NOT EXISTS (SELECT FROM push_deliveries WHERE settled_at IS NULL)`)
}

func (w *world) count(table string) (n int) {
	w.Helper()
	w.must(w.db.Get(&n, `SELECT count(*) FROM `+table))
	return n
}

func TestABrowserIsToldOnceAndReadsWhatWasMeantForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone, desk, stranger := w.service.Browser(), w.service.Browser(), w.service.Browser()
	shop := w.shop(phone, desk)
	w.shop(stranger)
	w.sends()
	w.sends() // another node
	alert := w.alert(shop)
	got := phone.Next(t)
	desk.Next(t)
	public, err := webpush.PublicKey(testKey)
	w.must(err)
	words := got.Words(t)
	if words["body"] != w.words || words["title"] != "Ngozi waits for you" || words["path"] != "/inbox/1" || words["tag"] != "waiting" || words["position"] != float64(alert.Position) {
		t.Errorf("it reads %s", got.Text)
	}
	if got.TTL != "14400" || got.Urgency != "high" || len(got.Topic) != 32 || got.Sender != public || got.Contact != "mailto:postmaster@localhost" {
		t.Errorf("it came as %+v", got)
	}
	w.queue(alert) // the reactor may be handed an event twice
	w.settled()
	w.alert(shop)
	again := phone.Next(t)
	w.settled()
	if len(phone.Pushes()) != 2 || len(desk.Pushes()) != 2 || len(stranger.Pushes()) != 0 {
		t.Errorf("told %d, %d and %d times", len(phone.Pushes()), len(desk.Pushes()), len(stranger.Pushes()))
	}
	if again.Topic != got.Topic || again.Topic == desk.Pushes()[0].Topic {
		t.Error("what waits for a device that is off is not replaced, or two browsers can be told to be one member's")
	}
}

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hers, his := w.service.Browser(), w.service.Browser()
	shop := domain.WorkspaceID(uuid.NewString())
	ada, bola := w.member(shop, domain.RoleOwner, hers), w.member(shop, domain.RoleAgent, his)
	for _, c := range []struct {
		to   commands.Told
		want int
	}{
		{commands.Told{}, 0},
		{commands.Told{Everybody: true}, 2},
		{commands.Told{But: []domain.MemberID{bola}}, 1},
		{commands.Told{Everybody: true, But: []domain.MemberID{ada, bola}}, 0},
		{commands.Told{Everybody: true, But: []domain.MemberID{ada}}, 1},
	} {
		w.position++
		r := domain.Recorded{Position: w.position, Stream: domain.WorkspaceStream(shop), OccurredAt: w.clock()}
		if n, err := w.browsers.Queue(t.Context(), r, r.OccurredAt.Add(time.Hour), c.to); err != nil || n != c.want {
			t.Errorf("%+v: %d %v", c.to, n, err)
		}
	}
	w.sends(func(c *webpush.Config) {
		c.Compose = func(_ context.Context, _ domain.WorkspaceID, m domain.MemberID, _ int64) (webpush.Notice, bool, error) {
			return webpush.Notice{Title: "for bola", Tag: "waiting", Keep: time.Hour}, m == bola, nil
		}
	})
	w.settled()
	if len(hers.Pushes()) != 0 || len(his.Pushes()) != 3 {
		t.Errorf("ada was told %d times, bola %d times", len(hers.Pushes()), len(his.Pushes()))
	}
}

func TestWhatAPushServiceAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sends()
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		gone := w.service.Browser()
		gone.Answers(status)
		w.alert(w.shop(gone))
		w.eventually("the browser is forgotten", `SELECT NOT EXISTS (SELECT FROM push_browsers WHERE endpoint = $1)`, gone.Endpoint)
	}
	if n := w.count("push_deliveries"); n != 0 {
		t.Errorf("%d deliveries are left of browsers that are gone", n)
	}
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusFound} {
		angry := w.service.Browser()
		angry.Answers(status, "Location", "/elsewhere")
		w.alert(w.shop(angry))
		w.settled()
		if angry.Tries() != 1 {
			t.Errorf("asked %d times after %d", angry.Tries(), status)
		}
	}
	busy := w.service.Browser()
	busy.Answers(http.StatusTooManyRequests, "Retry-After", "60")
	w.alert(w.shop(busy))
	busy.Next(t)
	w.eventually("it is tried again in a minute", `
		SELECT EXISTS (SELECT FROM push_deliveries d JOIN push_browsers b ON b.id = d.browser_id WHERE b.endpoint = $1 AND d.due_at = $2)`,
		busy.Endpoint, w.clock().Add(time.Minute))
	busy.Answers(http.StatusServiceUnavailable)
	w.pass(time.Minute)
	busy.Next(t)
	busy.Answers(http.StatusCreated)
	w.eventually("its answer is noted", `
		SELECT EXISTS (SELECT FROM push_deliveries d JOIN push_browsers b ON b.id = d.browser_id WHERE b.endpoint = $1 AND d.due_at = $2)`,
		busy.Endpoint, w.clock().Add(4*time.Second))
	w.pass(4 * time.Second)
	busy.Next(t)
	w.settled()
	if len(busy.Pushes()) != 1 {
		t.Errorf("taken %d times", len(busy.Pushes()))
	}
	w.eventually("it counts as reached", `SELECT failing_since IS NULL FROM push_browsers WHERE endpoint = $1`, busy.Endpoint)
}

func TestOldNewsIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	late, stale := w.service.Browser(), w.service.Browser()
	late.Answers(http.StatusServiceUnavailable)
	w.sends()
	w.alert(w.shop(late))
	late.Next(t)
	w.eventually("it is postponed", `SELECT EXISTS (SELECT FROM push_deliveries WHERE due_at = $1)`, w.clock().Add(2*time.Second))
	late.Answers(http.StatusCreated)
	w.pass(time.Hour)
	w.alert(w.shop(stale))
	stale.Next(t)
	if late.Tries() != 1 {
		t.Error("an alert was told an hour later")
	}
	w.words = ""
	w.pass(25 * time.Hour)
	w.alert(w.shop(stale))
	w.eventually("it is settled, and what was settled long ago is forgotten", `SELECT count(*) FILTER (WHERE settled_at IS NULL) = 0 AND count(*) = 1 FROM push_deliveries`)
	if stale.Tries() != 1 {
		t.Error("what is no news any more was told")
	}
	w.db.MustExec(`UPDATE push_browsers SET failing_since = $1`, w.clock().Add(-14*24*time.Hour-time.Second))
	w.pass(time.Hour + time.Second)
	w.eventually("a browser that nothing reaches is forgotten", `SELECT count(*) = 0 FROM push_browsers`)
}

func TestAPushServiceThatHangsDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const shops = 40 // more than one service may hold
	var hanging []domain.WorkspaceID
	for range shops {
		a, b := w.service.BrowserAt("localhost"), w.service.BrowserAt("localhost")
		a.Hangs()
		b.Hangs()
		hanging = append(hanging, w.shop(a, b))
	}
	well := w.service.Browser()
	shop := w.shop(well)
	stop := w.sends(func(c *webpush.Config) { c.Timeout = time.Hour })
	for _, shop := range hanging {
		w.alert(shop)
	}
	w.eventually("the service has enough", `SELECT count(*) >= 32 FROM push_deliveries WHERE tries > 0`)
	w.alert(shop)
	if got := well.Next(t); got.Words(t)["body"] != w.words {
		t.Errorf("it reads %s", got.Text)
	}
	var held int
	w.must(w.db.Get(&held, `SELECT count(*) FROM push_deliveries WHERE tries > 0 AND settled_at IS NULL`))
	if held >= 2*shops {
		t.Errorf("all %d hang: nothing holds them back", held)
	}
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the program ends after %s", took)
	}
}

func TestWhatAKillInterruptedIsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone := w.service.Browser()
	w.alert(w.shop(phone))
	taken, err := w.browsers.Claim(t.Context(), postgres.ClaimRequest{Hold: 30 * time.Second, Most: 1, PerWorkspace: 1, PerService: 1})
	w.must(err)
	if again, err := w.browsers.Claim(t.Context(), postgres.ClaimRequest{Hold: 30 * time.Second, Most: 1, PerWorkspace: 1, PerService: 1}); len(taken) != 1 || len(again) != 0 || err != nil {
		t.Fatalf("taken %d times, then %d times %v", len(taken), len(again), err)
	}
	w.pass(30 * time.Second)
	w.sends()
	phone.Next(t)
	w.settled()
}

func TestAnEndpointThatLeadsIntoOurOwnNetworkIsNotConnectedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sends(func(c *webpush.Config) { c.Anywhere = false })
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		inside := w.service.BrowserAt(host)
		w.alert(w.shop(inside))
		w.settled()
		if inside.Tries() != 0 {
			t.Errorf("%s was connected to", inside.Endpoint)
		}
	}
}

func TestWhoIsNoMemberAnyMoreIsToldNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone, other := w.service.Browser(), w.service.Browser()
	shop := w.shop(phone)
	w.alert(shop)
	w.db.MustExec(`UPDATE auth_users SET disabled_at = now() WHERE workspace_id = $1`, string(shop))
	w.sends()
	w.alert(w.shop(other))
	other.Next(t)
	if phone.Tries() != 0 {
		t.Error("told in spite of it")
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log strings.Builder
	gone := w.service.Browser()
	gone.Answers(http.StatusForbidden)
	nowhere := w.service.BrowserAt("no-such-host.invalid")
	w.alert(w.shop(gone))
	w.alert(w.shop(nowhere))
	w.pass(time.Hour - time.Second) // so that both are given up at once
	stop := w.sends(func(c *webpush.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	w.settled()
	stop()
	if lines := strings.Count(log.String(), "did not reach"); lines != 2 || strings.Contains(log.String(), "/push/") || strings.Contains(log.String(), "Ibadan") {
		t.Error(fmt.Sprint(lines, " lines: ", log.String()))
	}
}
