package whatsapp

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types/events"
)

// Settings of the account that do not verify are read whole, and the phone is asked for what does not verify even then. They can
// fail again and again, with every chat that is read on the phone, and of all of them we need the contacts.
const (
	settingsReadEvery  = time.Hour      // one collection, whole
	settingsAskedEvery = 24 * time.Hour // the phone, for any
)

// settings is what a session knows of the collections that do not verify.
type settings struct {
	mu     sync.Mutex
	read   map[appstate.WAPatchName]time.Time // when it was last read whole for that
	failed map[appstate.WAPatchName]time.Time // when not even that did
}

func newSettings() *settings {
	return &settings{read: map[appstate.WAPatchName]time.Time{}, failed: map[appstate.WAPatchName]time.Time{}}
}

// mayRead says whether a collection may be read whole now, and keeps that it is.
func (s *settings) mayRead(name appstate.WAPatchName, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.read[name]; ok && now.Sub(last) < settingsReadEvery {
		return false
	}
	s.read[name] = now
	return true
}

func (s *settings) fail(name appstate.WAPatchName, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[name] = now
}

func (s *settings) mended(name appstate.WAPatchName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failed, name)
}

func (s *settings) broken(name appstate.WAPatchName, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.failed[name]
	return ok && now.Sub(at) < settingsReadEvery
}

// settingsFailed mends settings that do not verify. It runs apart from the handler, which must not wait.
func (c *conn) settingsFailed(e *events.AppStateSyncError) {
	s, now := c.session, c.session.pool.cfg.Now()
	s.pool.metrics.settingsFailed.Inc()
	if e.FullSync {
		s.settings.fail(e.Name, now)
	}
	read := !e.FullSync && s.settings.mayRead(e.Name, now)
	go func() {
		defer s.pool.recovered("settings", nil)
		var err error
		if read {
			err = c.client.FetchAppState(c.line.ctx, e.Name, true, false) // what does not verify is told by another event
		} else {
			err = c.askForSettings(e.Name, now)
		}
		if err != nil && c.alive.Err() == nil {
			s.log.Warn("the account's settings not mended", "settings", e.Name, "error", err)
		}
	}()
}

func (c *conn) askForSettings(name appstate.WAPatchName, now time.Time) error {
	ctx, cancel := context.WithTimeout(c.alive, c.session.pool.cfg.Timing.HandlerDeadline)
	defer cancel()
	may, err := c.session.pool.links.mayAskForSettings(ctx, c.session.workspace, now, now.Add(-settingsAskedEvery))
	if err != nil || !may {
		return err
	}
	return c.tellPhone(whatsmeow.BuildAppStateRecoveryRequest(name))
}

// settingsRead is for when the library has handed over a whole collection.
func (c *conn) settingsRead(e *events.AppStateSyncComplete) {
	c.session.settings.mended(e.Name)
	if e.Name == contactList {
		c.contactsRead(e.Version)
	}
}

// leaves says that a stanza is of no use: it tells of a change in settings that do not verify, all of which the library would read
// again.
func (c *conn) leaves(node *waBinary.Node) bool {
	if kind, _ := node.Attrs["type"].(string); node.Tag != "notification" || kind != "server_sync" {
		return false
	}
	changed := node.GetChildrenByTag("collection")
	for _, collection := range changed {
		name, _ := collection.Attrs["name"].(string)
		if !c.session.settings.broken(appstate.WAPatchName(name), c.session.pool.cfg.Now()) {
			return false
		}
	}
	return len(changed) > 0
}
