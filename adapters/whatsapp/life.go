package whatsapp

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
)

// live is a workspace's life in the pool: link it if need be, keep it connected. It returns true when it ended
// for good, and false when it should be tried again.
func (p *Pool) live(ctx context.Context, want Wanted, l *life, t taken) (final bool) {
	s, why, final := p.linkedSession(ctx, want, l, t)
	if s == nil {
		return final
	}
	l.attach(s)
	defer l.attach(nil)
	p.wakeOutbox()
	final = s.run(ctx, why)
	if p.gives(l) {
		s.release(ctx)
	}
	return final
}

// linkedSession returns the session of a workspace that is linked. Without one it says whether that is for good.
func (p *Pool) linkedSession(ctx context.Context, want Wanted, l *life, t taken) (s *session, why domain.Reason, final bool) {
	o := p.observer(want.WorkspaceID, t.epoch, l.cancel)
	o.known = t.known
	if !t.known.Desired { // the work list is behind: closed by its owner, or set aside
		return nil, "", false
	}
	link, why, state := p.reconcileDevice(ctx, o, t)
	fresh := false
	switch state {
	case deviceUnknown:
		return nil, "", false
	case deviceGone:
		_, err := o.observe(ctx, domain.ConnectionUnlinked{
			WorkspaceID: want.WorkspaceID, Reason: domain.ReasonUnlinkedOnPhone, UnlinkedAt: p.cfg.Now(), Evidence: o.own(),
		})
		return nil, "", err == nil
	case deviceMissing:
		linking := p.metrics.sessions.WithLabelValues("pairing")
		linking.Inc()
		link, fresh = (&pairing{observer: o, pool: p, want: want}).run(ctx)
		linking.Dec()
		if !fresh {
			return nil, "", ctx.Err() == nil
		}
	case deviceReady:
	}
	s = p.newSession(o, link, l.cancel)
	s.fresh = fresh
	return s, why, false
}

// deviceState is what is known of a workspace's device before its session starts.
type deviceState int

const (
	deviceUnknown deviceState = iota // what was left half done could not be finished
	deviceReady
	deviceMissing // to be linked
	deviceGone    // linked as the log knows, but its device is not there: the phone removed it
)

// reconcileDevice compares the log with the stored device and finishes what a crash left half done. The reason is why the log
// should be told that we are connecting again; empty when it need not be.
func (p *Pool) reconcileDevice(ctx context.Context, o *observer, t taken) (link, domain.Reason, deviceState) {
	known, l, found := t.known, t.link, t.linked
	switch {
	case found && known.Linked:
		why := domain.Reason("")
		if known.Status == domain.Connected || known.Status == domain.Reconnecting {
			why = domain.ReasonRestarted
		}
		return l, why, deviceReady
	case found && known.Device == l.JID.String(): // unlinked, and asked for again before the device was removed
		if !p.farewell(ctx, o, l) {
			return link{}, "", deviceUnknown
		}
		return link{}, "", deviceMissing
	case found: // stored, but we died before the log heard of it
		_, err := o.observe(ctx, domain.ConnectionPaired{
			WorkspaceID: o.workspace, Device: l.JID.String(), Phone: l.Phone, PairedAt: p.cfg.Now(), LID: l.LID.String(), Evidence: o.own(),
		})
		if err != nil {
			return link{}, "", deviceUnknown
		}
		return l, "", deviceReady
	case known.Linked:
		return link{}, "", deviceGone
	}
	return link{}, "", deviceMissing
}

func (p *Pool) observer(w domain.WorkspaceID, epoch int64, lost func()) *observer {
	return &observer{
		commands: p.cfg.Commands, workspace: w, epoch: epoch, metrics: p.metrics,
		log: p.log.With("workspace_id", string(w)), lost: lost,
	}
}

// farewellTries is how often we try to tell WhatsApp that a device goes, before it is forgotten here all the same.
const farewellTries = 3

// farewell logs the device out at WhatsApp, as well as can be, and removes it. It says whether the device is removed.
func (p *Pool) farewell(ctx context.Context, o *observer, l link) bool {
	defer p.governor.forget(o.workspace)
	for try := range farewellTries {
		if try > 0 && !p.governor.wait(ctx, p.governor.failed(o.workspace)) {
			return false
		}
		err := p.logOut(ctx, o, l)
		if err == nil || ctx.Err() != nil {
			break
		}
		p.log.WarnContext(ctx, "device not logged out", "try", try+1, "error", err)
	}
	return ctx.Err() == nil && p.removeDevice(ctx, o)
}

var errNotConnected = errors.New("no connection to say it on")

func (p *Pool) logOut(ctx context.Context, o *observer, l link) error {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timing.ConnectTimeout)
	defer cancel()
	s := p.newSession(o, l, cancel)
	done, err := p.governor.turn(ctx, o.workspace, time.Time{})
	if err != nil {
		return err
	}
	defer done()
	c, failed := s.dial(ctx, p.cfg.Timing.ConnectTimeout)
	if failed != nil {
		if failed.end == endUnlink {
			return nil // the phone was quicker
		}
		return errNotConnected
	}
	defer c.close(ctx)
	ctx, cancelLogout := context.WithTimeout(ctx, 10*time.Second)
	defer cancelLogout()
	return c.unlink(ctx)
}

// unlink is the library's Logout without its end: WhatsApp hangs up at once, and who disconnects at that moment writes what the
// library's reader reads. Closing knows how to, and the device is removed by whoever asked.
func (c *conn) unlink(ctx context.Context) error {
	_, err := inside(c.client).SendIQ(ctx, whatsmeow.DangerousInfoQuery{
		Namespace: "md", Type: "set", To: types.ServerJID,
		Content: []waBinary.Node{{
			Tag: "remove-companion-device", Attrs: waBinary.Attrs{"jid": c.session.link.JID, "reason": "user_initiated"},
		}},
	})
	return err
}

// removeDevice removes the stored device, however long it takes; false when ctx ended first.
func (p *Pool) removeDevice(ctx context.Context, o *observer) bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := p.links.remove(ctx, o.workspace)
		if err == nil {
			return true
		}
		p.log.WarnContext(ctx, "device not removed yet", "error", err)
		if !sleep(ctx, wait) {
			return false
		}
	}
}
