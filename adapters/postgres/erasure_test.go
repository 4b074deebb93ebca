package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// traces stand in for WhatsApp's tables.
type traces struct {
	addresses int
	then      func(ctx context.Context, tx *sql.Tx) error
}

func (t *traces) EraseIn(ctx context.Context, tx *sql.Tx, _ domain.WorkspaceID, addresses [][]byte, _ []commands.Said) error {
	t.addresses = len(addresses)
	if t.then == nil {
		return nil
	}
	return t.then(ctx, tx)
}

// counter is a node that can meet and erase customers.
type counter struct {
	world
	customers *postgres.Customers
	erasure   *postgres.Erasure
	handler   *commands.Handler
	traces    *traces
	shop      domain.WorkspaceID
}

func newCounter(tb testing.TB) counter {
	tb.Helper()
	d := openCounter(tb, newWorld(tb), newID[domain.WorkspaceID]())
	mustAppend(tb, d.store, request(domain.WorkspaceStream(d.shop), commands.NoStream, domain.NewEvent{
		ID: newID[domain.EventID](), Event: domain.WorkspaceRegistered{WorkspaceID: d.shop, Name: "Ada's Kitchen"},
	}))
	return d
}

// openCounter opens another node on the same database.
func openCounter(tb testing.TB, w world, shop domain.WorkspaceID) counter {
	tb.Helper()
	d := counter{world: openWorld(tb, w.Database), traces: &traces{}, shop: shop}
	customers, err := postgres.NewCustomers(postgres.CustomersConfig{DB: d.worker, Keys: d.keys, HMACKey: testHMAC})
	if err != nil {
		tb.Fatal(err)
	}
	d.customers = customers
	d.erasure = &postgres.Erasure{DB: d.worker, Keys: d.keys, Customers: customers, Store: d.store, Traces: d.traces, DSN: w.DSN, Log: quiet()}
	d.handler = &commands.Handler{
		Store: d.store, Addresses: customers, Erasure: d.erasure, Now: time.Now, NewID: uuid.NewString, ReplyKey: testKEK,
	}
	return d
}

func (d counter) writes(tb testing.TB, id, text string, addresses ...string) domain.CustomerID {
	tb.Helper()
	c, err := d.handler.ReceiveMessage(tb.Context(), d.message(id, text, addresses...))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func (d counter) message(id, text string, addresses ...string) commands.ReceiveMessage {
	return commands.ReceiveMessage{
		WorkspaceID: d.shop, From: commands.Sender{Addresses: addresses, Phone: "2348030000001", Name: "Zainab"}, MessageID: domain.MessageID(id),
		Kind: domain.KindText, Text: text, SentAt: testTime, ReplyTo: addresses[0],
	}
}

func (d counter) erase(tb testing.TB, c domain.CustomerID) error {
	tb.Helper()
	_, err := d.handler.EraseCustomer(tb.Context(), commands.InConversation{WorkspaceID: d.shop, CustomerID: c})
	return err
}

// reads is what the log says of a chat, by a node that remembers nothing.
func (d counter) reads(tb testing.TB, c domain.CustomerID) (texts []string, types []string) {
	tb.Helper()
	cold := newStore(tb, d.worker, newKeys(tb, d.worker), d.DSN)
	for _, stream := range []domain.StreamID{domain.ConversationStream(d.shop, c), domain.CustomerStream(d.shop, c)} {
		events, err := cold.Load(tb.Context(), stream, 0)
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range events {
			types = append(types, r.Type)
			if m, ok := r.Event.(domain.MessageReceived); ok {
				texts = append(texts, m.Text)
			}
		}
	}
	return texts, types
}

func TestErasingIsOneStep(t *testing.T) {
	t.Parallel()
	d := newCounter(t)
	c := d.writes(t, "M1", "hello", lid, phone)
	broken := errors.New("the power went")
	for name, breaks := range map[string]func(context.Context, *sql.Tx) error{
		"half of it fails": func(context.Context, *sql.Tx) error { return broken },
		"the connection dies in between": func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		},
		"the process dies before the commit": func(ctx context.Context, tx *sql.Tx) error {
			var mine int
			if err := tx.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&mine); err != nil {
				return err
			}
			_, err := d.DB.ExecContext(ctx, `SELECT pg_terminate_backend($1)`, mine)
			return err
		},
		"the server refuses to commit": func(context.Context, *sql.Tx) error {
			d.DB.MustExec(`CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON data_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_change()`)
			return nil
		},
	} {
		d.traces.then = breaks
		err := d.erase(t, c)
		d.DB.MustExec(`DROP TRIGGER IF EXISTS refuse ON data_keys`)
		if err == nil {
			t.Fatalf("%s: it succeeded", name)
		}
		if texts, types := d.reads(t, c); !slices.Equal(texts, []string{"hello"}) || slices.Contains(types, "customer.forgotten") {
			t.Errorf("%s: the log says %q, %v", name, texts, types)
		}
		if again := mustResolve(t, newCustomers(t, d.world), d.shop, phone); again.Customer != c {
			t.Errorf("%s: the number is somebody else's", name)
		}
	}
	d.traces.then = nil
	if err := d.erase(t, c); err != nil {
		t.Fatal(err)
	}
	texts, types := d.reads(t, c)
	if !slices.Equal(texts, []string{""}) || types[len(types)-1] != "customer.forgotten" {
		t.Errorf("the log says %q, %v", texts, types)
	}
	if d.traces.addresses != 2 {
		t.Errorf("%d addresses were looked for elsewhere", d.traces.addresses)
	}
}

// TestAnotherNodeAddsNothing has a second node that met the customer, and still has their key and address in memory.
func TestAnotherNodeAddsNothing(t *testing.T) {
	t.Parallel()
	d := newCounter(t)
	c := d.writes(t, "M1", "hello", phone)
	other := openCounter(t, d.world, d.shop)
	if again := other.writes(t, "M2", "hello again", phone); again != c {
		t.Fatal("the nodes disagree on who it is")
	}
	if err := d.erase(t, c); err != nil {
		t.Fatal(err)
	}
	if _, err := other.handler.ReceiveMessage(t.Context(), other.message("M3", "late", phone)); !errors.Is(err, commands.ErrForgotten) {
		t.Fatalf("words under a destroyed key: %v", err)
	}
	fresh := other.writes(t, "M3", "late", phone) // as the connection does in this case
	if fresh == c {
		t.Error("who writes again is who they were")
	}
	if texts, _ := d.reads(t, c); !slices.Equal(texts, []string{"", ""}) {
		t.Errorf("the old chat says %q", texts)
	}
	if texts, _ := d.reads(t, fresh); !slices.Equal(texts, []string{"late"}) {
		t.Errorf("the new chat says %q", texts)
	}
	t.Run("what is stored already is known when it comes again", func(t *testing.T) {
		before := request(domain.ConversationStream(d.shop, fresh), commands.AnyVersion, received(d.shop, fresh, "twice"))
		position := mustAppend(t, other.store, before)
		if err := d.erase(t, fresh); err != nil {
			t.Fatal(err)
		}
		if again, err := other.store.Append(t.Context(), before); err != nil || again != position {
			t.Errorf("%d instead of %d, %v", again, position, err)
		}
	})
}

func TestAnErasureIsHeardOfEverywhere(t *testing.T) {
	t.Parallel()
	d := newCounter(t)
	c := d.writes(t, "M1", "hello", phone)
	other := openCounter(t, d.world, d.shop)
	other.writes(t, "M2", "hello again", phone)
	ctx, stop := context.WithCancel(t.Context())
	heard, ended := make(chan []domain.CustomerID, 8), make(chan error, 1)
	go func() {
		ended <- other.erasure.Run(ctx, func(_ domain.WorkspaceID, customers []domain.CustomerID) { heard <- customers })
	}()
	d.listens(t, 1)
	if err := d.erase(t, c); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; !slices.Equal(got, []domain.CustomerID{c}) {
		t.Errorf("heard of %v", got)
	}
	if events, err := other.store.Load(t.Context(), domain.ConversationStream(d.shop, c), 0); err != nil || !events[0].Forgotten {
		t.Errorf("the other node still reads %+v, %v", events, err)
	}
	d.DB.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "switchboard_erased"' AND datname = current_database()`)
	if got := <-heard; got != nil { // some may have been missed
		t.Errorf("after the connection was lost it heard of %v", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// listens waits until so many nodes listen for erasures.
func (d counter) listens(tb testing.TB, nodes int) {
	tb.Helper()
	for listening := 0; listening < nodes; {
		err := d.DB.GetContext(tb.Context(), &listening, `
			SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN "switchboard_erased"' AND datname = current_database() AND state = 'idle'`)
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func TestTheWholePersonIsErased(t *testing.T) {
	t.Parallel()
	d := newCounter(t)
	older := d.writes(t, "M1", "by number", phone)
	younger := d.writes(t, "M2", "by lid", lid)
	d.writes(t, "M3", "both", lid, phone)
	for name, by := range map[string]domain.CustomerID{"by who went": younger, "by who stayed": older} {
		if err := d.erase(t, by); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range []domain.CustomerID{older, younger} {
			texts, types := d.reads(t, c)
			if slices.Max(texts) != "" || !slices.Contains(types, "customer.forgotten") {
				t.Errorf("%s: the log says %q, %v", name, texts, types)
			}
		}
	}
	if got := mustResolve(t, d.customers, d.shop, lid, phone); !got.Created {
		t.Errorf("the addresses are still %+v", got)
	}
}

func TestWhoIsNotErased(t *testing.T) {
	t.Parallel()
	d := newCounter(t)
	code := func(err error) string {
		refusal := (*domain.Error)(nil)
		errors.As(err, &refusal)
		if refusal == nil {
			return ""
		}
		return refusal.Code
	}
	c := d.writes(t, "M1", "hello", phone)
	mustAppend(t, d.store, request(domain.WorkspaceStream(d.shop), commands.AnyVersion, domain.NewEvent{
		ID: newID[domain.EventID](), Event: domain.WorkspaceAdminNumberVerified{WorkspaceID: d.shop, MemberID: "m", CustomerID: c},
	}))
	foreign := d
	foreign.shop = newID[domain.WorkspaceID]()
	got := []string{code(d.erase(t, c)), code(d.erase(t, newID[domain.CustomerID]())), code(foreign.erase(t, c))}
	if diff := cmp.Diff([]string{"customer.member", "conversation.not_found", "conversation.not_found"}, got); diff != "" {
		t.Error(diff)
	}
	if texts, _ := d.reads(t, c); !slices.Equal(texts, []string{"hello"}) {
		t.Errorf("the log says %q", texts)
	}
}
