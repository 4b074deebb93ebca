package projections_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

func TestPagesOfAnySizeGiveTheSameTables(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("history %d", seed), func(t *testing.T) {
			t.Parallel()
			c := randomHistory(seed+20, 900)
			whole := pgtest.New(t).DB
			apply(t, whole, c.h.events, onePage)
			want := dump(t, whole)
			for table, rows := range want {
				if len(rows) == 0 && table != "read_outbox" && table != "read_faqs" {
					t.Errorf("the history leaves %s empty: it tests nothing", table)
				}
			}
			for _, most := range []int{1, 9, 80} {
				pieces := pgtest.New(t).DB
				apply(t, pieces, c.h.events, randomPages(rand.New(rand.NewPCG(seed, 7)), most))
				if diff := cmp.Diff(want, dump(t, pieces)); diff != "" {
					t.Fatalf("pages of up to %d events differ (-one page +pieces):\n%s", most, diff)
				}
			}
		})
	}
}

func TestARebuildAfterForgettingEqualsTheLiveTables(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("history %d", seed), func(t *testing.T) {
			t.Parallel()
			c := randomHistory(100+seed, 400)
			forgetEverybody(c)
			live, rebuilt := pgtest.New(t).DB, pgtest.New(t).DB
			apply(t, live, c.h.events, randomPages(c.Rand, 50))
			apply(t, rebuilt, asForgotten(t, c.h.events, c.gone), onePage)
			if diff := cmp.Diff(dump(t, live), dump(t, rebuilt)); diff != "" {
				t.Fatalf("differ (-live +rebuilt):\n%s", diff)
			}
			for table, rows := range dump(t, live) {
				for _, row := range rows {
					if strings.Contains(row, "2348030000001") || strings.Contains(row, "how market") || strings.Contains(row, "do you deliver") || strings.Contains(row, "we do.") {
						t.Errorf("%s still knows something personal: %s", table, row)
					}
				}
			}
		})
	}
}

// forgetEverybody ends a history with every customer of both workspaces forgotten.
func forgetEverybody(c *chance) {
	for n := range 2 {
		w := c.workspace(n)
		for k := range 4 {
			a := domain.About{WorkspaceID: w, CustomerID: id[domain.CustomerID](string(w), fmt.Sprint(k))}
			c.gone[a.CustomerID] = true
			c.h.add(w, domain.CustomerForgotten{About: a, ForgottenAt: c.h.now})
		}
	}
}

func TestEveryProjectionNamesTheTypesItNeeds(t *testing.T) {
	t.Parallel()
	known := domain.EventTypes()
	tables := map[string]string{}
	for _, p := range projections.All() {
		for _, name := range p.Types {
			if !slices.Contains(known, name) {
				t.Errorf("%s reads %q, which is no event", p.Name, name)
			}
		}
		for _, table := range p.Tables {
			if owner, taken := tables[table]; taken {
				t.Errorf("%s and %s both own %s", p.Name, owner, table)
			}
			tables[table] = p.Name
		}
	}
}

func TestTypesThatAreLeftOutWouldHaveChangedNothing(t *testing.T) {
	t.Parallel()
	c := randomHistory(9, 400)
	filtered, all := pgtest.New(t).DB, pgtest.New(t).DB
	apply(t, filtered, c.h.events, onePage)
	for _, p := range projections.All() {
		p.Types = domain.EventTypes()
		applyOne(t, all, p, c.h.events, onePage)
	}
	want := dump(t, filtered)
	delete(want, "read_timeline")
	got := dump(t, all)
	delete(got, "read_timeline")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("differ (-filtered +all types):\n%s", diff)
	}
}

func TestEveryTypeOfEventHasASentence(t *testing.T) {
	t.Parallel()
	for _, name := range domain.EventTypes() {
		e, err := domain.DecodeEvent(name, 1, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		sentence := projections.Sentence(domain.Recorded{Type: name, Event: e})
		if !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "omething happened") || strings.Contains(sentence, "did something") {
			t.Errorf("%s reads %q", name, sentence)
		}
	}
}
