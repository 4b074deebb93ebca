package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// world is the running product with phones around it.
type world struct {
	t      *testing.T
	ctx    context.Context
	env    func(string) string
	app    *app
	phones *sandbox.Server
	now    func() time.Time // the commands' clock
	never  string           // words that the log never takes
	out    io.Writer        // takes the log
	stop   func()
}

// newWorld runs on a database of the tests' server.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, "DATABASE_URL", databaseOf(t))
}

func databaseOf(t *testing.T) string {
	t.Helper()
	return pgtest.New(t).DSN
}

func newWorldWith(t *testing.T, settings ...string) *world {
	t.Helper()
	w := prepareWorld(t, settings...)
	w.starts()
	return w
}

// newWorldAt has commands go by a clock of the test's.
func newWorldAt(t *testing.T, now func() time.Time) *world {
	t.Helper()
	w := prepareWorld(t, "DATABASE_URL", databaseOf(t))
	w.now = now
	w.starts()
	return w
}

func prepareWorld(t *testing.T, settings ...string) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	phones := sandboxtest.New(t)
	return &world{t: t, ctx: ctx, phones: phones, now: time.Now, out: t.Output(), env: env(append([]string{
		"SWITCHBOARD_ADDR", "127.0.0.1:0", "SWITCHBOARD_METRICS_ADDR", "off",
		"SWITCHBOARD_DATA", t.TempDir(), "SWITCHBOARD_SECRET_FILE", filepath.Join(t.TempDir(), "secrets.json"), "SWITCHBOARD_PACING", "off", "SWITCHBOARD_LOG", "error",
		"SWITCHBOARD_WHATSAPP_ADDR", phones.Addr(), "SWITCHBOARD_WHATSAPP_ROOT_KEY", phones.RootKeyHex(),
	}, settings...)...)}
}

// starts runs the product until stop.
func (w *world) starts() {
	w.t.Helper()
	c, err := readConfig(w.env)
	if err != nil {
		w.t.Fatal(err)
	}
	w.app, err = start(w.ctx, c, slog.New(slog.NewTextHandler(w.out, &slog.HandlerOptions{Level: c.LogLevel})))
	if err != nil {
		w.t.Fatal(err)
	}
	w.app.core.handler.Now = w.now
	if w.never != "" {
		w.app.core.handler.Store = unstorable{w.app.core.store, w.never}
	}
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.app.run(ctx) }()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		w.drains()
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the product ended with: %v", err)
		}
	}
	w.t.Cleanup(w.stop)
}

// drains waits until no reply is on its way: the library races with itself when a send meets the end of its connection.
func (w *world) drains() {
	if w.ctx.Err() != nil || w.t.Failed() {
		return
	}
	w.eventually("every reply is settled", func() bool {
		page, err := w.app.core.store.Page(w.ctx, 0, 10_000)
		queued, settled := 0, 0
		for _, r := range page {
			switch r.Event.(type) {
			case domain.ReplyQueued:
				queued++
			case domain.ReplySent, domain.ReplyFailed, domain.ReplyCancelled:
				settled++
			}
		}
		return err == nil && queued == settled
	})
}

// eventually waits until met answers true.
func (w *world) eventually(what string, met func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-w.ctx.Done():
			w.t.Fatalf("never: %s\n%s", what, w.log())
		case <-tick.C:
		}
	}
}

// log lists what the log holds, for a test that failed.
func (w *world) log() string {
	page, err := w.app.core.store.Page(w.t.Context(), 0, 1000)
	var b strings.Builder
	for _, r := range page {
		_, _ = fmt.Fprintf(&b, "#%d %s %s %+v\n", r.Position, r.OccurredAt.Format("05.000"), r.Type, r.Event)
	}
	return fmt.Sprint(b.String(), err)
}

// signsUp makes a workspace with one FAQ.
func (w *world) signsUp(email string) domain.WorkspaceID {
	w.t.Helper()
	h := w.app.core.handler
	made, err := h.SignUp(w.ctx, commands.SignUp{Email: email, PasswordHash: "none", BusinessName: "Ada's Kitchen"})
	if err != nil {
		w.t.Fatal(err)
	}
	id := made.Account.WorkspaceID
	draft := domain.FAQDraft{Questions: []string{"How much is delivery?"}, Answer: "Delivery is ₦1,500.", Enabled: true}
	_, position, err := h.AddFAQ(w.ctx, commands.AddFAQ{WorkspaceID: id, Draft: draft})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.app.feed.Wait(w.ctx, "faqs", position); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// links scans the workspace's code with a phone.
func (w *world) links(id domain.WorkspaceID, number string) *sandbox.Phone {
	w.t.Helper()
	if _, err := w.app.core.handler.ConnectWorkspace(w.ctx, commands.ConnectWorkspace{WorkspaceID: id}); err != nil {
		w.t.Fatal(err)
	}
	var code string
	w.eventually("a code is shown", func() bool {
		shown, ok, err := w.app.pool.Code(w.ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		code = shown.QR
		return ok
	})
	phone := w.phone(number)
	if _, err := phone.Scan(w.ctx, code); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("connected", func() bool { return w.status(id) == domain.Connected })
	return phone
}

// reads says whether the database answers.
func (w *world) reads() bool { return w.app.ready(w.ctx) == nil }

func (w *world) status(id domain.WorkspaceID) domain.ConnectionStatus {
	s, _, err := projections.StatusOf(w.ctx, w.app.core.worker, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Status
}

func (w *world) phone(number string) *sandbox.Phone {
	w.t.Helper()
	p, err := w.phones.Phone(number, "Somebody")
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// asks sends a text and returns the nth text that came in on the phone, counting from 1.
func (w *world) asks(from *sandbox.Phone, to, text string, nth int) string {
	w.t.Helper()
	if _, err := from.Send(w.ctx, to, text); err != nil {
		w.t.Fatal(err)
	}
	var got string
	w.eventually("an answer", func() bool {
		var in []string
		for _, m := range from.Messages() {
			if m.Direction == "in" {
				in = append(in, m.Text)
			}
		}
		if len(in) < nth {
			return false
		}
		got = in[nth-1]
		return true
	})
	return got
}

// runs carries out a subcommand beside the running product.
func (w *world) runs(args ...string) (code int, out, errs string) {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(w.ctx, args, program{getenv: w.env, out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// ready says whether the product says so within a time.
func (w *world) ready(within time.Duration) bool {
	ctx, cancel := context.WithTimeout(w.ctx, within)
	defer cancel()
	return w.app.ready(ctx) == nil
}

func (w *world) measures(name string) bool {
	families, err := w.app.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return true
		}
	}
	return false
}

// measuresFor says whether a figure is there for a label's value.
func (w *world) measuresFor(name, label, value string) bool {
	families, err := w.app.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(families, func(f *dto.MetricFamily) bool {
		return f.GetName() == name && slices.ContainsFunc(f.GetMetric(), func(m *dto.Metric) bool {
			return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == label && l.GetValue() == value })
		})
	})
}

// measuresUpTo says whether a histogram counts what is no more than a number.
func (w *world) measuresUpTo(name, le string) bool {
	most, err := strconv.ParseFloat(le, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	families, err := w.app.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		return slices.ContainsFunc(f.GetMetric()[0].GetHistogram().GetBucket(), func(b *dto.Bucket) bool { return b.GetUpperBound() == most })
	}
	return false
}

// metric is the sum of a metric's values, or how often something was observed.
func (w *world) metric(name string) (sum float64) {
	families, err := w.app.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}
