package whatsapp_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// errAway is what a database that cannot be reached fails with.
var errAway error = &net.OpError{Op: "dial", Err: errors.New("away")}

func TestARestartConnectsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.stopPool()
	w.startPool()
	s.awaitConnected(2)
	again := await(s, func(e domain.ConnectionReconnecting) bool { return e.Reason == domain.ReasonRestarted })
	if again.Attempt != 1 {
		t.Errorf("attempt %d", again.Attempt)
	}
}

func TestADroppedConnectionComesBack(t *testing.T) {
	t.Parallel()
	for kind, reason := range map[string]domain.Reason{
		"drop": domain.ReasonDropped, "close": domain.ReasonDropped, "stream_503": domain.ReasonServerBusy,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			w.fault(sandbox.Fault{Kind: kind})
			s.awaitConnected(2)
			gone := await[domain.ConnectionDisconnected](s, nil)
			if gone.Reason != reason || !gone.WillRetry {
				t.Errorf("recorded %+v", gone)
			}
			c := w.customer()
			w.send(c, text(s, "still there?"))
			await(s, func(e domain.MessageReceived) bool { return e.Text == "still there?" })
		})
	}
}

func TestADeadConnectionIsNoticedAndReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "half_open"})
	c := w.customer()
	w.send(c, text(s, "can you hear me?"))
	s.awaitConnected(2)
	await(s, func(e domain.MessageReceived) bool { return e.Text == "can you hear me?" })
}

func TestWhileWhatsAppRefusesWeKeepTrying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "refuse_http", Times: 3})
	w.fault(sandbox.Fault{Kind: "drop"})
	s.awaitConnected(2)
	await(s, func(e domain.ConnectionReconnecting) bool { return e.Reason == domain.ReasonServerBusy })
	connected := all[domain.ConnectionConnected](s)
	if got := connected[1].Attempt; got != 4 {
		t.Errorf("it took %d attempts", got)
	}
}

func TestALinkRemovedOnThePhoneEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.must(s.phone.Unlink(t.Context(), 0))
	s.awaitReason(domain.ReasonUnlinkedOnPhone)
	w.eventually("nothing of the device is left", func() bool { return w.rows("whatsmeow_device") == 0 && w.rows("wa_links") == 0 })
	if c := s.connection(); c.Linked || c.Desired {
		t.Errorf("the connection is %+v", c)
	}
	paired, gone := all[domain.ConnectionPaired](s)[0], all[domain.ConnectionUnlinked](s)[0]
	if paired.Device == "" || !strings.HasSuffix(paired.LID, "@lid") || gone.LibraryEvent != "LoggedOut" || gone.ConnSeq <= paired.ConnSeq ||
		gone.RawExcerpt != `<stream:error code="401"><conflict type="device_removed"/></stream:error>` {
		t.Errorf("of the device the log keeps %+v and %+v", paired, gone)
	}
	s.connect("", "")
	s.scan(s.phone)
	s.awaitConnected(2)
}

func TestALinkRemovedOnThePhoneWhileWeWereAwayIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.stopPool()
	w.must(s.phone.Unlink(t.Context(), 0))
	w.startPool()
	s.awaitReason(domain.ReasonUnlinkedOnPhone)
}

func TestDisconnectingKeepsTheLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.disconnect(false)
	s.eventually("the phone sees us gone", func() bool { return !s.phone.Devices()[0].Online })
	s.connect("", "")
	s.awaitConnected(2)
	if n := count[domain.ConnectionPaired](s); n != 1 {
		t.Errorf("linked %d times", n)
	}
}

func TestUnlinkingRemovesTheDeviceOnThePhone(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"while connected": false, "while the pool was away": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			if away {
				w.stopPool()
			}
			s.disconnect(true)
			if away {
				w.startPool()
			}
			s.eventually("the phone forgets the device", func() bool { return len(s.phone.Devices()) == 0 })
			w.eventually("nothing of the device is left", func() bool { return w.rows("whatsmeow_device") == 0 && w.rows("wa_links") == 0 })
			if c := s.connection(); c.Reason != domain.ReasonUnlinkedByOwner {
				t.Errorf("the reason is %s", c.Reason)
			}
		})
	}
}

// However often the pool looks at what is wanted meanwhile.
func TestUnlinkingIsGivenTheTimeItTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	logins := w.server.Stats().Counters["logins"]
	w.fault(sandbox.Fault{Kind: "slow", Milliseconds: 300, Seconds: patience.Seconds()})
	s.disconnect(true)
	s.eventually("the phone forgets the device", func() bool { return len(s.phone.Devices()) == 0 })
	w.eventually("nothing of the device is left", func() bool { return w.rows("whatsmeow_device") == 0 && w.rows("wa_links") == 0 })
	if n := w.server.Stats().Counters["logins"] - logins; n != 1 {
		t.Errorf("it logged in %d times to say so", n)
	}
}

func TestUnlinkingAndAskingAgainLinksAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.disconnect(true)
	s.connect("", "")
	s.eventually("the phone forgets the device", func() bool { return len(s.phone.Devices()) == 0 })
	s.scan(s.phone)
	s.awaitConnected(2)
}

func TestAReplacedConnectionIsTakenBackOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "replaced"})
	s.awaitConnected(2)
	if n := w.metric("switchboard_session_replaced_total"); n != 0 {
		t.Errorf("the first time counts %v", n)
	}
	w.fault(sandbox.Fault{Kind: "replaced"})
	parked := await(s, func(e domain.ConnectionDisconnected) bool { return !e.WillRetry })
	if parked.Reason != domain.ReasonReplaced {
		t.Errorf("parked because of %s", parked.Reason)
	}
	if n := w.metric("switchboard_session_replaced_total"); n != 1 {
		t.Errorf("%v sessions count as replaced", n)
	}
	s.connect("", "")
	s.awaitConnected(3)
}

// Somebody who owns the workspace by now is no intruder: the connection is theirs.
func TestAReplacedConnectionIsNotTakenBackFromTheWorkspacesOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	w.loseLeases()
	before, logins := len(s.eventsOf(t.Context(), s.id)), w.server.Stats().Counters["logins"]
	w.fault(sandbox.Fault{Kind: "replaced"})
	s.eventually("the pool finds that it is not its own", func() bool { return w.metric("switchboard_fence_rejections_total") > 0 })
	w.stopPool() // what was still to come has come
	if n := w.server.Stats().Counters["logins"]; n != logins {
		t.Errorf("%d logins as somebody else's number", n-logins)
	}
	if n := len(s.eventsOf(t.Context(), s.id)); n != before {
		t.Errorf("%d events were appended", n-before)
	}
}

func TestABannedNumberIsLeftAloneUntilTheBanEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "temporary_ban", Seconds: 3600})
	s.awaitReason(domain.ReasonBanned)
	limit := await[domain.ConnectionRestricted](s, nil)
	if left := time.Until(limit.Until); limit.Code != 101 || left < 50*time.Minute || left > 70*time.Minute {
		t.Errorf("restricted by %d for %s", limit.Code, left)
	}
	next := await(s, func(e domain.ConnectionReconnecting) bool { return e.Reason == domain.ReasonBanned })
	if !next.NextAt.After(limit.Until) {
		t.Errorf("the next try, at %s, is within the ban", next.NextAt)
	}
	if c := s.connection(); c.Status != domain.Disconnected || !c.Desired {
		t.Errorf("the connection is %+v", c)
	}
	logins := w.server.Stats().Counters["logins"]
	w.stopPool()
	w.startPool() // a restart does not end a ban
	s.eventually("it waits again", func() bool { return len(all[domain.ConnectionReconnecting](s)) >= 2 })
	if got := w.server.Stats().Counters["logins"]; got != logins {
		t.Errorf("%d logins within the ban", got-logins)
	}
	s.disconnect(false)
	s.awaitReason(domain.ReasonClosedByOwner)
}

func TestABannedNumberComesBackByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.BanMargin = 100 * time.Millisecond
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "temporary_ban", Seconds: 1, Code: 104})
	s.awaitReason(domain.ReasonBanned)
	s.awaitConnected(2)
	over := await[domain.ConnectionRestrictionEnded](s, nil)
	if limit := await[domain.ConnectionRestricted](s, nil); over.Code != 104 || over.EndedAt.Before(limit.Until) {
		t.Errorf("limited by %+v, ended by %+v", limit, over)
	}
	if c := s.connection(); c.RestrictedBy != 0 || !c.RestrictedUntil.IsZero() {
		t.Errorf("the connection is %+v", c)
	}
}

func TestALimitOnNewChatsIsRecordedOnceAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "reachout_timelock", Seconds: 1})
	limit := await[domain.ConnectionRestricted](s, nil)
	over := await[domain.ConnectionRestrictionEnded](s, nil)
	w.eventually("it is told when that is over", func() bool { return count[domain.ConnectionRestrictionEnded](s) == 1 })
	if n := count[domain.ConnectionRestricted](s); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	if limit.Code != 463 || over.Code != 463 || over.EndedAt.Before(limit.Until) {
		t.Errorf("limited by %+v, ended by %+v", limit, over)
	}
	if c := s.connection(); c.Status != domain.Connected {
		t.Errorf("the connection is %+v", c)
	}
}

func TestALimitOnNewChatsOutlastsABan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.BanMargin = 100 * time.Millisecond
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	w.fault(sandbox.Fault{Kind: "reachout_timelock", Seconds: 5})
	await[domain.ConnectionRestricted](s, nil)
	w.fault(sandbox.Fault{Kind: "temporary_ban", Seconds: 1, Code: 104})
	await(s, func(e domain.ConnectionRestrictionEnded) bool { return e.Code == 104 })
	s.awaitConnected(2)
	over := await(s, func(e domain.ConnectionRestrictionEnded) bool { return e.Code == domain.NewChatsCode })
	if over.LibraryEvent != "NotifyAccountReachoutTimelock" {
		t.Errorf("recorded %+v", over)
	}
	if c := s.connection(); !c.NewChats.StoppedUntil.IsZero() {
		t.Errorf("the connection is %+v", c)
	}
}

// Each refusal of a login, and what follows.
func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		reason  domain.Reason
		linked  bool
		desired bool
		status  domain.ConnectionStatus
	}{
		"login_401":       {domain.ReasonUnlinkedOnPhone, false, false, domain.Disconnected},
		"login_403":       {domain.ReasonPhoneGone, false, false, domain.Disconnected},
		"login_406":       {domain.ReasonBlocked, false, false, domain.Disconnected},
		"client_outdated": {domain.ReasonOutdated, true, true, domain.Disconnected},
		"login_400":       {domain.ReasonFailed, true, true, domain.Reconnecting},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			w.fault(sandbox.Fault{Kind: kind, Times: 1000})
			s.awaitReason(c.reason)
			if got := s.connection(); got.Linked != c.linked || got.Desired != c.desired || got.Status != c.status {
				t.Errorf("the connection is %+v", got)
			}
			if c.linked {
				next := await(s, func(e domain.ConnectionReconnecting) bool { return e.Reason == c.reason })
				if time.Until(next.NextAt) < 50*time.Second {
					t.Errorf("the next try is at %s", next.NextAt)
				}
			}
		})
	}
}

// What WhatsApp means to pass by itself is tried again like a drop; what only Messenger knows is given up, and panics over nothing.
func TestRefusalsThatPassAndOneThatCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	for i, code := range []int{503, 500} {
		w.fault(sandbox.Fault{Kind: "login_failure", Code: code, Later: true})
		w.fault(sandbox.Fault{Kind: "drop"})
		s.awaitConnected(2 + i)
		if up := all[domain.ConnectionConnected](s)[1+i]; up.Attempt < 2 {
			t.Errorf("after %d it connected at try %d", code, up.Attempt)
		}
	}
	w.fault(sandbox.Fault{Kind: "login_failure", Code: 413, Later: true})
	w.fault(sandbox.Fault{Kind: "drop"})
	if failed := await[domain.ConnectionFailed](s, nil); failed.Code != "cat" || failed.Reason != domain.ReasonFailed {
		t.Errorf("given up with %+v", failed)
	}
	if c := s.connection(); !c.Linked || c.Desired {
		t.Errorf("the connection is %+v", c)
	}
	if n := w.metric("switchboard_handler_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
}

// Three refusals of our version stop everybody's connects but one canary's; when that one succeeds everybody goes.
func TestWhileOurVersionIsRefusedNobodyConnects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.OutdatedWait = 4 * time.Second
	w.startPoolWith(cfg)
	shops := make([]*shop, 5)
	for i := range shops {
		shops[i] = w.linked(fmt.Sprint(2348030000001 + i))
	}
	w.fault(sandbox.Fault{Kind: "client_outdated", Times: 3, Later: true})
	for _, s := range shops {
		w.fault(sandbox.Fault{Kind: "drop", Phone: s.connection().Phone})
	}
	for _, s := range shops {
		s.awaitConnected(2)
	}
}

func TestAnUnknownStreamErrorIsGivenUpAfterAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.StreamErrorWait = 50 * time.Millisecond
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	for i := range 5 {
		s.awaitConnected(i + 1)
		w.fault(sandbox.Fault{Kind: "stream_error", Code: 516})
	}
	failed := await[domain.ConnectionFailed](s, nil)
	if failed.Code != "stream_516" || failed.Reason != domain.ReasonFailed {
		t.Errorf("given up with %+v", failed)
	}
	s.connect("", "")
	s.awaitConnected(6)
}

func TestAnotherOwnerEndsTheSessionWithoutAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.loseLeases()
	before := len(s.eventsOf(t.Context(), s.id))
	c := w.customer()
	w.send(c, text(s, "whose is this?"))
	s.eventually("the session is closed", func() bool { return !s.phone.Devices()[0].Online })
	if after := len(s.eventsOf(t.Context(), s.id)); after != before {
		t.Errorf("%d events were appended", after-before)
	}
	if q := s.phone.Devices()[0].Queued; q == 0 {
		t.Error("the message was acknowledged")
	}
}

func TestTheWorkspacesLeaseIsAskedForFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	_, err := w.db.DB.ExecContext(t.Context(), `
		WITH other AS (INSERT INTO nodes (node_id, name, expires_at)
		               VALUES (gen_random_uuid(), 'other', clock_timestamp() + interval '1 hour') RETURNING node_id)
		INSERT INTO workspace_leases (workspace_id, node_id, epoch) SELECT $1, node_id, 7 FROM other`, string(s.id))
	w.must(err)
	s.connect("", "")
	_, err = w.db.DB.ExecContext(t.Context(), `UPDATE nodes SET expires_at = clock_timestamp() WHERE name = 'other'`)
	w.must(err)
	s.code()
	if n := w.server.Stats(); n.Counters["registrations"] > 1 {
		t.Errorf("%d registrations", n.Counters["registrations"])
	}
}

func TestTwoPoolsMayNotDisagreeAboutTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.RootKey[0]++
	if _, err := whatsapp.New(cfg); err == nil {
		t.Error("another root key was accepted")
	}
}

func TestAProcessThatLostTheWorkspaceSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	got := await[domain.MessageReceived](s, nil)
	s.allSettled()
	w.loseLeases()
	s.reply(got, "too late")
	s.eventually("the session is closed", func() bool { return !s.phone.Devices()[0].Online })
	for _, m := range c.Messages() {
		if m.Direction == sandbox.DirectionIn {
			t.Errorf("it sent %q", m.Text)
		}
	}
	if n := w.metric("switchboard_fence_rejections_total"); n == 0 {
		t.Error("no refusal was counted")
	}
}

// sleepy are the leases of a process that sleeps now and then, and is not sure of them when it wakes.
type sleepy struct {
	whatsapp.Leases
	slept atomic.Bool
}

func (l *sleepy) Epoch(w domain.WorkspaceID) (int64, bool) {
	epoch, mine := l.Leases.Epoch(w)
	return epoch, mine && !l.slept.Load()
}

func TestAProcessThatSleptWhileItStoredAMessageDoesNotAcknowledgeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	leases := &sleepy{Leases: cfg.Leases}
	cfg.Leases = leases
	w.startPoolWith(cfg)
	s := w.linked("2348030000001")
	c := w.customer()
	s.allSettled()
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		defer leases.slept.Store(true)
		return next()
	})
	w.send(c, text(s, "hello"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
	s.eventually("the session is closed", func() bool { return !s.phone.Devices()[0].Online })
	if q := s.phone.Devices()[0].Queued; q != 1 {
		t.Errorf("whatsapp holds %d stanzas", q)
	}
}

// loseLeases hands every workspace to another process that lives.
func (w *world) loseLeases() {
	w.t.Helper()
	_, err := w.db.DB.ExecContext(w.t.Context(), `
		WITH other AS (INSERT INTO nodes (node_id, name, expires_at)
		               VALUES (gen_random_uuid(), 'other', clock_timestamp() + interval '1 hour') RETURNING node_id)
		UPDATE workspace_leases SET epoch = epoch + 1, node_id = other.node_id FROM other`)
	w.must(err)
}

// rows counts a table's rows.
func (w *world) rows(table string) int {
	w.t.Helper()
	var n int
	w.must(w.wa.GetContext(w.t.Context(), &n, `SELECT count(*) FROM `+table))
	return n
}

func TestAConnectionIsClosedWhenThePlanEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.mu.Lock()
	w.unpaid = true
	w.mu.Unlock()
	s.awaitReason(domain.ReasonPlanEnded)
	s.eventually("the phone sees us gone", func() bool { return !s.phone.Devices()[0].Online })
}

func TestAnEmptyWorkListDisconnectsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	w.mu.Lock()
	w.workspaces = nil
	w.mu.Unlock()
	c := w.customer()
	for range 5 {
		s.pool.Wake(s.id)
		m := w.send(c, text(s, "still there?"))
		await(s, func(e domain.MessageReceived) bool { return string(e.MessageID) == m.ID })
	}
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		t.Error("it was disconnected")
	}
}
