package whatsapp_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// patience bounds every wait of a test.
const patience = time.Minute

// world is one test's database, local WhatsApp and pool.
type world struct {
	t        testing.TB
	db       pgtest.Database
	wa       *sqlx.DB
	worker   *sqlx.DB // the log's
	server   *sandbox.Server
	store    *postgres.EventStore
	handler  *commands.Handler
	hide     func(domain.WorkspaceID, string) []byte
	leases   *postgres.Leases
	hooks    *hooks
	pool     *whatsapp.Pool
	registry *prometheus.Registry
	stop     func()

	mu         sync.Mutex
	workspaces []domain.WorkspaceID
	unpaid     bool // no workspace may hold a socket
	asked      int  // how often a reply's words were looked up
	queued     []whatsapp.Queued
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldWith(tb, sandboxtest.New(tb))
}

func newWorldWith(tb testing.TB, server *sandbox.Server) *world {
	tb.Helper()
	w := &world{t: tb, db: pgtest.New(tb), server: server}
	worker := w.open("sb_worker", "")
	w.worker = worker
	w.wa = w.open("sb_wa", "wa, public")
	if err := whatsapp.Upgrade(tb.Context(), w.wa.DB); err != nil {
		tb.Fatal(err)
	}
	keys, err := postgres.NewKeys(postgres.KeysConfig{DB: worker, KEK: key("kek")})
	w.must(err)
	w.store, err = postgres.NewEventStore(tb.Context(), postgres.EventStoreConfig{DB: worker, Keys: keys, DSN: w.db.DSN, Log: quiet()})
	w.must(err)
	customers, err := postgres.NewCustomers(postgres.CustomersConfig{DB: worker, Keys: keys, HMACKey: key("hmac")})
	w.must(err)
	w.hide = customers.Hide
	w.handler = &commands.Handler{Store: w.store, Addresses: customers, Now: time.Now, NewID: uuid.NewString, ReplyKey: key("reply")}
	w.hooks = &hooks{Handler: w.handler}
	w.leases = postgres.NewLeases(postgres.LeasesConfig{DB: worker, Name: "test", Log: quiet()})
	w.must(w.leases.Beat(tb.Context()))
	beat, endBeat := context.WithCancel(context.Background())
	go func() { _ = w.leases.Run(beat) }()
	tb.Cleanup(endBeat)
	tb.Cleanup(func() { w.stopPool() })
	w.startPool()
	return w
}

func key(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

func quiet() *slog.Logger {
	if os.Getenv("WHATSAPP_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

func (w *world) open(role, path string) *sqlx.DB {
	w.t.Helper()
	db, err := postgres.Open(w.t.Context(), w.db.DSN, postgres.PoolConfig{Role: role, SearchPath: path, MaxConns: 8})
	w.must(err)
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// config is the pool's, quick enough for tests.
func (w *world) config() whatsapp.Config {
	w.registry = prometheus.NewRegistry()
	return whatsapp.Config{
		DB: w.wa.DB, Commands: w.hooks, Desired: w, Outbox: w, Leases: w.leases, Sent: w,
		SealKeys: whatsapp.SealKeys{Newest: [32]byte(key("seal"))}, Hide: w.hide, Server: w.server.Addr(), RootKey: w.server.RootKey(),
		ConnectRate: -1, Registry: w.registry, Log: quiet(), Rand: func() float64 { return 0.1 },
		Timing: whatsapp.Timing{
			Poll: 100 * time.Millisecond, ReplacedWait: 100 * time.Millisecond, LinkTimeout: 3 * time.Second,
			PairingGap: 50 * time.Millisecond, ContactsPause: 50 * time.Millisecond,
			KeepAliveMin: 400 * time.Millisecond, KeepAliveMax: 600 * time.Millisecond, KeepAliveDeadline: 2 * time.Second,
		},
	}
}

func (w *world) startPool() {
	w.t.Helper()
	w.startPoolWith(w.config())
}

func (w *world) startPoolWith(cfg whatsapp.Config) {
	w.t.Helper()
	pool, err := whatsapp.New(cfg)
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = pool.Run(ctx)
	}()
	w.pool = pool
	w.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
}

func (w *world) stopPool() { w.stop() }

// Desired folds the work list from the log.
func (w *world) Desired(ctx context.Context, of ...domain.WorkspaceID) ([]whatsapp.Wanted, error) {
	w.mu.Lock()
	workspaces, mayHold := slices.Clone(w.workspaces), !w.unpaid
	w.mu.Unlock()
	if len(of) > 0 {
		workspaces = of
	}
	var wanted []whatsapp.Wanted
	for _, id := range workspaces {
		recorded, err := w.store.Load(ctx, domain.ConnectionStream(id), 0)
		if err != nil {
			return nil, err
		}
		c, _ := commands.Fold[domain.Connection, domain.ConnectionEvent](recorded)
		if !c.Desired {
			continue
		}
		item := whatsapp.Wanted{WorkspaceID: id, Linked: c.Linked, Method: c.Method, Phone: c.Phone, MayHold: mayHold}
		for _, r := range recorded {
			if _, wish := r.Event.(domain.ConnectionRequested); wish {
				item.Requested = r.Position
			}
		}
		wanted = append(wanted, item)
	}
	return wanted, nil
}

// Queued lists the replies the test queued that are still pending.
func (w *world) Queued(context.Context) ([]whatsapp.Queued, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.queued), nil
}

// SentReply looks a reply up in the log.
func (w *world) SentReply(ctx context.Context, id domain.WorkspaceID, whatsappID domain.MessageID) (domain.PendingReply, bool, error) {
	w.mu.Lock()
	w.asked++
	w.mu.Unlock()
	for _, r := range w.eventsOf(ctx, id) {
		if e, ok := r.Event.(domain.ReplyQueued); ok && e.WhatsAppID == whatsappID {
			return w.handler.SentReply(ctx, r)
		}
	}
	return domain.PendingReply{}, false, nil
}

// eventsOf reads a workspace's whole history.
func (w *world) eventsOf(ctx context.Context, id domain.WorkspaceID) []domain.Recorded {
	page, err := w.store.Page(ctx, 0, 10_000)
	if err != nil {
		w.t.Error(err)
	}
	var own []domain.Recorded
	for _, r := range page {
		if r.Workspace() == id {
			own = append(own, r)
		}
	}
	return own
}

// shop is a workspace in a test.
type shop struct {
	*world
	id     domain.WorkspaceID
	phone  *sandbox.Phone
	author domain.Author          // of replies. Defaults to a member
	quotes domain.MessageReceived // what replies are shown with. Defaults to nothing
}

// newShop registers a workspace and gives its owner a phone.
func (w *world) newShop(number string) *shop {
	w.t.Helper()
	s := &shop{world: w, id: domain.WorkspaceID(uuid.NewString())}
	phone, err := w.server.AddPhone(sandbox.NewPhone{Number: number, Name: "Shop " + number, Kind: sandbox.KindOwner})
	w.must(err)
	s.phone = phone
	_, err = w.store.Append(w.t.Context(), commands.AppendRequest{
		Workspace: s.id, Meta: domain.Meta{Actor: domain.Actor{Kind: domain.ActorSystem}},
		Parts: []commands.Part{{Stream: domain.WorkspaceStream(s.id), Expected: commands.NoStream, Events: []domain.NewEvent{{
			ID: domain.EventID(uuid.NewString()), OccurredAt: time.Now(),
			Event: domain.WorkspaceRegistered{WorkspaceID: s.id, Name: "Shop", Timezone: "Africa/Lagos", TrialUntil: time.Now().Add(24 * time.Hour)},
		}}}},
	})
	w.must(err)
	w.mu.Lock()
	w.workspaces = append(w.workspaces, s.id)
	w.mu.Unlock()
	return s
}

// linked is a shop whose number is linked and connected.
func (w *world) linked(number string) *shop {
	w.t.Helper()
	s := w.newShop(number)
	s.connect("", "")
	s.scan(s.phone)
	s.awaitConnected(1)
	return s
}

func (s *shop) connect(method domain.LinkMethod, phone string) {
	s.t.Helper()
	_, err := s.handler.ConnectWorkspace(s.t.Context(), commands.ConnectWorkspace{WorkspaceID: s.id, Method: method, Phone: phone})
	s.must(err)
	s.pool.Wake(s.id)
}

func (s *shop) disconnect(unlink bool) {
	s.t.Helper()
	_, err := s.handler.DisconnectWorkspace(s.t.Context(), commands.DisconnectWorkspace{WorkspaceID: s.id, Unlink: unlink})
	s.must(err)
	s.pool.Wake(s.id)
}

// code waits until a code is shown.
func (s *shop) code() whatsapp.Code {
	s.t.Helper()
	var code whatsapp.Code
	s.eventually("a code is shown", func() bool {
		found, ok, err := s.pool.Code(s.t.Context(), s.id)
		s.must(err)
		code = found
		return ok
	})
	return code
}

func (s *shop) scan(phone *sandbox.Phone) {
	s.t.Helper()
	if _, err := phone.Scan(s.t.Context(), s.code().QR); err != nil {
		s.t.Fatalf("scan: %v", err)
	}
}

// connection is what the log says of the shop's connection.
func (s *shop) connection() domain.Connection {
	recorded, err := s.store.Load(context.Background(), domain.ConnectionStream(s.id), 0)
	if err != nil {
		s.t.Error(err)
	}
	c, _ := commands.Fold[domain.Connection, domain.ConnectionEvent](recorded)
	return c
}

// awaitConnected waits for the n-th time the connection came up.
func (s *shop) awaitConnected(n int) {
	s.t.Helper()
	s.eventually("it is connected", func() bool {
		return count[domain.ConnectionConnected](s) >= n && s.connection().Status == domain.Connected
	})
}

func (s *shop) awaitReason(reason domain.Reason) {
	s.t.Helper()
	s.eventually("the reason is "+string(reason), func() bool { return s.connection().Reason == reason })
}

// count says how often something happened in the shop.
func count[E domain.Event](s *shop) int { return len(all[E](s)) }

// all returns what happened in the shop of one kind.
func all[E domain.Event](s *shop) []E {
	var found []E
	for _, r := range s.eventsOf(context.Background(), s.id) {
		if e, ok := r.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// await waits for an event that matches.
func await[E domain.Event](s *shop, matches func(E) bool) E {
	s.t.Helper()
	var found E
	s.eventually("an event comes", func() bool {
		for _, e := range all[E](s) {
			if matches == nil || matches(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// eventually polls until it is so.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("it did not come about that %s", what)
		}
	}
}

func (w *world) customer() *sandbox.Phone {
	w.t.Helper()
	phone, err := w.server.AddPhone(sandbox.NewPhone{Number: "2348030000099", Name: "Customer 99"})
	w.must(err)
	return phone
}

func (w *world) send(from *sandbox.Phone, o sandbox.Outgoing) sandbox.Message {
	w.t.Helper()
	m, err := from.SendMessage(w.t.Context(), o)
	w.must(err)
	return m
}

func (w *world) fault(f sandbox.Fault) {
	w.t.Helper()
	w.must(w.server.Fault(w.t.Context(), f))
}

// reply queues a reply the way a member does, and hands it to the pool.
func (s *shop) reply(to domain.MessageReceived, text string) commands.ReplyRef {
	s.t.Helper()
	q := s.queue(to, text)
	s.pool.WakeReply(q.ReplyRef)
	return q.ReplyRef
}

// queue queues a reply without telling the pool.
func (s *shop) queue(to domain.MessageReceived, text string) whatsapp.Queued {
	s.t.Helper()
	return s.queueUntil(to, text, time.Now().Add(time.Hour))
}

func (s *shop) queueUntil(to domain.MessageReceived, text string, deadline time.Time) whatsapp.Queued {
	s.t.Helper()
	id := domain.MessageID("3EB0" + strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")[:18]))
	ref := commands.ReplyRef{WorkspaceID: s.id, CustomerID: to.CustomerID, ReplyID: domain.ReplyIDOf(to.CustomerID, id)}
	_, err := s.store.Append(s.t.Context(), commands.AppendRequest{
		Workspace: s.id, Meta: domain.Meta{Actor: domain.Actor{Kind: domain.ActorMember}},
		Parts: []commands.Part{{
			Stream: domain.ConversationStream(s.id, to.CustomerID), Expected: commands.AnyVersion,
			Events: []domain.NewEvent{{ID: domain.EventID(uuid.NewString()), OccurredAt: time.Now(), Event: domain.ReplyQueued{
				About: to.About, ReplyID: ref.ReplyID, WhatsAppID: id, Author: cmp.Or(s.author, domain.AuthorDashboard),
				Deadline: deadline, QueuedAt: time.Now(), To: to.ReplyTo, Text: text, InReplyTo: []domain.MessageID{to.MessageID},
				Quotes: s.quotes.MessageID, QuotedText: s.quotes.Text,
			}}},
		}},
	})
	s.must(err)
	q := whatsapp.Queued{ReplyRef: ref, Deadline: deadline}
	s.mu.Lock()
	s.queued = append(s.queued, q)
	s.mu.Unlock()
	return q
}

// decide records that the bot decided to answer a message; what it queues next counts as the answer.
func (s *shop) decide(got domain.MessageReceived) {
	s.t.Helper()
	s.author = domain.AuthorBot
	_, err := s.store.Append(s.t.Context(), commands.AppendRequest{
		Workspace: s.id, Meta: domain.Meta{Actor: domain.Actor{Kind: domain.ActorBot}},
		Parts: []commands.Part{{
			Stream: domain.ConversationStream(s.id, got.CustomerID), Expected: commands.AnyVersion,
			Events: []domain.NewEvent{{ID: domain.EventID(uuid.NewString()), OccurredAt: time.Now(), Event: domain.ReplyDecided{
				About: got.About, InReplyTo: []domain.MessageID{got.MessageID}, Decision: domain.DecideAnswer, DecidedAt: time.Now(),
			}}},
		}},
	})
	s.must(err)
}

// reads waits until a phone has a text, and returns it.
func (w *world) reads(phone *sandbox.Phone, text string) sandbox.Message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	m, err := phone.WaitFor(ctx, func(m sandbox.Message) bool {
		return m.Direction == sandbox.DirectionIn && m.Text == text && m.Status != sandbox.StatusFailed
	})
	if err != nil {
		w.t.Fatalf("%q never came: %v", text, err)
	}
	return m
}

// hooks lets a test get between the pool and the application.
type hooks struct {
	*commands.Handler
	mu      sync.Mutex
	receive func(next func() (domain.CustomerID, error)) (domain.CustomerID, error)
	observe func(domain.ConnectionEvent) error
	known   func([]domain.WorkspaceID)
	answer  func(commands.ReceiveMessage, domain.CustomerID)
	wanted  func()
	changed func(commands.SeeIdentityChange) error
}

// onIdentityChange gets between a change that is to be recorded and the log.
func (h *hooks) onIdentityChange(fn func(commands.SeeIdentityChange) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed = fn
}

func (h *hooks) SeeIdentityChange(ctx context.Context, cmd commands.SeeIdentityChange) error {
	h.mu.Lock()
	hook := h.changed
	h.mu.Unlock()
	if hook != nil {
		if err := hook(cmd); err != nil {
			return err
		}
	}
	return h.Handler.SeeIdentityChange(ctx, cmd)
}

// onWanted is told of each reply that is about to be typed.
func (h *hooks) onWanted(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wanted = fn
}

func (h *hooks) WantedReply(ctx context.Context, ref commands.ReplyRef) (domain.PendingReply, bool, error) {
	reply, wanted, err := h.Handler.WantedReply(ctx, ref)
	h.mu.Lock()
	hook := h.wanted
	h.mu.Unlock()
	if hook != nil {
		hook()
	}
	return reply, wanted, err
}

// onMessage is told of every message the log has, outside the handler.
func (h *hooks) onMessage(fn func(commands.ReceiveMessage, domain.CustomerID)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = fn
}

func (h *hooks) onReceive(fn func(next func() (domain.CustomerID, error)) (domain.CustomerID, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.receive = fn
}

func (h *hooks) onObserve(fn func(domain.ConnectionEvent) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.observe = fn
}

// onConnections is told what the pool asks the log about.
func (h *hooks) onConnections(fn func([]domain.WorkspaceID)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.known = fn
}

func (h *hooks) Connections(ctx context.Context, of ...domain.WorkspaceID) (map[domain.WorkspaceID]domain.Connection, error) {
	h.mu.Lock()
	if h.known != nil {
		h.known(of)
	}
	h.mu.Unlock()
	return h.Handler.Connections(ctx, of...)
}

func (h *hooks) ReceiveMessage(ctx context.Context, cmd commands.ReceiveMessage) (domain.CustomerID, error) {
	h.mu.Lock()
	hook, answer := h.receive, h.answer
	h.mu.Unlock()
	next := func() (domain.CustomerID, error) {
		id, err := h.Handler.ReceiveMessage(ctx, cmd)
		if err == nil && answer != nil {
			go answer(cmd, id)
		}
		return id, err
	}
	if hook == nil {
		return next()
	}
	return hook(next)
}

func (h *hooks) ObserveConnection(ctx context.Context, cmd commands.ObserveConnection) (int64, error) {
	h.mu.Lock()
	hook := h.observe
	h.mu.Unlock()
	if hook != nil {
		if err := hook(cmd.Event); err != nil {
			return 0, err
		}
	}
	return h.Handler.ObserveConnection(ctx, cmd)
}

// asidesAreDone waits until all is recorded that waited beside the connection.
func (s *shop) asidesAreDone() {
	s.t.Helper()
	s.pool.AsidesDone(s.id)
}

// cutDatabase ends all connections to the test's database and lets none in, until the returned function is called.
func (w *world) cutDatabase() (comeBack func()) {
	w.t.Helper()
	return w.alterDatabase(`ALLOW_CONNECTIONS false`, `ALLOW_CONNECTIONS true`)
}

// alterDatabase changes a setting and ends all connections, which new ones go by, and returns what changes it back.
func (w *world) alterDatabase(to, back string) (undo func()) {
	w.t.Helper()
	admin, err := sqlx.Open("postgres", strings.Replace(w.db.DSN, "/"+w.db.Name, "/postgres", 1))
	w.must(err)
	change := func(how string) {
		w.t.Helper()
		_, err := admin.ExecContext(w.t.Context(), `ALTER DATABASE `+w.db.Name+` `+how)
		w.must(err)
		_, err = admin.ExecContext(w.t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, w.db.Name)
		w.must(err)
	}
	change(to)
	return func() {
		w.t.Helper()
		change(back)
		w.must(admin.Close())
	}
}

// metric is the sum of a metric's values.
func (w *world) metric(name string) float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	w.must(err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}
