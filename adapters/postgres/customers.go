package postgres

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// CustomersConfig says where addresses are kept and what hides them.
type CustomersConfig struct {
	DB        *sqlx.DB // under sb_worker
	Keys      *Keys
	HMACKey   []byte // at least 32 bytes; losing it makes every known customer a new one
	CacheSize int    // addresses kept in memory. Defaults to 20,000
}

// Customers knows whose phone numbers and LIDs are whose, without storing them: a row holds only a keyed hash.
type Customers struct {
	db    *sqlx.DB
	keys  *Keys
	hmac  []byte
	cache *lru.Cache[string, cached]
}

// cached is whose address it is; the key of the cache is the address's hash.
type cached struct {
	workspace domain.WorkspaceID
	customer  domain.CustomerID
	merged    []domain.CustomerID // into it
	mappedAt  time.Time
}

var _ commands.Addresses = (*Customers)(nil)

// NewCustomers checks the configuration.
func NewCustomers(cfg CustomersConfig) (*Customers, error) {
	if len(cfg.HMACKey) < 32 {
		return nil, errors.New("customers: the address key needs at least 32 bytes")
	}
	cache, err := lru.New[string, cached](cmp.Or(cfg.CacheSize, 20_000))
	if err != nil {
		return nil, fmt.Errorf("address cache: %w", err)
	}
	return &Customers{db: cfg.DB, keys: cfg.Keys, hmac: bytes.Clone(cfg.HMACKey), cache: cache}, nil
}

// maxAddresses is how many addresses WhatsApp gives a person at once: a LID and a phone number.
const maxAddresses = 2

// resolveTries bounds how often a resolution is tried again because another one was in its way.
const resolveTries = 5

// Resolve returns the customer the addresses belong to, making one (with its data key, committed) when none is known.
// All addresses are linked to it. When they belong to two customers, the younger is merged into the older; MergedFrom
// repeats that in every answer until the log holds the customer.merged event, so that a crash between cannot lose it. A
// number that comes with another LID than before has moved, which MovedFrom says in the same way.
func (c *Customers) Resolve(ctx context.Context, w domain.WorkspaceID, addresses []string, at time.Time) (commands.Resolved, error) {
	hashes, err := c.hashes(w, addresses)
	if err != nil {
		return commands.Resolved{}, err
	}
	if known, ok := c.fromCache(hashes, at); ok && !c.keys.isForgotten(w, known.customer) {
		return commands.Resolved{Customer: known.customer, Merged: known.merged}, nil
	}
	for try := 1; ; try++ {
		resolved, err := c.resolve(ctx, w, hashes, at)
		if err == nil {
			return resolved, nil
		}
		if state := sqlState(err); try == resolveTries || state != "40P01" && state != "40001" {
			return commands.Resolved{}, fmt.Errorf("resolve a customer: %w", err)
		}
	}
}

// Known says whose the addresses are, without noting anything. Where they are two customers' it is the one who will stay.
func (c *Customers) Known(ctx context.Context, w domain.WorkspaceID, addresses []string) (commands.Resolved, bool, error) {
	hashes, err := c.hashes(w, addresses)
	if err != nil {
		return commands.Resolved{}, false, err
	}
	owners, err := c.owners(ctx, c.db, w, hashes, "")
	if err != nil || len(owners) == 0 {
		return commands.Resolved{}, false, err
	}
	known := commands.Resolved{Customer: oldest(owners, "")}
	known.Merged, err = c.MergedInto(ctx, w, known.Customer)
	return known, err == nil, err
}

// hashed is an address and what is stored of it.
type hashed struct {
	address string
	hash    string // raw bytes
	hidden  bool   // it is a LID
}

// hashes returns the distinct addresses, in the order of their hashes: everybody locks rows in the same order.
func (c *Customers) hashes(w domain.WorkspaceID, addresses []string) ([]hashed, error) {
	var all []hashed
	for _, a := range addresses {
		if a == "" || slices.ContainsFunc(all, func(h hashed) bool { return h.address == a }) {
			continue
		}
		all = append(all, hashed{address: a, hash: string(c.Hide(w, a)), hidden: strings.HasSuffix(a, "@lid")})
	}
	if len(all) == 0 || len(all) > maxAddresses {
		return nil, fmt.Errorf("resolve a customer: %d addresses, not one or two", len(all))
	}
	slices.SortFunc(all, func(a, b hashed) int { return strings.Compare(a.hash, b.hash) })
	return all, nil
}

// Hide is what is stored of an address: nothing can be read from it, and each workspace has another one for the same person.
func (c *Customers) Hide(w domain.WorkspaceID, address string) []byte {
	mac := hmac.New(sha256.New, c.hmac)
	mac.Write([]byte(string(w) + "\x00" + address))
	return mac.Sum(nil)
}

// mappingStays is for how long it is not noted again that a number came with the LID it came with before.
const mappingStays = time.Hour

func (c *Customers) fromCache(hashes []hashed, at time.Time) (found cached, ok bool) {
	for i, h := range hashes {
		entry, ok := c.cache.Get(h.hash)
		stale := len(hashes) > 1 && !h.hidden && at.Sub(entry.mappedAt) > mappingStays
		if !ok || stale || i > 0 && entry.customer != found.customer {
			return cached{}, false
		}
		found = entry
	}
	return found, true
}

// resolve looks the addresses up and, where that is not enough, links, creates or merges in one transaction.
func (c *Customers) resolve(ctx context.Context, w domain.WorkspaceID, hashes []hashed, at time.Time) (commands.Resolved, error) {
	owners, err := c.owners(ctx, c.db, w, hashes, "")
	if err != nil {
		return commands.Resolved{}, err
	}
	resolved := resolution{}
	switch {
	case settled(owners, hashes, at):
		resolved.Customer = owners[0].customer
	case len(owners) == 0:
		resolved, err = c.welcome(ctx, w, hashes, at)
	default:
		resolved, err = c.settle(ctx, w, hashes, at)
	}
	if err != nil {
		return commands.Resolved{}, err
	}
	if resolved.MovedFrom != "" {
		c.Forget(w, resolved.MovedFrom)
	}
	if resolved.MergedFrom != "" { // some of their addresses may be remembered as theirs, and the others without them
		c.Forget(w, resolved.MergedFrom, resolved.Customer)
	}
	if err := c.unconfirmedMove(ctx, w, owners, &resolved); err != nil {
		return commands.Resolved{}, err
	}
	if !resolved.Created {
		if resolved.Merged, err = c.MergedInto(ctx, w, resolved.Customer); err != nil {
			return commands.Resolved{}, err
		}
	}
	if resolved.MergedFrom == "" && len(resolved.Merged) > 0 {
		if resolved.MergedFrom, err = c.unconfirmedMerge(ctx, w, resolved.Customer); err != nil {
			return commands.Resolved{}, err
		}
	}
	if resolved.MergedFrom == "" && resolved.MovedFrom == "" && !resolved.apart {
		for _, h := range hashes {
			c.cache.Add(h.hash, cached{workspace: w, customer: resolved.Customer, merged: resolved.Merged, mappedAt: at})
		}
	}
	return resolved.Resolved, nil
}

// settled says whether nothing has to be written for addresses with these owners.
func settled(owners []owner, hashes []hashed, at time.Time) bool {
	if len(owners) != len(hashes) || owners[0].customer != owners[len(owners)-1].customer {
		return false
	}
	for i, o := range owners {
		if !o.hidden.Valid || len(hashes) > 1 && !hashes[i].hidden && at.Sub(o.mappedAt.Time) > mappingStays {
			return false
		}
	}
	return true
}

// owner is whose a known address is.
type owner struct {
	hash     string
	customer domain.CustomerID
	since    time.Time // when the customer was created
	hidden   sql.NullBool
	mappedAt sql.NullTime
	moved    sql.NullString // who had it before, if the log does not know yet
}

// resolution is an answer in the making.
type resolution struct {
	commands.Resolved
	apart bool // the addresses named together are not one customer's
}

func (c *Customers) owners(ctx context.Context, db sqlx.QueryerContext, w domain.WorkspaceID, hashes []hashed, lock string) ([]owner, error) {
	raw := make(pq.ByteaArray, len(hashes))
	for i, h := range hashes {
		raw[i] = []byte(h.hash)
	}
	rows, err := db.QueryContext(ctx, `
		SELECT a.address_hmac, a.customer_id, k.created_at, a.hidden, a.mapped_at, a.moved_from
		  FROM customer_addresses a
		  JOIN data_keys k ON k.workspace_id = a.workspace_id AND k.customer_id = a.customer_id
		 WHERE a.workspace_id = $1 AND a.address_hmac = ANY ($2)
		 ORDER BY a.address_hmac `+lock, string(w), raw)
	if err != nil {
		return nil, fmt.Errorf("look up addresses: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var owners []owner
	for rows.Next() {
		var o owner
		if err := rows.Scan(&o.hash, &o.customer, &o.since, &o.hidden, &o.mappedAt, &o.moved); err != nil {
			return nil, fmt.Errorf("look up addresses: %w", err)
		}
		owners = append(owners, o)
	}
	return owners, rows.Err()
}

// welcome makes a customer of addresses that nobody has, by one statement. When somebody has one of them after all, it is
// settled as if that had been known.
func (c *Customers) welcome(ctx context.Context, w domain.WorkspaceID, hashes []hashed, at time.Time) (resolution, error) {
	fresh := newCustomer()
	id, wrapped := c.keys.make(w, fresh)
	raw, hidden, addresses := make(pq.ByteaArray, len(hashes)), make(pq.BoolArray, len(hashes)), make([]string, len(hashes))
	for i, h := range hashes {
		raw[i], hidden[i], addresses[i] = []byte(h.hash), h.hidden, h.address
	}
	_, err := c.db.ExecContext(ctx, `
		WITH key AS (
		  INSERT INTO data_keys (key_id, workspace_id, customer_id, wrapped_key) VALUES ($1, $2, $3, $4))
		INSERT INTO customer_addresses (workspace_id, address_hmac, customer_id, hidden, mapped_at)
		SELECT $2, a.hash, $3, a.hidden, CASE WHEN NOT a.hidden AND $7 THEN $8::timestamptz END
		  FROM unnest($5::bytea[], $6::boolean[]) AS a (hash, hidden)`,
		id, string(w), string(fresh), wrapped, raw, hidden, len(hashes) > 1, at)
	if sqlState(err) == "23505" { // somebody came between
		return c.settle(ctx, w, hashes, at)
	}
	if err == nil {
		_, err = c.keys.remember(id, wrapped)
	}
	if err != nil {
		return resolution{}, fmt.Errorf("welcome a customer: %w", err)
	}
	return resolution{Resolved: commands.Resolved{Customer: fresh, Created: true, Linked: addresses}}, nil
}

func newCustomer() domain.CustomerID {
	return domain.CustomerID(uuid.Must(uuid.NewRandomFromReader(rand.Reader)).String())
}

// settle claims the addresses for a new customer; those that belonged to somebody keep their owner, and then everything
// goes to the oldest of the owners. The unique constraint makes a racing process wait here for our commit, and find it.
func (c *Customers) settle(ctx context.Context, w domain.WorkspaceID, hashes []hashed, at time.Time) (resolution, error) {
	tx, err := c.db.BeginTxx(ctx, nil)
	if err != nil {
		return resolution{}, err
	}
	defer func() { _ = tx.Rollback() }()
	fresh := newCustomer()
	if err := c.claim(ctx, tx, w, hashes, fresh); err != nil {
		return resolution{}, err
	}
	owners, err := c.owners(ctx, tx, w, hashes, "FOR UPDATE OF a")
	if err != nil {
		return resolution{}, err
	}
	resolved, err := c.divide(ctx, tx, w, hashes, owners, fresh, at)
	if err != nil {
		return resolution{}, err
	}
	return resolved, tx.Commit()
}

// claim gives the addresses nobody has, and a data key, to a fresh customer.
func (c *Customers) claim(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, hashes []hashed, fresh domain.CustomerID) error {
	if err := c.keys.create(ctx, tx, w, fresh); err != nil {
		return err
	}
	for _, h := range hashes {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO customer_addresses (workspace_id, address_hmac, customer_id, hidden)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT ON CONSTRAINT customer_addresses_address_key DO UPDATE SET hidden = EXCLUDED.hidden`,
			string(w), []byte(h.hash), string(fresh), h.hidden)
		if err != nil {
			return fmt.Errorf("claim an address: %w", err)
		}
	}
	return nil
}

// unite brings all the addresses to one customer.
func (c *Customers) unite(
	ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, hashes []hashed, owners []owner, fresh domain.CustomerID,
) (commands.Resolved, error) {
	resolved := commands.Resolved{Customer: oldest(owners, fresh), Created: true}
	for _, o := range owners {
		if o.customer == fresh {
			resolved.Linked = append(resolved.Linked, addressOf(hashes, o.hash))
		} else {
			resolved.Created = false
		}
	}
	if resolved.Created {
		return resolved, nil
	}
	if err := c.repoint(ctx, tx, w, fresh, resolved.Customer); err != nil {
		return commands.Resolved{}, err
	}
	if err := c.dropKey(ctx, tx, w, fresh); err != nil {
		return commands.Resolved{}, err
	}
	for _, o := range owners {
		if o.customer != fresh && o.customer != resolved.Customer {
			resolved.MergedFrom = o.customer
			return resolved, c.merge(ctx, tx, w, o.customer, resolved.Customer)
		}
	}
	return resolved, nil
}

// oldest chooses who stays; by id between customers of the same moment. The fresh one stays only when alone.
func oldest(owners []owner, fresh domain.CustomerID) domain.CustomerID {
	best := owner{customer: fresh}
	for _, o := range owners {
		if o.customer == fresh {
			continue
		}
		if best.customer == fresh || o.since.Before(best.since) || o.since.Equal(best.since) && o.customer < best.customer {
			best = o
		}
	}
	return best.customer
}

func addressOf(hashes []hashed, hash string) string {
	for _, h := range hashes {
		if h.hash == hash {
			return h.address
		}
	}
	return ""
}

func (c *Customers) repoint(ctx context.Context, tx *sqlx.Tx, w domain.WorkspaceID, from, to domain.CustomerID) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE customer_addresses
		   SET customer_id = $3
		 WHERE workspace_id = $1 AND customer_id = $2`, string(w), string(from), string(to))
	if err != nil {
		return fmt.Errorf("repoint addresses: %w", err)
	}
	return nil
}

// Forget drops what this process remembers of the customers' addresses; see Erasure for the rest.
func (c *Customers) Forget(w domain.WorkspaceID, customers ...domain.CustomerID) {
	c.drop(func(e cached) bool { return e.workspace == w && slices.Contains(customers, e.customer) })
}

// LeaveWorkspace drops what this process remembers of a workspace. Call it when taking over the workspace's lease:
// another process may have merged or forgotten customers meanwhile.
func (c *Customers) LeaveWorkspace(w domain.WorkspaceID) {
	c.drop(func(e cached) bool { return e.workspace == w })
}

// LetGo drops all that this process remembers of addresses.
func (c *Customers) LetGo() { c.cache.Purge() }

func (c *Customers) drop(unwanted func(cached) bool) {
	for _, hash := range c.cache.Keys() {
		if e, ok := c.cache.Peek(hash); ok && unwanted(e) {
			c.cache.Remove(hash)
		}
	}
}
