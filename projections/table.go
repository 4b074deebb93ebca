package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"switchboard.example/domain"
)

// row is one row of a read model's table. K holds the columns of its key; both name their columns by json tags.
type row[K comparable] interface {
	key() K
}

// table is one read_ table whose rows are folded from events: the rows a page of events needs are loaded with one
// statement, changed in memory, and written back with one statement. Names are not qualified by a schema, so that a
// rebuild can fill tables beside the live ones.
type table[K comparable, R row[K]] struct {
	name string
	load string
	save string
	drop string
}

func newTable[K comparable, R row[K]](name string) table[K, R] {
	keys, all := columnsOf(reflect.TypeFor[K]()), columnsOf(reflect.TypeFor[R]())
	return table[K, R]{
		name: name,
		load: fmt.Sprintf(`SELECT to_jsonb(r) FROM %[1]s r JOIN jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) k ON %[2]s`,
			name, matching(keys)),
		save: fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[2]s FROM jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) ON CONFLICT (%[3]s) %[4]s`,
			name, strings.Join(all, ", "), strings.Join(keys, ", "), replacing(all[len(keys):])),
		drop: fmt.Sprintf(`DELETE FROM %[1]s r USING jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) k WHERE %[2]s`,
			name, matching(keys)),
	}
}

// columnsOf lists the columns of a row; its key comes first, because it is embedded first.
func columnsOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.Anonymous {
			names = append(names, columnsOf(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func matching(keys []string) string {
	conditions := make([]string, len(keys))
	for i, k := range keys {
		conditions[i] = "r." + k + " = k." + k
	}
	return strings.Join(conditions, " AND ")
}

func replacing(columns []string) string {
	if len(columns) == 0 {
		return "DO NOTHING"
	}
	sets := make([]string, len(columns))
	for i, c := range columns {
		sets[i] = c + " = excluded." + c
	}
	return "DO UPDATE SET " + strings.Join(sets, ", ")
}

// fold applies a page to the table. touch names the rows an event may read or change; evolve changes them.
func (t table[K, R]) fold(
	ctx context.Context, w Writer, page []domain.Recorded, touch func(domain.Recorded) []K, evolve func(*rows[K, R], domain.Recorded),
) error {
	set, err := t.open(ctx, w, page, touch)
	if err != nil || len(set.order) == 0 {
		return err
	}
	for _, r := range page {
		evolve(set, r)
	}
	return t.close(ctx, w, set)
}

// open loads the rows that the page may read or change.
func (t table[K, R]) open(ctx context.Context, w Writer, page []domain.Recorded, touch func(domain.Recorded) []K) (*rows[K, R], error) {
	set := &rows[K, R]{of: map[K]*kept[R]{}}
	for _, r := range page {
		for _, k := range touch(r) {
			set.slot(k)
		}
	}
	if len(set.order) == 0 {
		return set, nil
	}
	keys, err := json.Marshal(set.order)
	if err != nil {
		return nil, fmt.Errorf("name rows of %s: %w", t.name, err)
	}
	var found []string
	if err := w.SelectContext(ctx, &found, t.load, string(keys)); err != nil {
		return nil, fmt.Errorf("load %s: %w", t.name, err)
	}
	return set, set.fill(t.name, found)
}

// close writes what changed.
func (t table[K, R]) close(ctx context.Context, w Writer, set *rows[K, R]) error {
	changed, gone := set.outcome()
	if err := execRows(ctx, w, t.drop, gone); err != nil {
		return fmt.Errorf("delete from %s: %w", t.name, err)
	}
	if err := execRows(ctx, w, t.save, changed); err != nil {
		return fmt.Errorf("write %s: %w", t.name, err)
	}
	return nil
}

func execRows[R any](ctx context.Context, w Writer, statement string, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	data, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, statement, string(data))
	return err
}

// rows are the rows a page needs, while it is being folded.
type rows[K comparable, R row[K]] struct {
	of    map[K]*kept[R]
	order []K // as first touched, so that the same page always gives the same statements
}

type kept[R any] struct {
	row     R
	exists  bool // now
	stored  bool // in the table, when the page began
	changed bool
}

func (s *rows[K, R]) slot(k K) *kept[R] {
	slot, ok := s.of[k]
	if !ok {
		slot = &kept[R]{}
		s.of[k], s.order = slot, append(s.order, k)
	}
	return slot
}

func (s *rows[K, R]) fill(table string, found []string) error {
	for _, text := range found {
		var r R
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("read a row of %s: %w", table, err)
		}
		slot := s.slot(r.key())
		slot.row, slot.exists, slot.stored = r, true, true
	}
	return nil
}

// get returns a row that was named by touch.
func (s *rows[K, R]) get(k K) (R, bool) {
	slot := s.slot(k)
	return slot.row, slot.exists
}

// put adds or replaces a row.
func (s *rows[K, R]) put(r R) {
	slot := s.slot(r.key())
	slot.row, slot.exists, slot.changed = r, true, true
}

// change replaces a row if there is one.
func (s *rows[K, R]) change(k K, evolve func(R) R) {
	if r, ok := s.get(k); ok {
		s.put(evolve(r))
	}
}

// remove deletes a row.
func (s *rows[K, R]) remove(k K) {
	slot := s.slot(k)
	var none R
	slot.row, slot.exists, slot.changed = none, false, true
}

func (s *rows[K, R]) outcome() (changed []R, gone []K) {
	for _, k := range s.order {
		slot := s.of[k]
		switch {
		case slot.changed && slot.exists:
			changed = append(changed, slot.row)
		case slot.changed && slot.stored:
			gone = append(gone, k)
		}
	}
	return changed, gone
}

// inStretches hands a page over in stretches that hold no barrier; at each barrier everything before it is written. It is
// for the rare events that change rows no key of the page names.
func inStretches(page []domain.Recorded, isBarrier func(domain.Event) bool, stretch func([]domain.Recorded) error, barrier func(domain.Recorded) error) error {
	start := 0
	for i, r := range page {
		if !isBarrier(r.Event) {
			continue
		}
		if err := stretch(page[start:i]); err != nil {
			return err
		}
		if err := barrier(r); err != nil {
			return err
		}
		start = i + 1
	}
	return stretch(page[start:])
}

// stored returns a time as a table keeps it, so that a row folded in memory equals one that was read back: microseconds,
// UTC, and nothing for the zero time.
func stored(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// moment is the opposite of stored.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// words returns text as a table can keep it: Postgres has no zero byte.
func words(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// typesOf lists the stored names of events.
func typesOf(events ...domain.Event) []string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.EventType()
	}
	return names
}

// workspaceKey is the key of tables with one row per workspace.
type workspaceKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
}

func (k workspaceKey) key() workspaceKey { return k }

// customerKey is the key of tables with one row per customer.
type customerKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	CustomerID  domain.CustomerID  `json:"customer_id"`
}

func (k customerKey) key() customerKey { return k }

func keyOfCustomer(a domain.About) customerKey { return customerKey{a.WorkspaceID, a.CustomerID} }

// aboutOf returns whose conversation or customer an event is about.
func aboutOf(r domain.Recorded) (customerKey, bool) {
	e, ok := r.Event.(domain.AboutCustomer)
	if !ok || e.Customer() == "" {
		return customerKey{}, false
	}
	return customerKey{r.Workspace(), e.Customer()}, true
}
