package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

func loggingTo(b *bytes.Buffer) *slog.Logger { return slog.New(slog.NewJSONHandler(b, nil)) }

func TestTheLiveStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, other := w.signUp("ada@example.com"), w.signUp("other@example.com")
	for _, one := range []person{p, other} { // so that nothing is on its way any more
		w.askAs(one, "GET", "/api/whatsapp/status?after=4", nil).is(200)
	}
	t.Run("says what to read again, and gives signs of life", func(t *testing.T) {
		x := *w
		x.T = t
		s := x.openStream(p, "")
		defer s.close()
		s.next("heartbeat")
		x.askAs(other, "POST", "/api/whatsapp/connect", nil).is(202) // nobody else's business
		position := x.askAs(p, "POST", "/api/faqs", `{"questions":["Where?"],"answer":"Here"}`).is(201).header.Get("X-Position")
		for {
			e := s.next("change")
			var h struct {
				Type, ID string
				Version  int64
			}
			x.must(json.Unmarshal([]byte(e.data), &h))
			if h.Version == 0 {
				continue // a listener that has just connected may have missed something, and says so to everybody
			}
			if h.Type == "connection" {
				t.Fatal("another workspace's news")
			}
			if h.Type == "faqs" {
				if !strings.Contains(e.data, `"version":`+position) || e.id == "" {
					t.Fatalf("got %+v", e)
				}
				break
			}
		}
	})
	t.Run("a message is no reason to read again who is signed in", func(t *testing.T) {
		x := *w
		x.T = t
		l, err := x.server.hub.join(session{Workspace: "busy", Role: domain.RolePlatformAdmin}, "")
		x.must(err)
		defer x.server.hub.leave(l)
		x.server.Changed(projections.Activity().Name, []domain.WorkspaceID{"busy"}, 7)
		hints, lost := x.server.hub.news(l)
		if lost || len(hints) != 1 || hints[0].Type != "admin" { // the platform's list shows it
			t.Fatalf("got %+v, lost %v", hints, lost)
		}
		for _, kind := range projections.Workspaces().Types {
			if kind == (domain.MessageReceived{}).EventType() || kind == (domain.ReplySent{}).EventType() {
				t.Errorf("%s changes what the workspace is called", kind)
			}
		}
	})
	t.Run("goes on where it was, or says that something was missed", func(t *testing.T) {
		x := *w
		x.T = t
		who := session{Workspace: "elsewhere", Member: p.account.MemberID, Role: domain.RoleOwner}
		first, err := x.server.hub.join(who, "")
		x.must(err)
		defer x.server.hub.leave(first)
		ids := []domain.WorkspaceID{"elsewhere"}
		for n := range int64(10) {
			x.server.Changed(modelFAQs, ids, n)
		}
		again, err := x.server.hub.join(who, x.server.hub.idOf(9))
		x.must(err)
		if hints, lost := x.server.hub.news(again); lost || len(hints) != 1 || hints[0].Version != 9 {
			t.Fatalf("got %+v, lost %v", hints, lost)
		}
		x.server.hub.leave(again)
		for n := range int64(ringSize) {
			x.server.Changed(modelInbox, ids, n)
		}
		for name, lastID := range map[string]string{
			"one the ring has forgotten": x.server.hub.idOf(9), "one of an earlier process": newHub("018f-another").idOf(265), "one to come": x.server.hub.idOf(100_000), "nonsense": "x",
		} {
			l, err := x.server.hub.join(who, lastID)
			x.must(err)
			if _, lost := x.server.hub.news(l); !lost {
				t.Errorf("%s misses nothing", name)
			}
			x.server.hub.leave(l)
		}
		if _, lost := x.server.hub.news(first); !lost {
			t.Error("a slow stream misses nothing")
		}
	})
	t.Run("says reset over the wire", func(t *testing.T) {
		x := *w
		x.T = t
		s := x.openStream(p, "before-9")
		defer s.close()
		if e := s.next("reset"); e.id == "" {
			t.Fatalf("got %+v", e)
		}
	})
	t.Run("is open five times at most for one person", func(t *testing.T) {
		x := *w
		x.T = t
		var open []*liveStream
		for range streamsPerUser {
			open = append(open, x.openStream(other, ""))
		}
		x.askAs(other, "GET", streamPath, nil).refuses(429, "streams.too_many")
		for _, s := range open {
			s.close()
		}
	})
	t.Run("tells the platform's people of every workspace", func(t *testing.T) {
		x := *w
		x.T = t
		s := x.openStream(x.as(other, domain.RolePlatformAdmin), "")
		defer s.close()
		x.server.Changed(modelStatus, []domain.WorkspaceID{p.account.WorkspaceID}, 99)
		if e := s.next("change"); !strings.Contains(e.data, `"type":"admin"`) {
			t.Fatalf("got %+v", e)
		}
	})
	t.Run("ends soon after the account is shut", func(t *testing.T) {
		x := *w
		x.T = t
		gone := x.signUp("gone@example.com")
		s := x.openStream(gone, "")
		defer s.close()
		x.must(x.accounts.Disable(t.Context(), "gone@example.com"))
		x.clock.pass(standingFor)
		s.next("bye")
	})
}

func TestTheLiveStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	w.clock.pass(tokenLife - 200*time.Millisecond)
	s := w.openStream(p, "")
	defer s.close()
	s.next("bye")
}

func TestRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Run(ctx, listener) }()
	w.url = "http://" + listener.Addr().String()
	s := w.openStream(p, "")
	s.next("heartbeat")
	stop()
	for range s.lines { // the server closes the stream
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(w.url + "/livez"); err == nil { //nolint:bodyclose // it must not be reachable any more
		t.Fatal("the server still answers")
	}
}

func TestTheDashboard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.ask("GET", "/", nil).is(200)
	if !strings.Contains(string(page.body), "<title>Switchboard</title>") || page.header.Get("Cache-Control") != "no-cache" || page.header.Get("ETag") == "" {
		t.Fatalf("got %s %v", page.body, page.header)
	}
	w.ask("GET", "/", nil, "If-None-Match", page.header.Get("ETag")).is(304)
	for accepts, want := range map[string]string{"gzip, deflate, br": "brotli", "gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "identity": "plain"} {
		got := w.ask("GET", "/assets/app-1a2b.js", nil, "Accept-Encoding", accepts).is(200)
		if string(got.body) != want || !strings.HasPrefix(got.header.Get("Content-Type"), "text/javascript") || !strings.Contains(got.header.Get("Cache-Control"), "immutable") ||
			got.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: got %s %v", accepts, got.body, got.header)
		}
	}
	w.ask("GET", "/inbox/42", nil, "Accept", "text/html,*/*").is(200)
	w.ask("GET", "/inbox/42", nil, "Accept", "application/json").refuses(404, "not_found")
	w.ask("GET", "/assets/gone.js", nil, "Accept", "text/html").refuses(404, "not_found")
	w.ask("GET", "/assets/app-1a2b.js.br", nil).refuses(404, "not_found")
	w.ask("GET", "/assets", nil).refuses(404, "not_found")
	w.ask("GET", "/../../etc/passwd", nil).refuses(404, "not_found")
	w.ask("GET", "/api/nothing", nil, "Accept", "text/html").refuses(404, "not_found")
	w.ask("POST", "/api/me", `{}`).refuses(405, "method_not_allowed")
}
