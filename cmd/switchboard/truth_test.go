package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
	"switchboard.example/projections"
	"switchboard.example/test/rig"
)

// readOnly lets the database refuse every write, until the returned function is called.
func readOnly(t *testing.T, dsn string) (end func()) {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(address.Path, "/")
	address.Path = "/postgres"
	admin, err := sqlx.Open("postgres", address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	change := func(how string) {
		admin.MustExec(`ALTER DATABASE ` + name + ` ` + how)
		admin.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name) // new ones go by it
	}
	change(`SET default_transaction_read_only = on`)
	return func() { change(`RESET default_transaction_read_only`) }
}

// shown reads the status as the dashboard does; false while it cannot be read.
func (w *world) shown(owner *rig.Owner) (rig.Connection, bool) {
	c, err := owner.Connection(w.ctx)
	return c, err == nil
}

func TestALineThatTheLogCannotTakeAsClosedIsShownAsClosed(t *testing.T) {
	dsn := databaseOf(t)
	w := newWorldWith(t, "DATABASE_URL", dsn)
	owner, err := rig.NewProduct(w.app.addr()).SignUp(w.ctx, "ada@example.com", "Ada's Kitchen")
	if err != nil {
		t.Fatal(err)
	}
	phone := w.links(domain.WorkspaceID(owner.Workspace), shopNumber)
	w.eventually("shown as connected", func() bool { c, ok := w.shown(owner); return ok && c.WhatsappConnectionStatus == "connected" })
	hints := w.listens(owner)

	end := readOnly(t, dsn)
	w.eventually("the line is closed", func() bool { return !phone.Devices()[0].Online })
	w.eventually("that is shown", func() bool {
		c, ok := w.shown(owner)
		return ok && c.WhatsappConnectionStatus == "reconnecting" && c.Reason == string(domain.ReasonStorage)
	})
	if all, err := projections.AllWorkspaces(w.ctx, w.app.core.admin, w.app.core.handler.Now()); err != nil || all[0].SeenBy(w.app.witness(all[0].WorkspaceID)).Status != domain.Reconnecting {
		t.Errorf("the platform's people are shown %+v, %v", all, err)
	}
	w.eventually("pages are told to look", func() bool {
		select {
		case hint := <-hints:
			return hint == "connection"
		default:
			return false
		}
	})
	// Not a single look says anything else before the line is there again.
	for range 50 {
		if c, ok := w.shown(owner); ok && c.WhatsappConnectionStatus != "reconnecting" {
			t.Fatalf("shown as %s while nobody is connected", c.WhatsappConnectionStatus)
		}
	}
	end()
	w.eventually("shown as connected again", func() bool {
		c, ok := w.shown(owner)
		if !ok || c.WhatsappConnectionStatus != "connected" {
			return false
		}
		if !phone.Devices()[0].Online {
			t.Error("shown as connected before it was")
		}
		return true
	})
}

// What another node shows: it has the tables, and sees none of this node's lines.
func TestOtherNodesSeeAFallThatTheLogCannotTake(t *testing.T) {
	dsn := databaseOf(t)
	w := newWorldWith(t, "DATABASE_URL", dsn)
	owner, err := rig.NewProduct(w.app.addr()).SignUp(w.ctx, "ada@example.com", "Ada's Kitchen")
	if err != nil {
		t.Fatal(err)
	}
	id := domain.WorkspaceID(owner.Workspace)
	phone := w.links(id, shopNumber)
	elsewhere := func() (status projections.Status) {
		t.Helper()
		err := reader{w.app.core.database}.InWorkspace(w.ctx, id, func(q projections.Queryer) (err error) {
			status, _, err = projections.StatusOf(w.ctx, q, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	w.eventually("connected", func() bool { return elsewhere().Status == domain.Connected })

	admin, err := sqlx.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	lock := admin.MustBegin()
	lock.MustExec(`LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE`)
	w.eventually("the line is closed", func() bool { return !phone.Devices()[0].Online })
	w.eventually("other nodes show that", func() bool {
		s := elsewhere()
		return s.Status == domain.Reconnecting && s.Reason == domain.ReasonStorage && !s.Connected
	})
	all, err := projections.AllWorkspaces(w.ctx, w.app.core.admin, w.app.core.handler.Now())
	if err != nil || all[0].Status != domain.Reconnecting {
		t.Errorf("the platform's people are shown %+v, %v", all, err)
	}
	var logs string
	if err := admin.GetContext(w.ctx, &logs, `SELECT whatsapp_connection_status FROM read_connection_status`); err != nil || logs != "connected" {
		t.Errorf("the log knows already: %s, %v", logs, err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.eventually("connected again, for everybody", func() bool { return elsewhere().Status == domain.Connected && phone.Devices()[0].Online })
}

// listens opens the live stream and passes on what kind of thing changed. What came before is not told.
func (w *world) listens(owner *rig.Owner) <-chan string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, "http://"+w.app.addr()+"/api/stream", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+owner.Token())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = answer.Body.Close() })
	hints := make(chan string, 100)
	go func() {
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			data, found := strings.CutPrefix(lines.Text(), "data: ")
			var hint struct{ Type string }
			if found && json.Unmarshal([]byte(data), &hint) == nil && hint.Type != "" {
				select {
				case hints <- hint.Type:
				default:
				}
			}
		}
	}()
	return hints
}

func TestAStartAgainstADatabaseThatTakesNoWritesWaits(t *testing.T) {
	dsn := databaseOf(t)
	w := newWorldWith(t, "DATABASE_URL", dsn)
	w.signsUp("ada@example.com")
	w.stop()
	end := readOnly(t, dsn)

	free, err := (&net.ListenConfig{}).Listen(w.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	c, err := readConfig(w.env)
	if err != nil {
		t.Fatal(err)
	}
	c.Addr = addr
	said := &lines{}
	type started struct {
		app *app
		err error
	}
	up := make(chan started, 1)
	go func() {
		a, err := start(w.ctx, c, slog.New(slog.NewTextHandler(said, nil)))
		up <- started{a, err}
	}()
	const sentence = "The database is read-only. The start goes on as soon as it does."
	w.eventually("readiness says why", func() bool {
		status, body := w.gets("http://" + addr + "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, sentence)
	})
	if status, _ := w.gets("http://" + addr + "/livez"); status != http.StatusOK {
		t.Errorf("it is not alive: %d", status)
	}
	if status, _ := w.gets("http://" + addr + "/startupz"); status != http.StatusServiceUnavailable {
		t.Errorf("it has started: %d", status)
	}
	if n := strings.Count(said.String(), sentence); n != 1 {
		t.Errorf("the log says so %d times:\n%s", n, said)
	}
	select {
	case s := <-up:
		t.Fatalf("it did not wait: %v", s.err)
	default:
	}
	end()
	s := <-up
	if s.err != nil {
		t.Fatalf("it did not go on: %v", s.err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.app.run(ctx) }()
	w.eventually("ready", func() bool {
		status, _ := w.gets("http://" + addr + "/readyz")
		return status == http.StatusOK
	})
	if status, _ := w.gets("http://" + addr + "/startupz"); status != http.StatusOK {
		t.Errorf("it has not started: %d", status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func (w *world) gets(address string) (int, string) {
	request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, ""
	}
	return answer.StatusCode, string(body)
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
