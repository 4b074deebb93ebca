package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// devices loads the stored devices and makes new ones.
type devices struct {
	db        *dbutil.Database
	container *sqlstore.Container
	links     links
}

// errNoDevice says a link has no device any more: the phone removed it.
var errNoDevice = errors.New("the device is gone")

// load reads one device and puts the guard between it and the tables.
func (d devices) load(ctx context.Context, jid types.JID, g *guard, lids *lidMap, list *contacts) (*store.Device, error) {
	device, err := d.container.GetDevice(ctx, jid)
	if err != nil {
		return nil, fmt.Errorf("load the device: %w", err)
	}
	if device == nil {
		return nil, errNoDevice
	}
	device.Sessions = guardedSessions{SessionStore: device.Sessions, guard: g, jid: jid}
	device.PreKeys = guardedPreKeys{PreKeyStore: device.PreKeys, guard: g, jid: jid, mu: &sync.Mutex{}}
	device.Identities = guardedIdentities{IdentityStore: device.Identities, guard: g, known: &knownIdentities{}}
	device.EventBuffer = guardedBuffer{EventBuffer: device.EventBuffer, guard: g, jid: jid}
	device.LIDs = guardedLIDs{lids: lids, guard: g}
	device.AppState = watchedAppState{AppStateStore: device.AppState, contacts: list}
	keepLittleOf(device, savedContacts{NoopStore: &store.NoopStore{}, contacts: list, guard: g})
	device.Container = linkedContainer{Container: d.container, links: d.links, workspace: g.workspace}
	return device, nil
}

// keepLittleOf makes the library forget what we have no use for: names of contacts, settings of chats and secrets of
// messages are other people's data, would outlive a customer who is forgotten, and cost statements per message.
func keepLittleOf(device *store.Device, saved savedContacts) {
	device.Contacts, device.ChatSettings, device.MsgSecrets = saved, &store.NoopStore{}, &store.NoopStore{}
}

// linkedContainer removes the link together with the device, when the library learns that the phone removed it.
type linkedContainer struct {
	*sqlstore.Container
	links     links
	workspace domain.WorkspaceID
}

func (c linkedContainer) DeleteDevice(ctx context.Context, _ *store.Device) error {
	return c.links.remove(context.WithoutCancel(ctx), c.workspace)
}

// pairingContainer stores a device that is just being linked, and the link with it, in one transaction.
type pairingContainer struct {
	linkedContainer
	db    *dbutil.Database
	guard *guard
	lids  *lidMap
}

// fresh makes a device nobody knows yet.
func (d devices) fresh(g *guard, lids *lidMap) *store.Device {
	device := d.container.NewDevice()
	device.Container = pairingContainer{
		linkedContainer: linkedContainer{Container: d.container, links: d.links, workspace: g.workspace},
		db:              d.db, guard: g, lids: lids,
	}
	return device
}

func (c pairingContainer) PutDevice(ctx context.Context, device *store.Device) error {
	err := c.guard.fenced(ctx, c.guard.links.held, func(ctx context.Context) error {
		if err := c.Container.PutDevice(ctx, device); err != nil {
			return err
		}
		return c.links.put(ctx, c.workspace, c.guard.epoch, link{Phone: device.ID.User, JID: *device.ID, LID: device.LID})
	})
	device.Container, device.LIDs = c, guardedLIDs{lids: c.lids, guard: c.guard} // the library put its own ones there
	if err != nil {
		return fmt.Errorf("store the linked device: %w", err)
	}
	return nil
}
