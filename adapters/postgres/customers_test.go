package postgres_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

const (
	phone = "2348030000001@s.whatsapp.net"
	lid   = "98765432101234@lid"
)

func newCustomers(tb testing.TB, w world) *postgres.Customers {
	tb.Helper()
	customers, err := postgres.NewCustomers(postgres.CustomersConfig{DB: w.worker, Keys: newKeys(tb, w.worker), HMACKey: testHMAC})
	if err != nil {
		tb.Fatal(err)
	}
	return customers
}

func mustResolve(tb testing.TB, c *postgres.Customers, w domain.WorkspaceID, addresses ...string) commands.Resolved {
	tb.Helper()
	resolved, err := c.Resolve(tb.Context(), w, addresses, testTime)
	if err != nil {
		tb.Fatal(err)
	}
	return resolved
}

func TestResolvingAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	warm, cold := newCustomers(t, w), func() *postgres.Customers { return newCustomers(t, w) }
	workspace := newID[domain.WorkspaceID]()
	first := mustResolve(t, warm, workspace, phone)

	t.Run("somebody new gets an id and a key", func(t *testing.T) {
		if !first.Created || first.Customer == "" || !cmp.Equal(first.Linked, []string{phone}) {
			t.Errorf("%+v", first)
		}
		var keys int
		if err := w.DB.Get(&keys, `SELECT count(*) FROM data_keys WHERE customer_id = $1`, string(first.Customer)); err != nil || keys != 1 {
			t.Errorf("%d keys, %v", keys, err)
		}
	})
	t.Run("who is asked for is known by either address, and asking makes nobody known", func(t *testing.T) {
		known, ok, err := warm.Known(t.Context(), workspace, []string{lid, phone})
		if err != nil || !ok || known.Customer != first.Customer {
			t.Errorf("%+v %v %v", known, ok, err)
		}
		for _, c := range []struct {
			of      domain.WorkspaceID
			address string
		}{{workspace, lid}, {newID[domain.WorkspaceID](), phone}} {
			if known, ok, err := warm.Known(t.Context(), c.of, []string{c.address}); err != nil || ok {
				t.Errorf("%s: %+v %v", c.address, known, err)
			}
		}
	})
	t.Run("the same address is the same customer, from memory and from the table", func(t *testing.T) {
		want := commands.Resolved{Customer: first.Customer}
		for _, c := range []*postgres.Customers{warm, cold()} {
			if got := mustResolve(t, c, workspace, phone, phone); !cmp.Equal(got, want) {
				t.Errorf("%+v", got)
			}
		}
	})
	t.Run("another workspace knows somebody else", func(t *testing.T) {
		if got := mustResolve(t, warm, newID[domain.WorkspaceID](), phone); got.Customer == first.Customer || !got.Created {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a second address is linked to the customer of the first", func(t *testing.T) {
		want := commands.Resolved{Customer: first.Customer, Linked: []string{lid}}
		if got := mustResolve(t, warm, workspace, lid, phone); !cmp.Equal(got, want) {
			t.Errorf("%+v", got)
		}
		if got := mustResolve(t, cold(), workspace, lid); got.Customer != first.Customer {
			t.Errorf("%+v", got)
		}
	})
	t.Run("no address is stored", func(t *testing.T) {
		var leaks int
		err := w.DB.Get(&leaks, `SELECT count(*) FROM customer_addresses WHERE position(convert_to('234803', 'UTF8') IN address_hmac) > 0`)
		if err != nil || leaks != 0 {
			t.Errorf("%d, %v", leaks, err)
		}
	})
	t.Run("none, or more than a person can have, is an error", func(t *testing.T) {
		for _, addresses := range [][]string{nil, {""}, {"a", "b", "c"}} {
			if got, err := warm.Resolve(t.Context(), workspace, addresses, testTime); err == nil {
				t.Errorf("%v: %+v", addresses, got)
			}
		}
	})
}

func TestTwoCustomersTurnOutToBeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customers := newCustomers(t, w)
	workspace := newID[domain.WorkspaceID]()
	older := mustResolve(t, customers, workspace, lid).Customer
	younger := mustResolve(t, customers, workspace, phone).Customer
	want := commands.Resolved{Customer: older, MergedFrom: younger, Merged: []domain.CustomerID{younger}}

	for range 2 { // until the log has the event, every answer says so: a crash cannot lose the merge
		if got := mustResolve(t, customers, workspace, phone, lid); !cmp.Equal(got, want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
	mustAppend(t, w.store, request(domain.CustomerStream(workspace, older), commands.AnyVersion, domain.NewEvent{
		ID: newID[domain.EventID](), OccurredAt: testTime,
		Event: domain.CustomerMerged{About: domain.About{WorkspaceID: workspace, CustomerID: older}, Merged: younger},
	}))
	want.MergedFrom = ""
	for _, addresses := range [][]string{{phone, lid}, {phone}, {lid}, {phone, lid}} { // from the tables, and as remembered
		if got := mustResolve(t, customers, workspace, addresses...); !cmp.Equal(got, want) {
			t.Errorf("%v: %+v", addresses, got)
		}
	}
	if losers, err := customers.MergedInto(t.Context(), workspace, older); err != nil || !cmp.Equal(losers, []domain.CustomerID{younger}) {
		t.Errorf("merged into the older: %v, %v", losers, err)
	}

	t.Run("forgetting the one forgets both, and the address starts over", func(t *testing.T) {
		for _, saved := range []string{phone, "2348099999999@s.whatsapp.net"} {
			if _, err := w.DB.Exec(`INSERT INTO wa_contacts (workspace_id, address_hmac, reading) VALUES ($1, $2, 1)`,
				string(workspace), customers.Hide(workspace, saved)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.keys.Forget(t.Context(), workspace, older); err != nil {
			t.Fatal(err)
		}
		for _, gone := range []domain.CustomerID{older, younger} {
			if err := newKeys(t, w.worker).EnsureKey(t.Context(), workspace, gone); !errors.Is(err, commands.ErrForgotten) {
				t.Errorf("key of %s: %v", gone, err)
			}
		}
		customers.Forget(workspace, older, younger)
		var contacts int
		if err := w.DB.Get(&contacts, `SELECT count(*) FROM wa_contacts`); err != nil || contacts != 1 {
			t.Errorf("%d saved contacts are left, not the other one: %v", contacts, err)
		}
		if got := mustResolve(t, customers, workspace, phone); !got.Created || got.Customer == older {
			t.Errorf("%+v", got)
		}
	})
}

func TestManyProcessesMeetTheSameNewCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	var mu sync.Mutex
	created, ids := 0, map[domain.CustomerID]bool{}
	var all sync.WaitGroup
	for i := range 16 {
		c := newCustomers(t, w)
		all.Go(func() {
			addresses := []string{phone, lid}
			if i%2 == 1 {
				addresses = []string{lid, phone}
			}
			resolved, err := c.Resolve(t.Context(), workspace, addresses, testTime)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			ids[resolved.Customer] = true
			if resolved.Created {
				created++
			}
		})
	}
	all.Wait()
	if len(ids) != 1 || created != 1 {
		t.Errorf("%d customers, created %d times", len(ids), created)
	}
	var keys int
	if err := w.DB.Get(&keys, `SELECT count(*) FROM data_keys`); err != nil || keys != 1 {
		t.Errorf("%d data keys, %v", keys, err)
	}
}
