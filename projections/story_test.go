package projections_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123_456_789, time.UTC)

func id[ID ~string](words ...string) ID { return ID(domain.DeriveID(domain.Namespace, words...)) }

// history is a log in the making.
type history struct {
	events   []domain.Recorded
	versions map[string]int64
	now      time.Time
}

func newHistory() *history { return &history{versions: map[string]int64{}, now: noon} }

// add records events of one workspace, a second after each other.
func (h *history) add(w domain.WorkspaceID, events ...domain.Event) *history {
	for _, e := range events {
		h.now = h.now.Add(time.Second)
		stream := streamOf(w, e)
		h.versions[stream.UUID()]++
		position := int64(len(h.events) + 1)
		h.events = append(h.events, domain.Recorded{
			Position: position, ID: id[domain.EventID]("event", fmt.Sprint(position)), Stream: stream, Version: h.versions[stream.UUID()],
			Type: e.EventType(), SchemaVersion: 1, OccurredAt: h.now, RecordedAt: h.now, Actor: domain.Actor{Kind: domain.ActorMember}, Event: e,
		})
	}
	return h
}

func streamOf(w domain.WorkspaceID, e domain.Event) domain.StreamID {
	if faq, ok := e.(domain.FAQAdded); ok {
		return domain.FAQStream(w, faq.FAQID)
	}
	kind, _, _ := strings.Cut(e.EventType(), ".")
	key := ""
	if about, ok := e.(domain.AboutCustomer); ok {
		key = string(about.Customer())
	}
	return domain.StreamID{Workspace: w, Kind: domain.StreamKind(kind), Key: key}
}

// apply folds the events in pages that end where cut says, each in a transaction as the feed does it.
func apply(tb testing.TB, db *sqlx.DB, events []domain.Recorded, cut func(left int) int) {
	tb.Helper()
	for _, p := range projections.All() {
		applyOne(tb, db, p, events, cut)
	}
	inTx(tb, db, func(tx *sqlx.Tx) error { return projections.Timeline(tb.Context(), events, tx) })
}

func applyOne(tb testing.TB, db *sqlx.DB, p projections.Projection, events []domain.Recorded, cut func(left int) int) {
	tb.Helper()
	mine := map[string]bool{}
	for _, name := range p.Types {
		mine[name] = true
	}
	var wanted []domain.Recorded
	for _, r := range events {
		if mine[r.Type] {
			wanted = append(wanted, r)
		}
	}
	for len(wanted) > 0 {
		n := cut(len(wanted))
		inTx(tb, db, func(tx *sqlx.Tx) error { return p.Apply(tb.Context(), wanted[:n], tx) })
		wanted = wanted[n:]
	}
}

func inTx(tb testing.TB, db *sqlx.DB, do func(*sqlx.Tx) error) {
	tb.Helper()
	tx, err := db.BeginTxx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		tb.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

func onePage(left int) int { return left }

func randomPages(r *rand.Rand, most int) func(int) int {
	return func(left int) int { return min(left, 1+r.IntN(most)) }
}

// told is a database with everything that happened so far projected.
func told(tb testing.TB, h *history) *sqlx.DB {
	tb.Helper()
	db := pgtest.New(tb).DB
	apply(tb, db, h.events, onePage)
	return db
}

// dump is the content of every read table, in a fixed order.
func dump(tb testing.TB, db *sqlx.DB) map[string][]string {
	tb.Helper()
	var tables []string
	if err := db.Select(&tables, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'read\_%' ORDER BY 1`); err != nil {
		tb.Fatal(err)
	}
	content := map[string][]string{}
	for _, table := range tables {
		rows := []string{}
		if err := db.Select(&rows, `SELECT to_jsonb(t)::text FROM `+table+` t ORDER BY 1`); err != nil {
			tb.Fatal(err)
		}
		content[table] = rows
	}
	return content
}

// asForgotten returns the events as the log gives them once the customers are forgotten.
func asForgotten(tb testing.TB, events []domain.Recorded, who map[domain.CustomerID]bool) []domain.Recorded {
	tb.Helper()
	blanked := make([]domain.Recorded, len(events))
	for i, r := range events {
		blanked[i] = r
		about, ok := r.Event.(domain.AboutCustomer)
		if !ok || !who[about.Customer()] {
			continue
		}
		blanked[i].Event, blanked[i].Forgotten = withoutPersonal(tb, r.Event), true
	}
	return blanked
}

func withoutPersonal(tb testing.TB, e domain.Event) domain.Event {
	tb.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		tb.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		tb.Fatal(err)
	}
	for _, name := range domain.PersonalFields(e.EventType()) {
		delete(fields, name)
	}
	if body, err = json.Marshal(fields); err != nil {
		tb.Fatal(err)
	}
	blank, err := domain.DecodeEvent(e.EventType(), 1, body)
	if err != nil {
		tb.Fatal(err)
	}
	return blank
}
