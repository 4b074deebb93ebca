package projections_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

var (
	shop  = id[domain.WorkspaceID]("shop")
	other = id[domain.WorkspaceID]("other")
	ada   = domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("ada")}
	adaPN = domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("ada, by phone number")}
	price = id[domain.FAQID]("price")
)

func registered(w domain.WorkspaceID) domain.Event {
	return domain.WorkspaceRegistered{WorkspaceID: w, Name: "Ada's Kitchen", OwnerID: "m", Timezone: "Africa/Lagos", Currency: "NGN", TrialUntil: noon.Add(domain.TrialLength)}
}

func said(a domain.About, m, text string, at time.Time) domain.Event {
	return domain.MessageReceived{About: a, MessageID: domain.MessageID(m), Kind: domain.KindText, SentAt: at, ReceivedAt: at, Text: text, ReplyTo: "x"}
}

func decided(a domain.About, m string, d domain.Decision, why domain.Reason) domain.Event {
	return domain.ReplyDecided{About: a, InReplyTo: []domain.MessageID{domain.MessageID(m)}, Decision: d, Why: why, FAQ: price, Score: 0.9, Margin: 0.4, DecidedAt: noon}
}

func replyID(a domain.About, wa string) domain.ReplyID {
	return domain.ReplyIDOf(a.CustomerID, domain.MessageID(wa))
}

func queued(a domain.About, m, wa, text string, at time.Time) domain.Event {
	return domain.ReplyQueued{
		About: a, ReplyID: replyID(a, wa), WhatsAppID: domain.MessageID(wa), Author: domain.AuthorBot, InReplyTo: []domain.MessageID{domain.MessageID(m)},
		QueuedAt: at, Deadline: at.Add(domain.ReplyDeadline), To: "x", Text: text,
	}
}

// must unwraps the answer of a query.
func must[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(answer T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return answer
	}
}

func statusOf(tb testing.TB, db *sqlx.DB, w domain.WorkspaceID) projections.Status {
	tb.Helper()
	s, ok, err := projections.StatusOf(tb.Context(), db, w)
	if err != nil || !ok {
		tb.Fatalf("no status: %v %v", ok, err)
	}
	return s
}

func TestConnectionStatus(t *testing.T) {
	t.Parallel()
	t.Run("a new workspace was never linked", func(t *testing.T) {
		t.Parallel()
		s := statusOf(t, told(t, newHistory().add(shop, registered(shop))), shop)
		if s.Connected || s.Status != domain.Disconnected || s.Reason != domain.ReasonNeverLinked || s.LastConnectionUpdate != nil {
			t.Fatalf("got %+v", s)
		}
	})
	connected := func() *history {
		return newHistory().add(shop, registered(shop), domain.ConnectionRequested{WorkspaceID: shop, Method: domain.LinkByQR},
			domain.ConnectionQRIssued{WorkspaceID: shop, Attempt: 2, Of: 6, ExpiresAt: noon},
			domain.ConnectionPaired{WorkspaceID: shop, Device: "d", Phone: "2348030000000", PairedAt: noon},
			domain.ConnectionConnected{WorkspaceID: shop, Attempt: 1, ConnectedAt: noon})
	}
	t.Run("a scanned code connects", func(t *testing.T) {
		t.Parallel()
		h := connected()
		s := statusOf(t, told(t, h), shop)
		if !s.Connected || s.Status != domain.Connected || s.Phone != "2348030000000" || s.DisconnectReason != nil || !s.LastConnectionUpdate.Equal(h.now.Truncate(time.Microsecond)) {
			t.Fatalf("got %+v", s)
		}
	})
	t.Run("a drop says why, and a restart changes nothing", func(t *testing.T) {
		t.Parallel()
		h := connected().add(shop, domain.ConnectionDisconnected{WorkspaceID: shop, Reason: domain.ReasonDropped, WillRetry: true, DisconnectedAt: noon},
			domain.ConnectionReconnecting{WorkspaceID: shop, Attempt: 4, NextAt: noon.Add(time.Minute), Reason: domain.ReasonNetwork})
		s := statusOf(t, told(t, h), shop)
		if s.Connected || s.Status != domain.Reconnecting || *s.DisconnectReason != domain.ReasonNetwork || s.Attempt != 4 || s.NextAttemptAt == nil {
			t.Fatalf("got %+v", s)
		}
	})
	t.Run("a line that was let go of reads reconnecting, and is wanted", func(t *testing.T) {
		t.Parallel()
		h := connected().add(shop, domain.ConnectionReleased{WorkspaceID: shop, ReleasedAt: noon.Add(time.Second)})
		released := h.now
		db := told(t, h)
		if s := statusOf(t, db, shop); s.Connected || s.Status != domain.Reconnecting || *s.DisconnectReason != domain.ReasonRestarted || s.Attempt != 0 {
			t.Errorf("got %+v", s)
		}
		if work := must[[]projections.ConnectionWork](t)(projections.DesiredConnections(t.Context(), db)); len(work) != 1 || !work[0].Linked {
			t.Errorf("the work list is %+v", work)
		}
		due := must[[]projections.DueItem](t)(projections.DueBy(t.Context(), db, released.Add(domain.DisconnectedFor), 10))
		if len(due) != 1 || due[0].Kind != projections.DueLost {
			t.Errorf("who is not taken over is told of: %+v", due)
		}
		h.add(shop, domain.ConnectionReconnecting{WorkspaceID: shop, Attempt: 1, Reason: domain.ReasonRestarted},
			domain.ConnectionConnected{WorkspaceID: shop, Attempt: 1, ConnectedAt: h.now})
		db = told(t, h)
		figures := must[projections.Figures](t)(projections.FiguresOf(t.Context(), db, shop, noon.Add(-time.Hour), noon.Add(time.Hour)))
		if took := figures.P95ReconnectMs; took == nil || *took < 1500 { // a histogram says about how long
			t.Errorf("away for %v, since it was let go of %v", took, h.now.Sub(released))
		}
		if due := must[[]projections.DueItem](t)(projections.DueBy(t.Context(), db, h.now.Add(domain.DisconnectedFor), 10)); len(due) != 0 {
			t.Errorf("still due: %+v", due)
		}
	})
	t.Run("a line that catches up says on how much, and not afterwards", func(t *testing.T) {
		t.Parallel()
		h := connected().add(shop, domain.ConnectionCatchingUp{WorkspaceID: shop, Announced: 12, BeganAt: noon})
		if s := statusOf(t, told(t, h), shop); !s.Connected || s.Reason != domain.ReasonCatchingUp || s.CatchingUp != 12 {
			t.Errorf("got %+v", s)
		}
		for name, after := range map[string]domain.ConnectionEvent{
			"caught up": domain.ConnectionCaughtUp{WorkspaceID: shop, Announced: 12, Received: 12},
			"let go of": domain.ConnectionReleased{WorkspaceID: shop, ReleasedAt: noon},
			"unstable":  domain.ConnectionDegraded{WorkspaceID: shop, Reason: domain.ReasonDegraded, Since: noon},
		} {
			h := connected().add(shop, domain.ConnectionCatchingUp{WorkspaceID: shop, Announced: 12, BeganAt: noon}, after)
			if s := statusOf(t, told(t, h), shop); s.CatchingUp != 0 {
				t.Errorf("%s: got %+v", name, s)
			}
		}
	})
	t.Run("a session whose process is dead reads reconnecting", func(t *testing.T) {
		t.Parallel()
		db := told(t, connected())
		db.MustExec(`INSERT INTO nodes (node_id, name, expires_at) VALUES ($1, 'n', clock_timestamp() + interval '1 hour')`, id[string]("node"))
		db.MustExec(`INSERT INTO workspace_leases (workspace_id, node_id, epoch) VALUES ($1, $2, 1)`, shop, id[string]("node"))
		if s := statusOf(t, db, shop); s.Status != domain.Connected {
			t.Fatalf("alive: got %+v", s)
		}
		db.MustExec(`UPDATE nodes SET expires_at = clock_timestamp() - interval '1 second'`)
		if s := statusOf(t, db, shop); s.Connected || s.Status != domain.Reconnecting || s.Reason != domain.ReasonRestarted {
			t.Fatalf("dead: got %+v", s)
		}
	})
	t.Run("the last reply is the newest that was sent", func(t *testing.T) {
		t.Parallel()
		h := connected().add(shop, said(ada, "M1", "price?", noon), queued(ada, "M1", "R1", "5k", noon))
		if s := statusOf(t, told(t, h), shop); s.LastReplyAt != nil {
			t.Fatalf("queued is not sent: got %v", s.LastReplyAt)
		}
		sentAt := noon.Add(time.Second).Truncate(time.Microsecond)
		h.add(shop, domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: sentAt},
			domain.ReplySent{About: ada, ReplyID: replyID(ada, "R0"), SentAt: noon})
		if s := statusOf(t, told(t, h), shop); s.LastReplyAt == nil || !s.LastReplyAt.Equal(sentAt) {
			t.Fatalf("got %v", s.LastReplyAt)
		}
	})
	t.Run("the platform sees when somebody last wrote", func(t *testing.T) {
		t.Parallel()
		h := connected().add(shop, said(ada, "M2", "hello?", noon.Add(time.Minute)), said(ada, "M1", "price?", noon))
		all := must[[]projections.WorkspaceOverview](t)(projections.AllWorkspaces(t.Context(), told(t, h), noon))
		if len(all) != 1 || all[0].LastMessageAt == nil || !all[0].LastMessageAt.Equal(noon.Add(time.Minute).Truncate(time.Microsecond)) {
			t.Fatalf("got %+v", all)
		}
	})
	t.Run("what was connected before a take-over is not connected for the one who took it", func(t *testing.T) {
		t.Parallel()
		h := connected()
		head := h.events[len(h.events)-1].Position
		db := told(t, h)
		db.MustExec(`INSERT INTO nodes (node_id, name, expires_at) VALUES ($1, 'n', clock_timestamp() + interval '1 hour')`, id[string]("node"))
		db.MustExec(`INSERT INTO workspace_leases (workspace_id, node_id, epoch, taken_after) VALUES ($1, $2, 2, $3)`, shop, id[string]("node"), head)
		if s := statusOf(t, db, shop); s.Connected || s.Status != domain.Reconnecting || s.Reason != domain.ReasonRestarted {
			t.Fatalf("taken over: got %+v", s)
		}
		db.MustExec(`UPDATE workspace_leases SET taken_after = 1`)
		if s := statusOf(t, db, shop); !s.Connected {
			t.Fatalf("connected since: got %+v", s)
		}
	})
	t.Run("what a process sees takes back that a line is connected, and says nothing else", func(t *testing.T) {
		t.Parallel()
		storage, dropped := domain.ReasonStorage, domain.ReasonDropped
		up := projections.Status{Connected: true, Status: domain.Connected, Reason: domain.ReasonOnline}
		down := func(why domain.Reason) projections.Status {
			return projections.Status{Status: domain.Reconnecting, Reason: why, DisconnectReason: &why}
		}
		late, closed := up, projections.Status{Status: domain.Disconnected, Reason: domain.ReasonClosedByOwner}
		late.OwnerLate = true
		lateDown := down(storage)
		lateDown.OwnerLate = true
		outdated := down(domain.ReasonOutdated)
		outdated.Status = domain.Disconnected // waiting for hours is no reconnecting
		for name, c := range map[string]struct {
			is   projections.Status
			sees projections.Witness
			want projections.Status
		}{
			"nothing to add":                        {up, projections.Witness{}, up},
			"its own line dropped":                  {up, projections.Witness{Down: dropped}, down(dropped)},
			"its own line is refused for hours":     {up, projections.Witness{Down: domain.ReasonOutdated}, outdated},
			"its own line, and the log is away":     {up, projections.Witness{Down: dropped, LogAway: true}, down(storage)},
			"another's line, and the log is away":   {late, projections.Witness{LogAway: true}, lateDown},
			"another's line, which beats all along": {up, projections.Witness{LogAway: true}, up},
			"another's line is late, for no reason": {late, projections.Witness{}, late},
			"a line the owner closed":               {closed, projections.Witness{Down: dropped, LogAway: true}, closed},
		} {
			if diff := cmp.Diff(c.want, c.is.SeenBy(c.sees)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
	t.Run("the pool's work list has what is desired, with the plan", func(t *testing.T) {
		t.Parallel()
		h := connected().add(other, registered(other)).add(shop, domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
		work := must[[]projections.ConnectionWork](t)(projections.DesiredConnections(t.Context(), told(t, h)))
		if len(work) != 1 || work[0].WorkspaceID != shop || !work[0].Linked || work[0].RequestedPosition != 2 {
			t.Fatalf("got %+v", work)
		}
		if w := work[0]; w.Serving(noon) || !w.MayHoldSocket(h.now.Add(13*24*time.Hour)) || w.MayHoldSocket(h.now.Add(15*24*time.Hour)) {
			t.Fatalf("an expired plan keeps its socket for 14 days: %+v", w)
		}
	})
}

func TestInbox(t *testing.T) {
	t.Parallel()
	list := func(tb testing.TB, db *sqlx.DB, now time.Time, state projections.ConversationState) []projections.Conversation {
		tb.Helper()
		return must[[]projections.Conversation](tb)(projections.ConversationsOf(tb.Context(), db, shop, now, projections.InboxPage{State: state, Limit: 10}))
	}
	t.Run("a question nobody can answer waits for a person until one speaks", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, domain.CustomerSeen{About: ada, Phone: "2348030000001", Name: "Ada"}, said(ada, "M1", "do you deliver?", noon),
			decided(ada, "M1", domain.DecideFallback, domain.ReasonNoMatch), queued(ada, "M1", "R1", "I asked the team.", noon),
			domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: noon})
		got := list(t, told(t, h), noon, projections.NeedsPerson)
		if len(got) != 1 || got[0].Name != "Ada" || got[0].LastText != "I asked the team." || got[0].LastAuthor != "bot" || !got[0].WaitingSince.Equal(noon.Truncate(time.Microsecond)) {
			t.Fatalf("got %+v", got)
		}
		if got[0].AskedText != "do you deliver?" || got[0].AskedKind != domain.KindText {
			t.Fatalf("what the customer asked is behind what the bot said: %+v", got[0])
		}
		if n := must[int](t)(projections.WaitingOf(t.Context(), told(t, h), shop)); n != 1 {
			t.Fatalf("%d wait", n)
		}
		h.add(shop, domain.OwnerReplied{About: ada, MessageID: "O1", SentAt: noon.Add(time.Minute), Text: "Yes!"})
		db := told(t, h)
		if got := list(t, db, noon.Add(2*time.Minute), projections.PersonTalks); len(got) != 1 || got[0].AskedKind != "" {
			t.Fatalf("a person talks, and had the last word: got %+v", got)
		}
		if got := list(t, db, noon.Add(2*time.Hour), projections.NothingToAdd); len(got) != 1 || got[0].WaitingSince != nil {
			t.Fatalf("and is done later: got %+v", got)
		}
	})
	t.Run("who waited before the app answered by itself still waits once that is known", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, said(ada, "M1", "do you deliver?", noon),
			domain.ConversationHandedOff{About: ada, Reason: domain.ReasonHuman, At: noon},
			domain.OwnerReplied{About: ada, MessageID: "O1", SentAt: noon.Add(time.Second), Text: "We will reply soon."},
			said(ada, "M2", "hello?", noon.Add(time.Minute)),
			domain.OwnerReplyReclassified{About: ada, MessageID: "O1", Why: domain.ReasonAppReply})
		got := list(t, told(t, h), noon.Add(time.Minute), projections.NeedsPerson)
		if len(got) != 1 || got[0].QuietUntil != nil || !got[0].HandedOff || got[0].Unanswered != 2 || !got[0].WaitingSince.Equal(noon.Truncate(time.Microsecond)) {
			t.Fatalf("got %+v", got)
		}
		h.add(shop, domain.OwnerReplied{About: ada, MessageID: "O2", SentAt: noon.Add(time.Minute), Text: "Yes"},
			domain.OwnerReplyReclassified{About: ada, MessageID: "O1", Why: domain.ReasonAppReply})
		if got := list(t, told(t, h), noon.Add(2*time.Minute), projections.PersonTalks); len(got) != 1 || got[0].HandedOff {
			t.Fatalf("what a person wrote stands: got %+v", got)
		}
	})
	t.Run("a complaint is marked until a person speaks", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, said(ada, "M1", "this is a scam", noon), decided(ada, "M1", domain.DecideSilence, domain.ReasonComplaint),
			domain.ConversationHandedOff{About: ada, Reason: domain.ReasonComplaint, At: noon},
			domain.ConversationMuted{About: ada, Reason: domain.ReasonAbuse, Until: noon.Add(time.Hour)}, // the graver mark stays
			domain.OwnerReplied{About: ada, MessageID: "O1", SentAt: noon.Add(time.Second), Text: "We will reply soon."},
			domain.OwnerReplyReclassified{About: ada, MessageID: "O1", Why: domain.ReasonAppReply}) // and the app's own words do not take it off
		if got := list(t, told(t, h), noon.Add(time.Minute), projections.NeedsPerson); len(got) != 1 || got[0].Mark != projections.Urgent {
			t.Fatalf("got %+v", got)
		}
		h.add(shop, domain.OwnerReplied{About: ada, MessageID: "O2", SentAt: noon.Add(time.Minute), Text: "Sorry!"})
		if got := list(t, told(t, h), noon.Add(2*time.Minute), ""); len(got) != 1 || got[0].Mark != "" {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("who is rude is marked, and waits for nobody", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, said(ada, "M1", "idiot", noon), decided(ada, "M1", domain.DecideFallback, domain.ReasonAbuse),
			domain.ConversationMuted{About: ada, Reason: domain.ReasonAbuse, Until: noon.Add(time.Hour)})
		if got := list(t, told(t, h), noon, ""); len(got) != 1 || got[0].Mark != projections.Abusive || got[0].WaitingSince != nil {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("a picture waits for a person, whatever the bot answers meanwhile", func(t *testing.T) {
		t.Parallel()
		receipt := decided(ada, "M1", domain.DecideAnswer, domain.ReasonExact).(domain.ReplyDecided)
		receipt.Unseen = true
		alone := decided(ada, "M1", domain.DecideFallback, domain.ReasonNotText)
		for name, first := range map[string]domain.Event{"beside a question": receipt, "alone": alone} {
			h := newHistory().add(shop, said(ada, "M1", "how much?", noon), first, queued(ada, "M1", "R1", "₦1,500", noon),
				domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: noon},
				said(ada, "M2", "where?", noon.Add(time.Minute)), decided(ada, "M2", domain.DecideAnswer, domain.ReasonExact))
			got := list(t, told(t, h), noon.Add(time.Minute), projections.NeedsPerson)
			if len(got) != 1 || !got[0].WaitingSince.Equal(noon.Truncate(time.Microsecond)) {
				t.Fatalf("%s: got %+v", name, got)
			}
			h.add(shop, domain.ConversationGivenBack{About: ada, At: noon.Add(2 * time.Minute)})
			if got := list(t, told(t, h), noon.Add(2*time.Minute), projections.NeedsPerson); len(got) != 0 {
				t.Fatalf("%s: got %+v", name, got)
			}
		}
	})
	t.Run("the owner's chat with themselves is no conversation", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, domain.OwnerCommanded{About: ada, MessageID: "C1", Text: "!status"}, decided(ada, "C1", domain.DecideCommand, domain.ReasonCommand),
			domain.ReplyQueued{About: ada, ReplyID: replyID(ada, "R1"), Command: true, Author: domain.AuthorBot, Text: "Connected.", QueuedAt: noon})
		if got := list(t, told(t, h), noon, ""); len(got) != 0 {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("two customers who turn out to be one have one conversation", func(t *testing.T) {
		t.Parallel()
		h := newHistory().add(shop, said(adaPN, "M1", "first", noon), said(ada, "M2", "second", noon.Add(time.Minute)),
			queued(adaPN, "M1", "R1", "late", noon.Add(2*time.Minute)), domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID},
			domain.ReplySent{About: adaPN, ReplyID: replyID(adaPN, "R1"), SentAt: noon}, queued(adaPN, "M1", "R2", "later", noon.Add(3*time.Minute)))
		db := told(t, h)
		if got := list(t, db, noon, ""); len(got) != 1 || got[0].CustomerID != ada.CustomerID {
			t.Fatalf("got %+v", got)
		}
		thread := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, ada.CustomerID, projections.ThreadPage{Limit: 10}))
		var texts []string
		for _, m := range thread {
			texts = append(texts, m.Text+" "+m.Status)
		}
		if diff := cmp.Diff([]string{"first received", "second received", "late sent", "later queued"}, texts); diff != "" {
			t.Fatal(diff)
		}
	})
	t.Run("pages follow one another without gaps", func(t *testing.T) {
		t.Parallel()
		h := newHistory()
		for n := range 5 {
			a := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("c", string(rune('0'+n)))}
			h.add(shop, said(a, "M", "hi", noon.Add(time.Duration(n/2)*time.Minute)))
		}
		db, page, seen := told(t, h), projections.InboxPage{Limit: 2}, map[domain.CustomerID]bool{}
		for range 3 {
			for _, c := range must[[]projections.Conversation](t)(projections.ConversationsOf(t.Context(), db, shop, noon, page)) {
				seen[c.CustomerID] = true
				page.AfterTime, page.AfterID = c.LastAt, c.CustomerID
			}
		}
		if len(seen) != 5 {
			t.Fatalf("saw %d of 5", len(seen))
		}
	})
}

func TestSettingsKnowWhatEachMemberChose(t *testing.T) {
	t.Parallel()
	m, gone, off := id[domain.MemberID]("m"), id[domain.MemberID]("gone"), "off"
	db := told(t, newHistory().
		add(other, domain.WorkspaceMemberRemoved{WorkspaceID: other, MemberID: gone}).
		add(shop, domain.WorkspaceMemberAlertsChosen{WorkspaceID: shop, MemberID: m, Alerts: "22-7"},
			domain.WorkspaceMemberAlertsChosen{WorkspaceID: shop, MemberID: gone, Alerts: "on"},
			domain.WorkspaceSettingsChanged{WorkspaceID: shop, Alerts: &off}, domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: gone}))
	got := must[domain.Settings](t)(projections.SettingsOf(t.Context(), db, shop))
	if want := (domain.Settings{Alerts: "off", MemberAlerts: map[domain.MemberID]string{m: "22-7"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if rows := dump(t, db)["read_settings"]; len(rows) != 1 {
		t.Errorf("who leaves makes settings: %v", rows)
	}
}

func TestWhoWaitsTooLongIsForTheBusinessToSay(t *testing.T) {
	t.Parallel()
	hour, eve := 60, domain.About{WorkspaceID: other, CustomerID: id[domain.CustomerID]("eve")}
	db := told(t, newHistory().add(shop, said(ada, "M1", "hello", noon), domain.ConversationHandedOff{About: ada, Reason: domain.ReasonHuman, At: noon},
		domain.WorkspaceSettingsChanged{WorkspaceID: shop, WaitingMinutes: &hour}).
		add(other, said(eve, "M1", "hello", noon), domain.ConversationHandedOff{About: eve, Reason: domain.ReasonHuman, At: noon}))
	for after, want := range map[time.Duration][]domain.WorkspaceID{
		14 * time.Minute: nil, 15 * time.Minute: {other}, 59 * time.Minute: {other}, time.Hour: {other, shop}, 25 * time.Hour: nil,
	} {
		var got []domain.WorkspaceID
		for _, n := range must[[]projections.Neglected](t)(projections.NeglectedBy(t.Context(), db, noon.Add(after), 10)) {
			got = append(got, n.WorkspaceID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("after %s: got %v, want %v", after, got, want)
		}
	}
}

func TestWhoWaitsLongestIsNamedWithWhatTheyAskedFirst(t *testing.T) {
	t.Parallel()
	bola := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("bola")}
	h := newHistory().add(shop, domain.CustomerSeen{About: ada, Name: "Ada", Phone: "2348100000001"},
		said(bola, "M0", "hi", noon.Add(-time.Hour)), decided(bola, "M0", domain.DecideAnswer, domain.ReasonConfident),
		queued(bola, "M0", "R0", "hello", noon.Add(-time.Hour)), domain.ReplySent{About: bola, ReplyID: replyID(bola, "R0"), SentAt: noon.Add(-time.Hour)},
		said(ada, "M1", "do you deliver to Ibadan?", noon), domain.ConversationHandedOff{About: ada, Reason: domain.ReasonHuman, At: noon},
		queued(ada, "M1", "R1", "Somebody will answer", noon.Add(time.Second)), said(ada, "M2", "hello??", noon.Add(time.Minute)),
		said(bola, "M1", "and to Lagos?", noon.Add(time.Minute)), domain.ConversationHandedOff{About: bola, Reason: domain.ReasonHuman, At: noon.Add(time.Minute)})
	longest := func(h *history, at time.Time) (projections.InNeed, bool) {
		t.Helper()
		found, ok, err := projections.WaitsLongest(t.Context(), told(t, h), shop, at)
		if err != nil {
			t.Fatal(err)
		}
		return found, ok
	}
	if got, ok := longest(h, noon.Add(time.Hour)); !ok || got.Name != "Ada" || got.Question != "do you deliver to Ibadan?" || got.People != 2 {
		t.Errorf("got %+v", got)
	}
	h.add(shop, domain.CustomerForgotten{About: ada})
	if got, ok := longest(h, noon.Add(time.Hour)); !ok || got.CustomerID != bola.CustomerID || got.Name != "" || got.Question != "and to Lagos?" || got.People != 1 {
		t.Errorf("after one was forgotten: got %+v", got)
	}
	h.add(shop, domain.OwnerReplied{About: bola, MessageID: "O1", SentAt: noon.Add(time.Hour), Text: "Yes"})
	if got, ok := longest(h, noon.Add(time.Hour)); ok {
		t.Errorf("after a person answered: got %+v", got)
	}
}

func TestThreadShowsWhyAndHowFarAReplyCame(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, domain.FAQAdded{WorkspaceID: shop, FAQID: price, Number: 1, Questions: []string{"How much?"}, Answer: "₦1,500", Enabled: true},
		said(ada, "M1", "price?", noon), decided(ada, "M1", domain.DecideAnswer, domain.ReasonConfident), queued(ada, "M1", "R1", "₦1,500", noon.Add(time.Second)),
		domain.ReplyDelivered{About: ada, ReplyID: replyID(ada, "R1")}, domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: noon.Add(2 * time.Second)},
		domain.MessageEdited{About: ada, MessageID: "M1", Text: "the price?"}, domain.MessageDeleted{About: ada, MessageID: "M1"})
	db := told(t, h)
	thread := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, ada.CustomerID, projections.ThreadPage{Limit: 10}))
	if len(thread) != 2 || thread[0].Text != "the price?" || !thread[0].Edited || !thread[0].Deleted {
		t.Fatalf("got %+v", thread)
	}
	if r := thread[1]; r.Status != "delivered" || r.Decision != "answer" || r.Why != domain.ReasonConfident || *r.Question != "How much?" || *r.Score != 0.9 {
		t.Fatalf("a late 'sent' does not undo 'delivered', and the reason is there: %+v", r)
	}
	if at, ok, err := projections.QueuedAt(t.Context(), db, shop, "R1"); err != nil || !ok || at != thread[1].Position {
		t.Fatalf("got %d %v %v", at, ok, err)
	}
	if _, ok, _ := projections.QueuedAt(t.Context(), db, other, "R1"); ok {
		t.Fatal("another workspace read it")
	}
	newest := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, ada.CustomerID, projections.ThreadPage{Limit: 1}))
	older := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, ada.CustomerID,
		projections.ThreadPage{Limit: 5, BeforeTime: newest[0].At, BeforePosition: newest[0].Position}))
	if len(older) != 1 || older[0].ID != thread[0].ID {
		t.Fatalf("got %+v", older)
	}
}

func TestAReplyIsItsWritersAndTheBotsIsNobodys(t *testing.T) {
	t.Parallel()
	ngozi, bola := id[domain.MemberID]("ngozi"), domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("bola")}
	h := newHistory().add(shop, said(ada, "M1", "!reply 2 We do", noon), queued(ada, "M1", "R1", "✅ Sent to Bola.", noon.Add(time.Second)),
		said(bola, "M2", "do you deliver?", noon), fromDashboard(bola, "R2", "We do", noon.Add(time.Second)))
	for i := range h.events { // her command brought both about
		h.events[i].Actor.ID = string(ngozi)
	}
	db := told(t, h)
	wrote := func(a domain.About) (members []domain.MemberID) {
		for _, m := range must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, a.CustomerID, projections.ThreadPage{Limit: 10})) {
			members = append(members, m.MemberID)
		}
		return members
	}
	if diff := cmp.Diff([]domain.MemberID{"", ""}, wrote(ada)); diff != "" {
		t.Errorf("what the bot answered her:\n%s", diff)
	}
	if diff := cmp.Diff([]domain.MemberID{"", ngozi}, wrote(bola)); diff != "" {
		t.Errorf("what she had sent:\n%s", diff)
	}
	for _, c := range must[[]projections.Conversation](t)(projections.ConversationsOf(t.Context(), db, shop, noon, projections.InboxPage{Limit: 10})) {
		if want := map[domain.CustomerID]domain.MemberID{bola.CustomerID: ngozi}[c.CustomerID]; c.LastMember != want {
			t.Errorf("the inbox says %q wrote last, want %q", c.LastMember, want)
		}
	}
}

func TestAReplyIsUnreadableAtTheFifthTryUntilItIsDelivered(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, said(ada, "M1", "price?", noon), queued(ada, "M1", "R1", "₦1,500", noon.Add(time.Second)),
		domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: noon})
	asked := func(count int) domain.Event {
		return domain.ReplyRetryRequested{About: ada, ReplyID: replyID(ada, "R1"), Count: count, RequestedAt: noon}
	}
	status := func() string {
		thread := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), told(t, h), shop, ada.CustomerID, projections.ThreadPage{Limit: 10}))
		return thread[1].Status
	}
	if h.add(shop, asked(1), asked(2), asked(3), asked(4)); status() != "sent" {
		t.Fatalf("after four tries: %s", status())
	}
	if h.add(shop, asked(5), domain.ReplySent{About: ada, ReplyID: replyID(ada, "R1"), SentAt: noon}); status() != "unreadable" {
		t.Fatalf("after five tries: %s", status())
	}
	if h.add(shop, domain.ReplyDelivered{About: ada, ReplyID: replyID(ada, "R1")}, asked(5)); status() != "delivered" {
		t.Fatalf("after a phone had it after all: %s", status())
	}
}

func TestAChangedSecurityCodeIsALineOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, domain.CustomerSeen{About: ada, Name: "Ada"}, said(ada, "M1", "price?", noon),
		decided(ada, "M1", domain.DecideAnswer, domain.ReasonExact), queued(ada, "M1", "R1", "₦1,500", noon.Add(time.Second)))
	before := must[[]projections.Conversation](t)(projections.ConversationsOf(t.Context(), told(t, h), shop, noon.Add(time.Hour), projections.InboxPage{Limit: 10}))
	h.add(shop, domain.IdentityChanged{About: ada, ChangedAt: noon.Add(time.Minute)}, domain.IdentityChanged{About: adaPN, ChangedAt: noon.Add(2 * time.Minute)},
		domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID})
	db := told(t, h)
	thread := must[[]projections.ThreadMessage](t)(projections.ThreadOf(t.Context(), db, shop, ada.CustomerID, projections.ThreadPage{Limit: 10}))
	if len(thread) != 4 || !thread[2].IsNotice() || !thread[3].IsNotice() || thread[2].Kind != projections.IdentityNotice || thread[1].IsNotice() {
		t.Fatalf("got %+v", thread)
	}
	after := must[[]projections.Conversation](t)(projections.ConversationsOf(t.Context(), db, shop, noon.Add(time.Hour), projections.InboxPage{Limit: 10}))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the inbox shows another:\n%s", diff)
	}
	if p, ok, err := projections.LastPerson(t.Context(), db, shop); err != nil || !ok || p.Name != "Ada" {
		t.Errorf("last: %+v %v %v", p, ok, err)
	}
}

func TestChatsThatWereToldTheSameAreCounted(t *testing.T) {
	t.Parallel()
	written := func(a domain.About, id, text string, at time.Time) domain.Event {
		r, _ := queued(a, "M1", id, text, at).(domain.ReplyQueued)
		r.Author = domain.AuthorDashboard
		return r
	}
	h := newHistory().add(shop, said(ada, "M1", "hi", noon), said(adaPN, "M2", "hi", noon),
		written(ada, "R1", "Sale!", noon), written(ada, "R2", "Sale!", noon), written(adaPN, "R3", "Sale!", noon.Add(time.Minute)),
		queued(ada, "M1", "R4", "Sale, by the bot", noon), written(ada, "R5", "Hello", noon))
	db, before := told(t, h), noon.Add(-time.Second)
	for _, c := range []struct {
		text    string
		since   time.Time
		besides domain.CustomerID
		want    int
	}{
		{"Sale!", before, "00000000-0000-5000-8000-00000000ffff", 2},
		{"Sale!", before, ada.CustomerID, 1},
		{"Sale!", noon.Add(time.Second), ada.CustomerID, 1},
		{"Sale!", noon.Add(time.Second), adaPN.CustomerID, 0},
		{"Sale, by the bot", before, adaPN.CustomerID, 0},
		{"Goodbye", before, adaPN.CustomerID, 0},
	} {
		if n := must[int](t)(projections.ChatsTold(t.Context(), db, shop, c.text, c.since, c.besides)); n != c.want {
			t.Errorf("%q since %v, besides %s: %d chats, not %d", c.text, c.since, c.besides, n, c.want)
		}
	}
	if n := must[int](t)(projections.ChatsTold(t.Context(), db, other, "Sale!", before, ada.CustomerID)); n != 0 {
		t.Error("another workspace's are counted")
	}
}

func TestFAQs(t *testing.T) {
	t.Parallel()
	answer := "₦2,000"
	h := newHistory().add(shop, domain.FAQAdded{WorkspaceID: shop, FAQID: price, Number: 1, Questions: []string{"How much?", "Cost?"}, Answer: "₦1,500", Enabled: true},
		domain.FAQWordingAdded{WorkspaceID: shop, FAQID: price, FromCustomer: adaPN.CustomerID, Learned: "how market"},
		domain.FAQRevised{WorkspaceID: shop, FAQID: price, Answer: &answer}, decided(ada, "M1", domain.DecideAnswer, domain.ReasonExact))
	db := told(t, h)
	list := must[[]projections.FAQ](t)(projections.FAQsOf(t.Context(), db, shop, noon.Add(-time.Hour)))
	if len(list) != 1 || list[0].Answer != "₦2,000" || list[0].Revision != 3 || list[0].TimesAnswered != 1 || len(list[0].Questions) != 3 {
		t.Fatalf("got %+v", list)
	}
	if n := must[int64](t)(projections.FAQRevision(t.Context(), db, shop)); n != 3 {
		t.Fatalf("the workspace's revision is the position of its newest change: %d", n)
	}
	if _, ok, err := projections.FAQOf(t.Context(), db, other, price, noon); ok || err != nil {
		t.Fatalf("another workspace reads it: %v %v", ok, err)
	}
	h.add(shop, domain.CustomerMerged{About: ada, Merged: adaPN.CustomerID}, domain.CustomerForgotten{About: ada})
	if list := must[[]projections.FAQ](t)(projections.FAQsOf(t.Context(), told(t, h), shop, noon)); len(list[0].Questions) != 2 {
		t.Fatalf("a forgotten customer's wording stays: %+v", list)
	}
	tested := h.add(shop, domain.FAQTestSaved{WorkspaceID: shop, FAQID: price, TestID: "t1", Text: "how market"},
		domain.FAQTestSaved{WorkspaceID: shop, FAQID: price, TestID: "t2", Text: "price abeg"}, domain.FAQTestRemoved{WorkspaceID: shop, FAQID: price, TestID: "t1"})
	db = told(t, tested)
	saved := must[[]projections.FAQ](t)(projections.FAQsOf(t.Context(), db, shop, noon))[0]
	if len(saved.Tests) != 1 || saved.Tests[0] != (domain.FAQTest{ID: "t2", Text: "price abeg"}) || saved.Revision != list[0].Revision || !saved.UpdatedAt.Equal(list[0].UpdatedAt) {
		t.Fatalf("%+v", saved)
	}
	if n := must[int64](t)(projections.FAQRevision(t.Context(), db, shop)); n != int64(len(h.events)) {
		t.Fatalf("who keeps the FAQs does not see that tests changed: %d", n)
	}
	h.add(shop, domain.FAQRemoved{WorkspaceID: shop, FAQID: price})
	if list := must[[]projections.FAQ](t)(projections.FAQsOf(t.Context(), told(t, h), shop, noon)); len(list) != 0 {
		t.Fatalf("got %+v", list)
	}
}

func TestWorkLists(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop), domain.WorkspaceBotPaused{WorkspaceID: shop, Until: noon.Add(time.Hour)},
		said(ada, "M1", "one", noon), said(ada, "M2", "two", noon.Add(time.Second)), said(adaPN, "M1", "gone", noon), domain.MessageDeleted{About: adaPN, MessageID: "M1"},
		queued(ada, "M0", "R0", "hello", noon), queued(ada, "M0", "R1", "hello", noon), domain.ReplySent{About: ada, ReplyID: replyID(ada, "R0"), SentAt: noon})
	db := told(t, h)
	turns := must[[]projections.OpenTurn](t)(projections.OpenTurns(t.Context(), db, []domain.WorkspaceID{shop, other}))
	if len(turns) != 1 || turns[0].Messages != 2 || turns[0].Command || !turns[0].LastAt.After(turns[0].FirstAt) {
		t.Fatalf("got %+v", turns)
	}
	if turns := must[[]projections.OpenTurn](t)(projections.OpenTurns(t.Context(), db, []domain.WorkspaceID{other})); len(turns) != 0 {
		t.Fatalf("got %+v", turns)
	}
	items := must[[]projections.OutboxItem](t)(projections.OutboxFor(t.Context(), db, []domain.WorkspaceID{shop, other}, 10))
	if len(items) != 1 || items[0].WhatsAppID != "R1" || items[0].CustomerID != ada.CustomerID {
		t.Fatalf("got %+v", items)
	}
	due := must[[]projections.DueItem](t)(projections.DueBy(t.Context(), db, noon.Add(2*time.Hour), 10))
	if len(due) != 1 || due[0].Kind != projections.DuePause {
		t.Fatalf("got %+v", due)
	}
	if due := must[[]projections.DueItem](t)(projections.DueBy(t.Context(), db, noon.Add(15*24*time.Hour), 10)); len(due) != 2 {
		t.Fatalf("got %+v", due)
	}
}

func TestUnanswered(t *testing.T) {
	t.Parallel()
	ask := func(n int, cluster, text string) domain.Event {
		a := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("asker", string(rune('a'+n)))}
		return domain.QuestionUnanswered{About: a, Cluster: cluster, AskedAt: noon.Add(time.Duration(n) * time.Second), Text: text}
	}
	h := newHistory().add(shop, ask(0, "delivery", "do you deliver?"), ask(1, "delivery", "una dey deliver?"), ask(1, "delivery", "do you deliver?"), ask(0, "refund", "refund?"))
	clusters := must[[]projections.Cluster](t)(projections.UnansweredOf(t.Context(), told(t, h), shop, 10))
	if len(clusters) != 2 || clusters[0].ID != "delivery" || clusters[0].People != 2 || clusters[0].Question != "do you deliver?" {
		t.Fatalf("got %+v", clusters)
	}
	h.add(shop, domain.FAQDismissed{WorkspaceID: shop, Cluster: "delivery"}, ask(2, "delivery", "x"))
	if clusters := must[[]projections.Cluster](t)(projections.UnansweredOf(t.Context(), told(t, h), shop, 10)); len(clusters) != 1 || clusters[0].ID != "refund" {
		t.Fatalf("a dismissed one stays away: %+v", clusters)
	}
	h.add(shop, ask(3, "delivery", "x"), ask(4, "delivery", "x"), ask(5, "delivery", "x"), ask(6, "delivery", "x"))
	if clusters := must[[]projections.Cluster](t)(projections.UnansweredOf(t.Context(), told(t, h), shop, 10)); len(clusters) != 2 {
		t.Fatalf("until five more people ask: %+v", clusters)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, domain.ConnectionQRIssued{WorkspaceID: shop}, domain.ConnectionPaired{WorkspaceID: shop}, domain.ConnectionConnected{WorkspaceID: shop},
		domain.ConnectionFailed{WorkspaceID: shop, Reason: domain.ReasonFailed},
		domain.ConnectionQRIssued{WorkspaceID: shop}, domain.ConnectionFailed{WorkspaceID: shop, Reason: domain.ReasonPairFailed})
	for n := range 20 {
		a, m := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("c", string(rune('a'+n%4)))}, string(rune('A'+n))
		took := time.Second
		if n == 0 {
			took = time.Minute
		}
		h.add(shop, said(a, m, "price?", noon), decided(a, m, domain.DecideAnswer, domain.ReasonExact), queued(a, m, "R"+m, "₦1,500", noon),
			domain.ReplySent{About: a, ReplyID: replyID(a, "R"+m), SentAt: noon.Add(took)})
		if n > 0 {
			h.add(shop, domain.ReplyDelivered{About: a, ReplyID: replyID(a, "R"+m)}, domain.ReplyRead{About: a, ReplyID: replyID(a, "R"+m)})
		}
	}
	h.add(shop, said(ada, "X", "?", noon), decided(ada, "X", domain.DecideFallback, domain.ReasonNoMatch))
	db := told(t, h)
	f := must[projections.Figures](t)(projections.FiguresOf(t.Context(), db, shop, noon.Add(-time.Hour), noon.Add(time.Hour)))
	if f.Customers != 5 || f.Messages != 21 || f.Answered != 20 || f.Unanswered != 1 || f.Sent != 20 || f.Delivered != 19 || f.ConnectAttempts != 2 || f.ConnectSuccesses != 1 {
		t.Fatalf("got %+v", f)
	}
	if share, _ := f.AnsweredShare(); share < 0.95 || share > 0.96 {
		t.Fatalf("got %v", share)
	}
	if m, p := *f.MedianReplyMs, *f.P95ReplyMs; m < 850 || m > 1190 || p < 850 || p > 1190 {
		t.Fatalf("19 of 20 took a second: median %d, p95 %d", m, p)
	}
	if n := must[int](t)(projections.RepliesSince(t.Context(), db, shop, noon.Add(-24*time.Hour))); n != 20 {
		t.Fatalf("got %d", n)
	}
	if f := must[projections.Figures](t)(projections.FiguresOf(t.Context(), db, other, noon.Add(-time.Hour), noon.Add(time.Hour))); f.Messages != 0 || f.MedianReplyMs != nil {
		t.Fatalf("another workspace: %+v", f)
	}
}

func TestTimelineMasksWhatIsPersonal(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop), said(ada, "M1", "my secret", noon)).add(other, registered(other))
	db := told(t, h)
	entries := must[[]projections.TimelineEntry](t)(projections.TimelineOf(t.Context(), db, shop, projections.TimelinePage{Limit: 10}))
	if len(entries) != 2 || entries[0].Type != "conversation.message_received" || entries[0].Sentence != "A customer sent a message." {
		t.Fatalf("got %+v", entries)
	}
	if s := string(entries[0].Data); strings.Contains(s, "my secret") || !strings.Contains(s, "•••") {
		t.Fatalf("got %s", s)
	}
	zero := int64(0)
	first := must[[]projections.TimelineEntry](t)(projections.TimelineOf(t.Context(), db, shop, projections.TimelinePage{After: &zero, Type: "workspace", Limit: 10}))
	if len(first) != 1 || first[0].Position != 1 {
		t.Fatalf("got %+v", first)
	}
}

func TestAllWorkspaces(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop), said(ada, "M1", "hi", noon)).add(other, domain.WorkspaceRegistered{WorkspaceID: other, Name: "Bola", TrialUntil: noon})
	all := must[[]projections.WorkspaceOverview](t)(projections.AllWorkspaces(t.Context(), told(t, h), noon.Add(-24*time.Hour)))
	if len(all) != 2 || all[0].WorkspaceID != shop || all[0].Messages != 1 || !all[0].Serving(noon) || all[1].Serving(noon) || all[1].Status != domain.Disconnected {
		t.Fatalf("got %+v", all)
	}
}

func TestWhoWroteInVainIsCounted(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop), said(ada, "M1", "hi", noon), decided(ada, "M1", domain.DecideSilence, domain.ReasonPlanEnded),
		said(ada, "M2", "hi?", noon.Add(time.Minute)), decided(ada, "M2", domain.DecideSilence, domain.ReasonPlanEnded),
		said(ada, "M3", "ok", noon.Add(time.Hour)), decided(ada, "M3", domain.DecideSilence, domain.ReasonSmallTalk))
	db := told(t, h)
	n, first, err := projections.LeftUnansweredSince(t.Context(), db, shop, domain.ReasonPlanEnded, noon.Add(-time.Minute))
	if err != nil || n != 1 || first == nil || !first.Equal(noon.Truncate(time.Microsecond)) {
		t.Fatalf("%d since %v, %v", n, first, err)
	}
	sameSecond := noon.Add(time.Minute).Truncate(time.Second).Add(999 * time.Millisecond)
	if n, _, err := projections.LeftUnansweredSince(t.Context(), db, shop, domain.ReasonPlanEnded, sameSecond); err != nil || n != 1 {
		t.Fatalf("%d in the second it began, %v", n, err)
	}
	if n, first, err := projections.LeftUnansweredSince(t.Context(), db, shop, domain.ReasonPlanEnded, noon.Add(2*time.Minute)); err != nil || n != 0 || first != nil {
		t.Fatalf("%d since %v, %v", n, first, err)
	}
}

func TestWordsThatChangeOpenATurnAgain(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop), said(ada, "M1", "hi", noon), decided(ada, "M1", domain.DecideAnswer, domain.ReasonExact),
		domain.MessageEdited{About: ada, MessageID: "M1", EditedAt: noon.Add(time.Minute), Text: "where?"},
		domain.MessageUndecryptable{About: ada, MessageID: "M2", SentAt: noon.Add(2 * time.Minute)})
	open := func() []projections.OpenTurn {
		return must[[]projections.OpenTurn](t)(projections.OpenTurns(t.Context(), told(t, h), []domain.WorkspaceID{shop}))
	}
	if turns := open(); len(turns) != 1 || turns[0].Messages != 2 {
		t.Fatalf("got %+v", turns)
	}
	h.add(shop, decided(ada, "M1", domain.DecideSilence, domain.ReasonEdited), decided(ada, "M2", domain.DecideFallback, domain.ReasonUnreadable))
	if turns := open(); len(turns) != 0 {
		t.Fatalf("got %+v", turns)
	}
}

func TestWhatCommandsAskOf(t *testing.T) {
	t.Parallel()
	bola := domain.About{WorkspaceID: shop, CustomerID: id[domain.CustomerID]("bola")}
	h := newHistory().add(shop, registered(shop), domain.CustomerSeen{About: ada, Phone: "2348100000001", Name: "Ada"}, said(ada, "M1", "hi", noon),
		domain.CustomerSeen{About: bola, Phone: "2348100000002", Name: "Bola"}, said(bola, "M2", "hello", noon), domain.CustomerIgnored{About: bola, Ignored: true},
		domain.CustomerAllowed{About: bola, Allowed: true}, domain.CustomerAllowed{About: bola}, domain.CustomerAllowed{About: ada, Allowed: true},
		domain.QuestionUnanswered{About: ada, Cluster: "c1", AskedAt: noon, Text: "small chops?"})
	for range 2 {
		h.add(shop, decided(ada, "M1", domain.DecideAnswer, domain.ReasonExact))
	}
	db := told(t, h)
	if p, ok, err := projections.PersonByPhone(t.Context(), db, shop, "2348100000001"); err != nil || !ok || p.CustomerID != ada.CustomerID || p.Name != "Ada" {
		t.Errorf("by number: %+v %v %v", p, ok, err)
	}
	if p, ok, err := projections.PersonOf(t.Context(), db, shop, ada.CustomerID); err != nil || !ok || p.Name != "Ada" {
		t.Errorf("%+v %v %v", p, ok, err)
	}
	if _, ok, err := projections.PersonByPhone(t.Context(), db, other, "2348100000001"); err != nil || ok {
		t.Errorf("another workspace finds them: %v %v", ok, err)
	}
	if p, ok, err := projections.LastPerson(t.Context(), db, shop); err != nil || !ok || p.Name != "Bola" {
		t.Errorf("last: %+v %v %v", p, ok, err)
	}
	if people := must[[]projections.Person](t)(projections.IgnoredPeople(t.Context(), db, shop, 9)); len(people) != 1 || people[0].Phone != "2348100000002" {
		t.Errorf("ignored: %+v", people)
	}
	if people := must[[]projections.Person](t)(projections.AllowedPeople(t.Context(), db, shop)); len(people) != 1 || people[0].Name != "Ada" {
		t.Errorf("allowed: %+v", people)
	}
	if askers := must[[]projections.Asker](t)(projections.AskersOf(t.Context(), db, shop, "c1", 9)); len(askers) != 1 || askers[0].CustomerID != ada.CustomerID || askers[0].Text != "small chops?" {
		t.Errorf("askers: %+v", askers)
	}
	if most := must[[]domain.FAQID](t)(projections.MostAsked(t.Context(), db, shop, noon.AddDate(0, 0, -30), 5)); len(most) != 1 || most[0] != price {
		t.Errorf("most asked: %v", most)
	}
}

func TestWhoLeftIsNoMemberAndATakenNumberIsNobodys(t *testing.T) {
	t.Parallel()
	ngozi, tunde := id[domain.MemberID]("ngozi"), id[domain.MemberID]("tunde")
	h := newHistory().add(shop, registered(shop), domain.CustomerSeen{About: ada, Phone: "2348100000001", Name: "Ngozi"}, said(ada, "M1", "hi", noon),
		domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: ngozi, Role: domain.RoleAgent},
		domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: tunde, Role: domain.RoleAgent},
		domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: ngozi, CustomerID: ada.CustomerID})
	lists := func(when string, want ...projections.Member) {
		t.Helper()
		got := must[[]projections.Member](t)(projections.MembersOf(t.Context(), told(t, h), shop))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b projections.Member) bool { return a.MemberID < b.MemberID })); diff != "" {
			t.Errorf("%s:\n%s", when, diff)
		}
	}
	without := projections.Member{MemberID: ngozi, Role: domain.RoleAgent}
	other := projections.Member{MemberID: tunde, Role: domain.RoleAgent}
	lists("with a phone", projections.Member{MemberID: ngozi, Role: domain.RoleAgent, Name: "Ngozi", Phones: []string{"2348100000001"}}, other)
	h.add(shop, domain.WorkspaceAdminNumberRemoved{WorkspaceID: shop, MemberID: ngozi, CustomerID: ada.CustomerID})
	lists("without it", without, other)
	h.add(shop, domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: ngozi})
	lists("gone", other)
}

func TestAnFAQInCustomersWords(t *testing.T) {
	t.Parallel()
	h := newHistory().add(shop, registered(shop),
		domain.FAQAdded{WorkspaceID: shop, FAQID: price, Number: 1, Questions: []string{}, Answer: "₦1,500", Enabled: true},
		domain.FAQWordingAdded{WorkspaceID: shop, FAQID: price, FromCustomer: ada.CustomerID, Learned: "how market"},
		domain.FAQClusterAnswered{WorkspaceID: shop, FAQID: price, Cluster: "c1"})
	list := must[[]projections.FAQ](t)(projections.FAQsOf(t.Context(), told(t, h), shop, noon))
	if len(list) != 1 || len(list[0].Questions) != 1 || list[0].Questions[0] != "how market" {
		t.Fatalf("got %+v", list)
	}
}
