package projections

import (
	"context"
	"encoding/json"
	"fmt"

	"switchboard.example/domain"
)

// A redirect leads from a customer who turned out to be another one to the one that stayed: a few events about the former
// may still come, such as a reply that was queued before.
type redirectRow struct {
	customerKey
	Into domain.CustomerID `json:"into_customer_id"`
}

// redirectsTable is a read model's own list of merges.
type redirectsTable struct {
	table[customerKey, redirectRow]
}

func newRedirects(name string) redirectsTable {
	return redirectsTable{newTable[customerKey, redirectRow](name)}
}

// redirects answers for one stretch of events.
type redirects map[customerKey]domain.CustomerID

// follow returns whose row an event about a customer belongs to now.
func (m redirects) follow(k customerKey) customerKey {
	if into, ok := m[k]; ok {
		k.CustomerID = into
	}
	return k
}

// load finds the redirects of everybody the stretch is about.
func (t redirectsTable) load(ctx context.Context, w Writer, stretch []domain.Recorded) (redirects, error) {
	set, err := t.open(ctx, w, stretch, func(r domain.Recorded) []customerKey {
		if k, ok := aboutOf(r); ok {
			return []customerKey{k}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := redirects{}
	for _, k := range set.order {
		if r, ok := set.get(k); ok {
			found[k] = r.Into
		}
	}
	return found, nil
}

// merge adds a redirect, bends those that led to the one that goes, and returns who stays.
func (t redirectsTable) merge(ctx context.Context, w Writer, r domain.Recorded, e domain.CustomerMerged) (into customerKey, err error) {
	earlier, err := t.load(ctx, w, []domain.Recorded{r})
	if err != nil {
		return customerKey{}, err
	}
	into = earlier.follow(keyOfCustomer(e.About))
	return into, t.redirect(ctx, w, customerKey{e.WorkspaceID, e.Merged}, into)
}

func (t redirectsTable) redirect(ctx context.Context, w Writer, gone, into customerKey) error {
	_, err := w.ExecContext(ctx, `UPDATE `+t.name+` SET into_customer_id = $3 WHERE workspace_id = $1 AND into_customer_id = $2`,
		gone.WorkspaceID, gone.CustomerID, into.CustomerID)
	if err != nil {
		return fmt.Errorf("bend the redirects of %s: %w", t.name, err)
	}
	added, err := json.Marshal([]redirectRow{{gone, into.CustomerID}})
	if err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, t.save, string(added)); err != nil {
		return fmt.Errorf("add to %s: %w", t.name, err)
	}
	return nil
}

// isMergeOrForgotten says whether an event changes rows of a customer that the page does not name.
func isMergeOrForgotten(e domain.Event) bool {
	switch e.(type) {
	case domain.CustomerMerged, domain.CustomerForgotten:
		return true
	}
	return false
}
