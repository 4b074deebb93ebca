package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

const otherLID = "11112222333344@lid"

func resolveAt(tb testing.TB, c *postgres.Customers, w domain.WorkspaceID, at time.Time, addresses ...string) commands.Resolved {
	tb.Helper()
	resolved, err := c.Resolve(tb.Context(), w, addresses, at)
	if err != nil {
		tb.Fatal(err)
	}
	return resolved
}

func TestANumberGivenToSomebodyElseMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customers, workspace := newCustomers(t, w), newID[domain.WorkspaceID]()
	first := resolveAt(t, customers, workspace, testTime, phone, lid).Customer
	later := testTime.Add(24 * time.Hour)

	moved := resolveAt(t, customers, workspace, later, phone, otherLID)
	if moved.Customer == first || moved.MovedFrom != first || !moved.Created {
		t.Fatalf("resolved %+v, the number was %s's", moved, first)
	}
	if again := resolveAt(t, customers, workspace, later, phone, otherLID); again.MovedFrom != first || again.Customer != moved.Customer {
		t.Errorf("the log does not know yet, and the answer is %+v", again)
	}
	about := domain.About{WorkspaceID: workspace, CustomerID: moved.Customer}
	mustAppend(t, w.store, request(domain.CustomerStream(workspace, moved.Customer), commands.AnyVersion,
		domain.NewEvent{ID: newID[domain.EventID](), OccurredAt: later, Event: domain.CustomerAddressMoved{
			About: about, From: first, MovedAt: later, Phone: "2348030000001",
		}}))
	if again := resolveAt(t, customers, workspace, later, phone, otherLID); again.MovedFrom != "" || again.Customer != moved.Customer {
		t.Errorf("the log knows, and the answer is %+v", again)
	}
	if got := resolveAt(t, newCustomers(t, w), workspace, later, phone).Customer; got != moved.Customer {
		t.Error("the number alone is not the new customer's")
	}
	if got := resolveAt(t, customers, workspace, later, lid).Customer; got != first {
		t.Error("who had the number is not who they were")
	}
	// delivered again, long after: the message is the first customer's, the number stays where it is
	if got := resolveAt(t, customers, workspace, testTime, phone, lid); got.Customer != first || got.MovedFrom != "" {
		t.Errorf("an old message resolves to %+v", got)
	}
	if got := resolveAt(t, newCustomers(t, w), workspace, later, phone).Customer; got != moved.Customer {
		t.Error("an old message took the number back")
	}
}

// The decision itself is tried with many more histories in domain; here the tables must follow it.
func TestTheTablesKeepOneContactGraphInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const seed = 11
	random := rand.New(rand.NewPCG(seed, 1))
	type naming struct {
		addresses []string
		at        time.Time
	}
	for i := range 40 {
		var history []naming
		for j := range 3 + random.IntN(5) {
			n := naming{at: testTime.Add(time.Duration(j+1) * 2 * time.Hour)}
			what := random.IntN(4)
			if what != 0 {
				n.addresses = append(n.addresses, fmt.Sprintf("23480%d@s.whatsapp.net", random.IntN(2)))
			}
			if what != 1 {
				n.addresses = append(n.addresses, fmt.Sprintf("9%d@lid", random.IntN(3)))
			}
			history = append(history, n)
		}
		var graphs []string
		for range 3 {
			customers, workspace := newCustomers(t, w), newID[domain.WorkspaceID]()
			for _, n := range history {
				resolveAt(t, customers, workspace, n.at, n.addresses...)
			}
			graphs = append(graphs, contactGraph(t, customers, workspace, history[len(history)-1].at, func(yield func([]string)) {
				for _, n := range history {
					yield(n.addresses)
				}
			}))
			random.Shuffle(len(history), func(a, b int) { history[a], history[b] = history[b], history[a] })
		}
		if graphs[0] != graphs[1] || graphs[0] != graphs[2] {
			t.Fatalf("seed %d, case %d: %+v gives\n%s\n%s\n%s", seed, i, history, graphs[0], graphs[1], graphs[2])
		}
	}
}

// contactGraph groups the addresses by whose they are.
func contactGraph(tb testing.TB, c *postgres.Customers, w domain.WorkspaceID, at time.Time, each func(func([]string))) string {
	tb.Helper()
	groups := map[domain.CustomerID][]string{}
	each(func(addresses []string) {
		for _, a := range addresses {
			who := resolveAt(tb, c, w, at, a).Customer
			if !slices.Contains(groups[who], a) {
				groups[who] = append(groups[who], a)
			}
		}
	})
	var all []string
	for _, g := range groups {
		slices.Sort(g)
		all = append(all, fmt.Sprint(g))
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}
