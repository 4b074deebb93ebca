package whatsapp_test

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// One missed ping does not end a connection over which something else was heard, but the owner is told.
func TestTheFirstMissedPingIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.pool.Handle(s.id, &events.KeepAliveTimeout{ErrorCount: 1})
	degraded := await[domain.ConnectionDegraded](s, nil)
	if degraded.Reason != domain.ReasonDegraded || time.Since(degraded.Since) > patience {
		t.Errorf("recorded %+v", degraded)
	}
	if c := s.connection(); c.Status != domain.Connected || c.Reason != domain.ReasonDegraded {
		t.Errorf("it shows as %s, %s", c.Status, c.Reason)
	}
	s.pool.Handle(s.id, &events.KeepAliveRestored{})
	s.awaitReason(domain.ReasonOnline)
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		t.Errorf("the connection was given up %d times", n)
	}
	s.pool.Handle(s.id, &events.KeepAliveTimeout{ErrorCount: 2})
	s.awaitConnected(2)
}

// What WhatsApp announces and does not bring is seen by whoever runs the program, and what is missing in the log.
func TestACatchUpThatStallsIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.OfflineStall = 50 * time.Millisecond
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	s.allSettled()
	s.pool.Handle(s.id, &events.OfflineSyncPreview{Messages: 5})
	s.awaitReason(domain.ReasonCatchingUp)
	w.eventually("the alarm is raised", func() bool { return w.metric("switchboard_offline_stalled_total") == 1 })
	if n := w.metric("switchboard_offline_backlog"); n != 5 {
		t.Errorf("%v are missing", n)
	}
	s.pool.Handle(s.id, &events.OfflineSyncCompleted{})
	gap := await[domain.ConnectionCaughtUp](s, nil)
	if gap.Announced != 5 || gap.Received != 0 {
		t.Errorf("recorded %+v", gap)
	}
	s.awaitReason(domain.ReasonOnline)
	if n := w.metric("switchboard_offline_backlog"); n != 0 {
		t.Errorf("%v are still missed", n)
	}
}

// The owner is told of a phone that stays away, and of its return.
func TestAPhoneThatStaysAwayIsShown(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	w.must(s.phone.SetOffline(t.Context(), true))
	gone := w.awayFor(s, 13*24*time.Hour)
	stale := await[domain.ConnectionDegraded](s, nil)
	if stale.Reason != domain.ReasonPhoneStale || stale.Since.Sub(gone).Abs() > time.Second {
		t.Errorf("recorded %+v", stale)
	}
	if c := s.connection(); c.Status != domain.Connected || c.Reason != domain.ReasonPhoneStale {
		t.Errorf("it shows as %s, %s", c.Status, c.Reason)
	}
	w.must(s.phone.SetOffline(t.Context(), false)) // and it answers what it was asked
	back := await[domain.ConnectionSteadied](s, nil)
	if back.Reason != domain.ReasonPhoneStale {
		t.Errorf("recorded %+v", back)
	}
	s.awaitReason(domain.ReasonOnline)
}

// A phone that was away for ten days is asked for a sign of life, once, before anybody has to be told.
func TestAPhoneIsAskedForASignOfLifeFirst(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	w.awayFor(s, 11*24*time.Hour)
	w.eventually("the phone answers, and that is kept", func() bool {
		var seen time.Time
		w.must(w.wa.GetContext(t.Context(), &seen, `SELECT phone_seen_at FROM wa_links`))
		return time.Since(seen) < patience
	})
	if n := w.metric("switchboard_phone_requests_total"); n != 1 {
		t.Errorf("it was asked %v times", n)
	}
	if n := count[domain.ConnectionDegraded](s); n != 0 {
		t.Error("the owner was told")
	}
}

// awayFor makes it look as if the phone was last seen so long ago, and returns when.
func (w *world) awayFor(s *shop, long time.Duration) time.Time {
	w.t.Helper()
	s.allSettled()
	w.stopPool()
	gone := time.Now().Add(-long)
	_, err := w.wa.ExecContext(w.t.Context(), `UPDATE wa_links SET phone_seen_at = $1`, gone)
	w.must(err)
	w.startPool()
	s.awaitConnected(2)
	return gone
}

// Settings that do not verify fail again with every change of them; the phone is asked for them once a day.
func TestSettingsThatDoNotVerifyAreAskedForOnceADay(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	fails := func(times int) {
		t.Helper()
		for range times {
			if !s.pool.Handle(s.id, &events.AppStateSyncError{Name: appstate.WAPatchRegular}) {
				t.Error("it was not taken")
			}
		}
	}
	fails(5)
	w.eventually("the phone is asked", func() bool { return w.metric("switchboard_phone_requests_total") >= 1 })
	w.stopPool() // which waits for none of them, so a second request would be on its way
	w.startPool()
	s.awaitConnected(2)
	fails(5)
	w.eventually("all were counted", func() bool { return w.metric("switchboard_app_state_errors_total") == 5 })
	s.allSettled()
	if n := w.metric("switchboard_phone_requests_total"); n != 0 {
		t.Errorf("after a restart it is asked %v times more", n)
	}
	_, err := w.wa.ExecContext(t.Context(), `UPDATE wa_links SET settings_asked_at = settings_asked_at - interval '25 hours'`)
	w.must(err)
	fails(1)
	w.eventually("the next day it is asked again", func() bool { return w.metric("switchboard_phone_requests_total") >= 1 })
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		t.Errorf("the connection was given up %d times", n)
	}
}
