package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// world is a whole server on a database of its own; only WhatsApp and the bot are stood in for.
type world struct {
	*testing.T
	server   *Server
	url      string
	db       *sqlx.DB // as the database's owner
	accounts *postgres.Accounts
	handler  *commands.Handler
	store    *postgres.EventStore
	code     *LinkCode // being shown, in every workspace
	clock    *clock
	dbAway   error                       // what reading fails with
	clash    domain.FAQID                // what wordings are nearer to
	breaks   func(domain.FAQ) bool       // whether an FAQ as given makes all saved tests fail; nil: never
	slowRead func(context.Context) error // stands in for reading
}

// clock is the time by the test's watch.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type tables struct {
	*world
	api, platform *sqlx.DB
}

func (r tables) InWorkspace(ctx context.Context, w domain.WorkspaceID, read func(projections.Queryer) error) error {
	if r.dbAway != nil {
		return r.dbAway
	}
	if r.slowRead != nil {
		return r.slowRead(ctx)
	}
	return postgres.InWorkspace(ctx, r.api, w, func(tx *sqlx.Tx) error { return read(tx) })
}

func (r tables) AllWorkspaces() projections.Queryer { return r.platform }

func (w *world) Code(context.Context, domain.WorkspaceID) (LinkCode, bool, error) {
	if w.code == nil {
		return LinkCode{}, false, nil
	}
	return *w.code, true, nil
}

func (w *world) Try(_ context.Context, _ domain.WorkspaceID, text string) (Verdict, error) {
	return Verdict{
		Decision: domain.DecideAnswer, FAQ: "f", Confidence: 0.93, Margin: 0.4, Reply: text, Why: domain.ReasonConfident,
		Candidates: []VerdictCandidate{{FAQ: "f", Question: "How much?", Score: 0.93}},
	}, nil
}

func (w *world) Clashing(_ context.Context, _ domain.WorkspaceID, _ int64, before, after domain.FAQ) (string, domain.FAQID, error) {
	for _, wording := range after.Questions {
		if w.clash != "" && w.clash != after.ID && !slices.Contains(before.Questions, wording) {
			return wording, w.clash, nil
		}
	}
	return "", "", nil
}

func (w *world) Tests(ctx context.Context, shop domain.WorkspaceID) (tests []SavedTest, err error) {
	err = w.server.config.Reader.InWorkspace(ctx, shop, func(q projections.Queryer) error {
		faqs, err := projections.FAQsOf(ctx, q, shop, w.clock.Now())
		for _, f := range faqs {
			for _, t := range f.Tests {
				tests = append(tests, SavedTest{FAQTest: t, FAQ: f.Known(), Passes: f.Enabled})
			}
		}
		return err
	})
	return tests, err
}

func (w *world) Breaks(ctx context.Context, shop domain.WorkspaceID, _ int64, after domain.FAQ) ([]SavedTest, error) {
	if w.breaks == nil || !w.breaks(after) {
		return nil, nil
	}
	return w.Tests(ctx, shop)
}

func (w *world) ChatsTold(context.Context, domain.WorkspaceID, string, time.Time, domain.CustomerID) (int, error) {
	return 0, nil
}

func (w *world) RepliesSince(context.Context, domain.WorkspaceID, time.Time) (int, error) {
	return 0, nil
}

var testKey = []byte("0123456789abcdef0123456789abcdef")

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{T: t, db: db.DB, clock: &clock{now: time.Now().Truncate(time.Second)}}
	worker := w.open(db.DSN, "sb_worker")
	keys, err := postgres.NewKeys(postgres.KeysConfig{DB: worker, KEK: testKey})
	w.must(err)
	w.store, err = postgres.NewEventStore(t.Context(), postgres.EventStoreConfig{DB: worker, Keys: keys, DSN: db.DSN})
	w.must(err)
	customers, err := postgres.NewCustomers(postgres.CustomersConfig{DB: worker, Keys: keys, HMACKey: testKey})
	w.must(err)
	w.accounts = &postgres.Accounts{DB: worker, Store: w.store, Now: w.clock.Now}
	w.handler = &commands.Handler{
		Store: w.store, Addresses: customers, Accounts: w.accounts, Counters: postgres.Counters{DB: worker}, Sent: w, Offers: postgres.Numbers{DB: worker},
		SignIn:   postgres.SignInLinks{Accounts: w.accounts, URL: "https://dash.example"},
		Browsers: postgres.Browsers{DB: worker, Now: w.clock.Now},
		Erasure:  &postgres.Erasure{DB: worker, Keys: keys, Customers: customers, Store: w.store},
		Now:      w.clock.Now, NewID: uuid.NewString, ReplyKey: testKey,
	}
	reading := w.follow(worker, db.DSN)
	config := Config{
		Commands: w.handler, Reader: tables{w, w.open(db.DSN, "sb_api"), w.open(db.DSN, "sb_admin")}, Accounts: w.accounts,
		Waiter: reading, Codes: w, Matcher: w, Numbers: w.handler.Offers, Browsers: w.handler.Browsers, PushKey: "BPublicKey", Keys: TokenKeys{Current: "k1", Keys: map[string][]byte{"k1": testKey}},
		Now: w.clock.Now, Attempts: Attempts{PerAccount: 1000, PerIP: 1000, Overall: 1000}, LongestWait: 20 * time.Second,
		Logger: slog.New(slog.DiscardHandler), Heartbeat: 30 * time.Millisecond,
		Dashboard: fstest.MapFS{
			"index.html": {Data: []byte("<!doctype html><title>Switchboard</title>")}, "assets/app-1a2b.js": {Data: []byte("plain")},
			"assets/app-1a2b.js.br": {Data: []byte("brotli")}, "assets/app-1a2b.js.gz": {Data: []byte("gzip")}, "icon.svg": {Data: []byte("<svg/>")},
			"push-worker.js": {Data: []byte("addEventListener('push', () => {})")},
		},
	}
	for _, c := range change {
		c(&config)
	}
	w.server, err = New(config)
	w.must(err)
	reading.Changes(func(c feed.Change) { w.server.Changed(c.Projection, c.Workspaces, c.Position) })
	listening := httptest.NewServer(w.server.Handler())
	t.Cleanup(func() { w.server.hub.close(); listening.Close() })
	w.url = listening.URL
	return w
}

func (w *world) open(dsn, role string) *sqlx.DB {
	w.Helper()
	db, err := postgres.Open(w.Context(), dsn, postgres.PoolConfig{Role: role, MaxConns: 6})
	w.must(err)
	w.Cleanup(func() { _ = db.Close() })
	return db
}

// follow projects the log as the program does.
func (w *world) follow(worker *sqlx.DB, dsn string) *feed.Feed {
	w.Helper()
	f, err := feed.New(feed.Config{Log: w.store, DB: worker, DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
	w.must(err)
	for _, p := range projections.All() {
		f.Project(p)
	}
	f.Message(projections.TimelineName, projections.Timeline)
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	w.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
	return f
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// hashOfTests is of everybody's password.
var hashOfTests = sync.OnceValue(func() string { return hashPassword("correct horse") })

// person is somebody who is signed in.
type person struct {
	account commands.Account
	token   string
}

func (w *world) signUp(email string) person {
	w.Helper()
	p := person{}
	made, err := w.handler.SignUp(w.Context(), commands.SignUp{Email: email, PasswordHash: hashOfTests(), BusinessName: "Ada's Kitchen"})
	w.must(err)
	p.account = made.Account
	w.must(w.server.config.Waiter.Wait(w.Context(), "workspaces", made.Position))
	return w.renewed(p)
}

// as gives the person another role, as another colleague of theirs would have it.
func (w *world) as(p person, role domain.Role) person {
	w.Helper()
	stored := role
	if role == domain.RolePlatformAdmin {
		stored = domain.RoleOwner
	}
	colleague := person{account: commands.Account{
		MemberID: domain.MemberID(uuid.NewString()), WorkspaceID: p.account.WorkspaceID, Email: uuid.NewString() + "@example.com", Role: role,
	}}
	_, err := w.db.Exec(`INSERT INTO auth_users (id, email, password_hash, workspace_id, role, platform_admin) VALUES ($1, $2, $6, $3, $4, $5)`,
		colleague.account.MemberID, colleague.account.Email, colleague.account.WorkspaceID, stored, role == domain.RolePlatformAdmin, hashOfTests())
	w.must(err)
	return w.renewed(colleague)
}

func (w *world) renewed(p person) person {
	w.Helper()
	account, version, err := w.accounts.ByID(w.Context(), p.account.MemberID)
	w.must(err)
	p.account = account
	p.token, err = w.server.tokens.issue(account, version)
	w.must(err)
	return p
}

// answer is what came back.
type answer struct {
	*testing.T
	status int
	header http.Header
	body   []byte
}

// ask sends a request, and holds every answer against the contract.
func (w *world) ask(method, path string, body any, headers ...string) answer {
	w.Helper()
	sent, _ := body.(string)
	request, err := http.NewRequestWithContext(w.Context(), method, w.url+path, strings.NewReader(sent))
	w.must(err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	w.must(err)
	if strings.HasPrefix(request.URL.Path, "/api/") {
		keepsContract(w.T, request, sent, response, got)
	}
	return answer{T: w.T, status: response.StatusCode, header: response.Header, body: got}
}

func (w *world) askAs(p person, method, path string, body any, headers ...string) answer {
	w.Helper()
	return w.ask(method, path, body, append([]string{"Authorization", "Bearer " + p.token}, headers...)...)
}

func (a answer) is(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// refuses checks for a problem with the given status and code.
func (a answer) refuses(status int, code string) problem {
	a.Helper()
	a.is(status)
	p := into[problem](a)
	if p.Code != code || a.header.Get("Content-Type") != "application/problem+json" || p.Detail == "" {
		a.Fatalf("got %s", a.body)
	}
	return p
}

func into[T any](a answer) T {
	a.Helper()
	var body T
	if err := json.Unmarshal(a.body, &body); err != nil {
		a.Fatalf("read %s: %v", a.body, err)
	}
	return body
}

var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// keepsContract checks that the answer is one that openapi.yaml allows, and that what was accepted is a request it allows.
// Addresses it does not know are for other tests.
func keepsContract(t *testing.T, request *http.Request, sent string, response *http.Response, body []byte) {
	t.Helper()
	router, err := contractRouter()
	if err != nil {
		t.Fatal(err)
	}
	atRoot := request.Clone(t.Context())
	atRoot.URL.Scheme, atRoot.URL.Host, atRoot.Host = "", "", ""
	route, params, err := router.FindRoute(atRoot)
	if err != nil {
		return
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: atRoot, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if response.StatusCode < http.StatusBadRequest {
		atRoot.Body = io.NopCloser(strings.NewReader(sent))
		if err := openapi3filter.ValidateRequest(t.Context(), asked); err != nil {
			t.Errorf("%s %s: accepted what the contract does not allow: %v", request.Method, request.URL.Path, err)
		}
	}
	kind := response.Header.Get("Content-Type")
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked,
		Status:                 response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: !strings.Contains(kind, "json")},
	})
	if err != nil {
		t.Errorf("%s %s: the answer breaks the contract: %v", request.Method, request.URL.Path, err)
	}
}
