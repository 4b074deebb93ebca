package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// devices loads the stored devices and makes new ones. Their keys rest sealed.
type devices struct {
	db        *dbutil.Database
	container *sqlstore.Container
	links     links
	sealKeys  SealKeys
	wiper     *wiper
	sessions  *sessionCache
	log       *slog.Logger
}

// errNoDevice says a link has no device any more: the phone removed it.
var errNoDevice = errors.New("the device is gone")

// load reads one device and puts the guard between it and the tables. What an earlier version stored in the clear is sealed
// first.
func (d devices) load(ctx context.Context, jid types.JID, g *guard, lids *lidMap, list *contacts) (*store.Device, error) {
	var err error
	if g.seals, err = newSeals(d.sealKeys, g.workspace, jid); err != nil {
		return nil, err
	}
	rows := deviceRows{db: d.db, seals: g.seals}
	stored, err := rows.read(ctx, jid)
	if err != nil {
		return nil, fmt.Errorf("load the device: %w", err)
	}
	if stored == nil {
		return nil, errNoDevice
	}
	device := stored.Device
	if stored.unsealed {
		if err := g.fenced(ctx, func(ctx context.Context) error { return rows.sealAll(ctx, device) }); err != nil {
			return nil, fmt.Errorf("seal the device's keys: %w", err)
		}
	}
	device.Log = libraryLog{log: d.log}
	device.Container = linkedContainer{rows: rows, links: d.links, workspace: g.workspace}
	d.equip(device, g, lids, list, stored.oneTime)
	return device, nil
}

// equip gives a device its stores, with the guard before them and their secrets sealed. uploaded is how many one-time keys it
// has, as far as that was counted.
func (d devices) equip(device *store.Device, g *guard, lids *lidMap, list *contacts, uploaded int) {
	jid := *device.ID
	tables := sqlstore.NewSQLStore(d.container, jid)
	identities, sessions := &knownIdentities{}, d.sessions.part()
	device.SetAllStores(tables)
	device.Sessions = guardedSessions{SessionStore: tables, guard: g, jid: jid, known: sessions}
	device.PreKeys = guardedPreKeys{PreKeyStore: tables, guard: g, jid: jid, mu: &sync.Mutex{}, uploaded: uploaded}
	device.Identities = guardedIdentities{IdentityStore: tables, guard: g, jid: jid, known: identities}
	device.SenderKeys = sealedSenderKeys{SenderKeyStore: tables, guard: g}
	device.AppStateKeys = sealedAppStateKeys{AppStateSyncKeyStore: tables, guard: g}
	device.NCTSalt = sealedSalt{NCTSaltStore: tables, guard: g, cache: &atomic.Pointer[[]byte]{}}
	device.PrivacyTokens = sealedTokens{PrivacyTokenStore: tables, guard: g, known: &knownTokens{}}
	device.EventBuffer = guardedBuffer{EventBuffer: tables, guard: g, jid: jid, wiper: d.wiper, identities: identities, sessions: sessions}
	device.LIDs = guardedLIDs{lids: lids, guard: g}
	device.AppState = watchedAppState{AppStateStore: tables, contacts: list}
	keepLittleOf(device, savedContacts{NoopStore: &store.NoopStore{}, contacts: list, guard: g})
	device.Initialized = true
}

// keepLittleOf makes the library forget what we have no use for: names of contacts, settings of chats and secrets of
// messages are other people's data, would outlive a customer who is forgotten, and cost statements per message.
func keepLittleOf(device *store.Device, saved savedContacts) {
	device.Contacts, device.ChatSettings, device.MsgSecrets = saved, &store.NoopStore{}, &store.NoopStore{}
}

// linkedContainer removes the link together with the device, when the library learns that the phone removed it.
type linkedContainer struct {
	rows      deviceRows
	links     links
	workspace domain.WorkspaceID
}

// PutDevice stores what can change of a device.
func (c linkedContainer) PutDevice(ctx context.Context, device *store.Device) error {
	return c.rows.update(ctx, device)
}

func (c linkedContainer) DeleteDevice(ctx context.Context, _ *store.Device) error {
	return c.links.remove(context.WithoutCancel(ctx), c.workspace)
}

// pairingContainer stores a device that is just being linked, and the link with it, in one transaction.
type pairingContainer struct {
	devices devices
	guard   *guard
	lids    *lidMap
	list    *contacts
}

// fresh makes a device nobody knows yet.
func (d devices) fresh(g *guard, lids *lidMap, list *contacts) *store.Device {
	device := d.container.NewDevice()
	device.Container = pairingContainer{devices: d, guard: g, lids: lids, list: list}
	return device
}

func (c pairingContainer) PutDevice(ctx context.Context, device *store.Device) (err error) {
	g, links := c.guard, c.devices.links
	if g.seals, err = newSeals(c.devices.sealKeys, g.workspace, *device.ID); err != nil {
		return err
	}
	err = g.fenced(ctx, func(ctx context.Context) error {
		if err := (deviceRows{db: c.devices.db, seals: g.seals}).insert(ctx, device); err != nil {
			return err
		}
		return links.put(ctx, g.workspace, g.epoch, link{Phone: device.ID.User, JID: *device.ID, LID: device.LID})
	})
	if err != nil {
		return fmt.Errorf("store the linked device: %w", err)
	}
	c.devices.equip(device, g, c.lids, c.list, 0)
	return nil
}

func (c pairingContainer) DeleteDevice(ctx context.Context, _ *store.Device) error {
	return c.devices.links.remove(context.WithoutCancel(ctx), c.guard.workspace)
}
