package domain_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchboard.example/domain"
)

var cases = flag.Int("address-cases", 100_000, "how many histories of addresses are tried")

// named is a message that names a number, a LID, or both.
type named struct {
	phone, lid string
	at         time.Time
}

// book is a memory of whose addresses are whose, kept as the database keeps it.
type book struct {
	owner  map[string]domain.CustomerID
	mapped map[string]time.Time
	next   int
}

func (b *book) lidOf(c domain.CustomerID, but string) bool {
	for address, owner := range b.owner {
		if owner == c && address[0] == 'L' && address != but {
			return true
		}
	}
	return false
}

func (b *book) hear(n named) {
	fresh := func() domain.CustomerID {
		b.next++
		return domain.CustomerID(fmt.Sprint(b.next))
	}
	for _, address := range []string{n.phone, n.lid} {
		if address != "" && b.owner[address] == "" && (n.phone == "" || n.lid == "") {
			b.owner[address] = fresh()
		}
	}
	if n.phone == "" || n.lid == "" {
		return
	}
	phone, lid := b.owner[n.phone], b.owner[n.lid]
	known := domain.KnownAddress{Customer: phone, MappedAt: b.mapped[n.phone], LID: phone != "" && b.lidOf(phone, n.lid)}
	if lid == "" {
		lid = fresh()
	}
	switch domain.WhoseAddresses(known, domain.KnownAddress{Customer: b.owner[n.lid]}, n.at) {
	case domain.WhoseTogether:
		if b.owner[n.lid] == "" && phone != "" {
			lid = phone
		}
		for address, owner := range b.owner {
			if phone != "" && owner == phone {
				b.owner[address] = lid
			}
		}
		b.owner[n.phone], b.owner[n.lid] = lid, lid
		if n.at.After(b.mapped[n.phone]) {
			b.mapped[n.phone] = n.at
		}
	case domain.WhoseMoved:
		b.owner[n.phone], b.owner[n.lid], b.mapped[n.phone] = lid, lid, n.at
	case domain.WhoseApart:
		b.owner[n.lid] = lid
	}
}

// graph says which addresses are one customer's, without the customers' names.
func (b *book) graph() string {
	groups := map[domain.CustomerID][]string{}
	for _, address := range slices.Sorted(maps.Keys(b.owner)) {
		groups[b.owner[address]] = append(groups[b.owner[address]], address)
	}
	all := slices.Collect(maps.Values(groups))
	slices.SortFunc(all, slices.Compare)
	return fmt.Sprint(all)
}

// wanted is the same, worked out from the whole history at once: a number is with the LID it was named with last.
func wanted(history []named) string {
	b := book{owner: map[string]domain.CustomerID{}}
	last := map[string]named{}
	for _, n := range history {
		for _, address := range []string{n.phone, n.lid} {
			if address != "" {
				b.owner[address] = domain.CustomerID(address)
			}
		}
		if n.phone != "" && n.lid != "" && !n.at.Before(last[n.phone].at) {
			last[n.phone] = n
		}
	}
	for phone, n := range last {
		b.owner[phone] = domain.CustomerID(n.lid)
	}
	return b.graph()
}

// People write from their number, from their LID or from both, and numbers are given to others; messages come in any order.
func TestTheContactGraphDoesNotDependOnTheOrderOfMessages(t *testing.T) {
	t.Parallel()
	const seed = 4
	random := rand.New(rand.NewPCG(seed, 9))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range *cases {
		history := make([]named, 2+random.IntN(7))
		for j := range history {
			n := named{at: start.Add(time.Duration(j+1) * time.Hour)}
			what := random.IntN(4)
			if what != 0 {
				n.phone = fmt.Sprint("P", random.IntN(3))
			}
			if what != 1 {
				n.lid = fmt.Sprint("L", random.IntN(3))
			}
			history[j] = n
		}
		want := wanted(history)
		for range 2 {
			random.Shuffle(len(history), func(a, b int) { history[a], history[b] = history[b], history[a] })
			b := &book{owner: map[string]domain.CustomerID{}, mapped: map[string]time.Time{}}
			for _, n := range history {
				b.hear(n)
			}
			if got := b.graph(); got != want {
				t.Fatalf("seed %d, case %d: %+v gives %s, want %s", seed, i, history, got, want)
			}
		}
	}
}
