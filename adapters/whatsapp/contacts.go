package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// contactList is the part of an account's app state that holds the phone's contacts.
const contactList = appstate.WAPatchCriticalUnblockLow

// contactsStay is how long a contact list is relied on before it is read whole again, in case a change was missed.
const contactsStay = 7 * 24 * time.Hour

// contacts is whom one workspace's phone has saved: no names, and of each address only the hash that customers are known by.
//
// WhatsApp sends changes to the list, and the library remembers in its own table which it has. So what we do not have we would
// never get, unless the list is read from its beginning: when the number was linked before lists were kept, when a change
// could not be stored, when a contact was removed (the library tells its store only of those that are set), and once a week.
// Each whole reading has a number; what it did not find goes when it is done, so that nobody is missing in the meantime.
type contacts struct {
	db        *dbutil.Database
	workspace domain.WorkspaceID
	hide      func(domain.WorkspaceID, string) []byte
	now       func() time.Time
	again     chan struct{} // it became stale
	stale     atomic.Bool   // the list has to be read again
	missed    atomic.Bool   // a change could not be stored

	mu      sync.Mutex
	found   *time.Time // when the list was last read, as the link had it, until it was looked at
	reading int64
	whole   bool            // the list is being read from its beginning
	changes int             // so that no answer is remembered that a change has overtaken
	answers map[string]bool // by all addresses of a person
	unread  bool            // the list was never read, so there are no answers
}

// maxAnswers bounds what a workspace remembers; it is only a cache.
const maxAnswers = 20_000

// contacts is the list of a workspace whose link says when it was last read.
func (p *Pool) contacts(w domain.WorkspaceID, read time.Time) *contacts {
	return &contacts{
		db: p.db, workspace: w, hide: p.cfg.Hide, now: p.cfg.Now, again: make(chan struct{}, 1), found: &read,
		reading: p.cfg.Now().UnixNano(), answers: map[string]bool{},
	}
}

// saved says whether the phone has somebody with these addresses as a contact; nil while the list was not read.
func (c *contacts) saved(ctx context.Context, addresses []string) (*bool, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // nobody knows
	}
	person := strings.Join(addresses, "\x00")
	c.mu.Lock()
	answer, ok := c.answers[person]
	changes, unread := c.changes, c.unread
	c.mu.Unlock()
	if unread {
		return nil, nil //nolint:nilnil // nobody knows yet
	}
	if ok {
		return &answer, nil
	}
	err := c.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM wa_contacts AS c WHERE c.workspace_id = l.workspace_id AND c.address_hmac = ANY ($2))
		  FROM wa_links AS l
		 WHERE l.workspace_id = $1 AND l.contacts_read_at IS NOT NULL`,
		string(c.workspace), c.hidden(addresses)).Scan(&answer)
	if errors.Is(err, sql.ErrNoRows) {
		c.rememberUnread(changes)
		return nil, nil //nolint:nilnil // nobody knows yet
	}
	if err != nil {
		return nil, fmt.Errorf("look up a contact: %w", err)
	}
	c.remember(person, answer, changes)
	return &answer, nil
}

func (c *contacts) remember(person string, answer bool, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != changes {
		return
	}
	if len(c.answers) >= maxAnswers {
		clear(c.answers)
	}
	c.answers[person] = answer
}

func (c *contacts) rememberUnread(changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = c.changes == changes
}

// changed forgets all answers and returns the number of the reading under way.
func (c *contacts) changed() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.unread = false
	clear(c.answers)
	return c.reading
}

func (c *contacts) hidden(addresses []string) pq.ByteaArray {
	hashes := make(pq.ByteaArray, len(addresses))
	for i, a := range addresses {
		hashes[i] = c.hide(c.workspace, a)
	}
	return hashes
}

// begins notes that the library reads the list, from its beginning or not.
func (c *contacts) begins(whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole = whole; whole {
		c.reading = max(c.reading+1, c.now().UnixNano())
	}
}

// removed notes that contacts were removed. While the list is read from its beginning that is told with all the rest.
func (c *contacts) removed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.whole {
		c.stale.Store(true)
		nudge(c.again)
	}
}

// put stores who is a contact and who is none any more: whoever has no name. Of several entries for one person the last counts.
func (c *contacts) put(ctx context.Context, entries []store.ContactEntry) error {
	now := map[string]bool{}
	for _, e := range entries {
		if jid := plainJID(e.JID); jid.Server == types.DefaultUserServer || jid.Server == types.HiddenUserServer {
			now[jid.String()] = e.FirstName != "" || e.FullName != ""
		}
	}
	var saved, gone []string
	for _, address := range slices.Sorted(maps.Keys(now)) {
		if now[address] {
			saved = append(saved, address)
		} else {
			gone = append(gone, address)
		}
	}
	reading := c.changed()
	defer c.changed() // what was looked up while this ran
	_, err := c.db.Exec(ctx, `
		INSERT INTO wa_contacts (workspace_id, address_hmac, reading)
		SELECT $1, s.address_hmac, $3 FROM unnest($2::bytea[]) AS s (address_hmac)
		ON CONFLICT ON CONSTRAINT wa_contacts_pkey DO UPDATE SET reading = EXCLUDED.reading`,
		string(c.workspace), c.hidden(saved), reading)
	if err != nil {
		return fmt.Errorf("store contacts: %w", err)
	}
	_, err = c.db.Exec(ctx, `
		DELETE FROM wa_contacts WHERE workspace_id = $1 AND address_hmac = ANY ($2)`, string(c.workspace), c.hidden(gone))
	if err != nil {
		return fmt.Errorf("remove contacts: %w", err)
	}
	return nil
}

// readNothing is for a list without a version: the phone has never saved anybody, or WhatsApp answered with an error, which the
// library takes for an empty list. It says whether the first may be, which nobody whom we know is a contact speaks against.
func (c *contacts) readNothing(ctx context.Context) (possible bool, err error) {
	defer c.changed()
	result, err := c.db.Exec(ctx, `
		UPDATE wa_links SET contacts_read_at = $2
		 WHERE workspace_id = $1 AND NOT EXISTS (SELECT FROM wa_contacts WHERE workspace_id = $1)`, string(c.workspace), c.now())
	if err != nil {
		return false, fmt.Errorf("note that there are no contacts: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// readWhole notes that everything is stored, and removes whom this reading did not find.
func (c *contacts) readWhole(ctx context.Context) error {
	reading := c.changed()
	defer c.changed()
	_, err := c.db.Exec(ctx, `DELETE FROM wa_contacts WHERE workspace_id = $1 AND reading <> $2`, string(c.workspace), reading)
	if err != nil {
		return fmt.Errorf("remove contacts that are none any more: %w", err)
	}
	_, err = c.db.Exec(ctx, `
		UPDATE wa_links SET contacts_read_at = $2 WHERE workspace_id = $1`, string(c.workspace), c.now())
	if err != nil {
		return fmt.Errorf("note that the contacts were read: %w", err)
	}
	return nil
}

// due says whether the list has to be read whole.
func (c *contacts) due(ctx context.Context) (bool, error) {
	if c.missed.Load() {
		return true, nil
	}
	c.mu.Lock()
	found := c.found
	c.found = nil
	c.mu.Unlock()
	if found != nil {
		return c.now().Sub(*found) >= contactsStay, nil
	}
	var read sql.NullTime
	err := c.db.QueryRow(ctx, `SELECT contacts_read_at FROM wa_links WHERE workspace_id = $1`, string(c.workspace)).Scan(&read)
	if err != nil {
		return false, fmt.Errorf("see whether contacts were read: %w", err)
	}
	return c.now().Sub(read.Time) >= contactsStay, nil
}

// followContacts keeps the list whole, for as long as the connection lives and the chore it returns is asked. A reading that
// fails is tried again on the next one.
func (c *conn) followContacts() *chore {
	list, now := c.session.contacts, c.session.pool.cfg.Now
	var looked, due bool
	var last time.Time
	return c.session.pool.chore(c.alive, "contacts", func(ctx context.Context) time.Duration {
		var err error
		if !looked {
			looked = true
			due, err = list.due(ctx)
		}
		if list.stale.Swap(false) {
			due = true
		}
		if wait := last.Add(c.session.pool.cfg.Timing.ContactsPause).Sub(now()); due && wait > 0 {
			return wait
		}
		if due && err == nil {
			due = false
			var asked bool
			if asked, err = c.readContacts(); asked {
				last = now()
			}
		}
		if err != nil && ctx.Err() == nil {
			c.session.log.WarnContext(ctx, "contacts not read", "error", err)
		}
		return 0
	})
}

// readContacts reads the whole list, and says whether WhatsApp was asked. Before the phone has shared the key to it there is
// nothing to ask: the library reads it then by itself.
func (c *conn) readContacts() (asked bool, err error) {
	key, err := c.client.Store.AppStateKeys.GetLatestAppStateSyncKeyID(c.line.ctx)
	if err != nil || key == nil {
		return false, err
	}
	if err := c.client.FetchAppState(c.line.ctx, contactList, true, false); err != nil {
		return true, fmt.Errorf("read the contact list: %w", err)
	}
	return true, nil
}

// contactsRead is for when the library has handed over the whole list. One that cannot be right is read again on the next
// connection.
func (c *conn) contactsRead(version uint64) {
	list, right := c.session.contacts, true
	err := c.guard.do(c.line.ctx, func() (err error) {
		if version == 0 {
			right, err = list.readNothing(c.line.ctx)
			return err
		}
		return list.readWhole(c.line.ctx)
	})
	list.missed.Store(err != nil || !right)
	if err == nil && !right {
		c.session.pool.metrics.settingsFailed.Inc()
	}
}

// savedContacts is the list as the library sees it. It goes on after an error, so an error also ends the connection and has
// the list read again.
type savedContacts struct {
	*store.NoopStore // names people give themselves, and contacts being read, which nobody does
	contacts         *contacts
	guard            *guard
}

var _ store.ContactStore = savedContacts{}

func (s savedContacts) PutContactName(ctx context.Context, user types.JID, firstName, fullName string) error {
	return s.PutAllContactNames(ctx, []store.ContactEntry{{JID: user, FirstName: firstName, FullName: fullName}})
}

func (s savedContacts) PutAllContactNames(ctx context.Context, entries []store.ContactEntry) error {
	err := s.guard.do(ctx, func() error { return s.contacts.put(ctx, entries) })
	if err != nil {
		s.contacts.missed.Store(true)
	}
	return err
}

// watchedAppState tells the contacts of what the library does not: that their list is read from its beginning, and that some
// of them were removed.
type watchedAppState struct {
	store.AppStateStore
	contacts *contacts
}

func (s watchedAppState) GetAppStateVersion(ctx context.Context, name string) (uint64, [128]byte, error) {
	version, hash, err := s.AppStateStore.GetAppStateVersion(ctx, name)
	if err == nil && name == string(contactList) {
		s.contacts.begins(version == 0)
	}
	return version, hash, err
}

func (s watchedAppState) DeleteAppStateMutationMACs(ctx context.Context, name string, removed [][]byte) error {
	err := s.AppStateStore.DeleteAppStateMutationMACs(ctx, name, removed)
	if name == string(contactList) && len(removed) > 0 {
		s.contacts.removed()
	}
	return err
}
