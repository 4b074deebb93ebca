package whatsapp_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

func TestAMessageAndItsReply(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"phone", "lid"} {
		t.Run("by "+address, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			c := w.customer()
			o := text(s, "hello")
			o.Address = address
			sent := w.send(c, o)
			got := await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
			if string(got.MessageID) != sent.ID || got.Kind != domain.KindText {
				t.Errorf("recorded %s of kind %s, sent %s", got.MessageID, got.Kind, sent.ID)
			}
			ref := s.reply(got, "hi there")
			shown := w.reads(c, "hi there")
			if shown.Copies != 1 {
				t.Errorf("it arrived %d times", shown.Copies)
			}
			taken := await[domain.ReplySent](s, nil)
			delivered := await[domain.ReplyDelivered](s, nil)
			if taken.ReplyID != ref.ReplyID || delivered.ReplyID != ref.ReplyID {
				t.Errorf("sent %s, taken %s, delivered %s", ref.ReplyID, taken.ReplyID, delivered.ReplyID)
			}
			if _, err := c.Read(t.Context(), s.phone.Number()); err != nil {
				t.Fatal(err)
			}
			await(s, func(e domain.ReplyRead) bool { return e.ReplyID == ref.ReplyID })
		})
	}
}

func TestBothAddressesAreOneCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "by phone"))
	byLID := text(s, "by lid")
	byLID.Address = "lid"
	w.send(c, byLID)
	first := await(s, func(e domain.MessageReceived) bool { return e.Text == "by phone" })
	second := await(s, func(e domain.MessageReceived) bool { return e.Text == "by lid" })
	if first.CustomerID != second.CustomerID {
		t.Error("one person became two customers")
	}
	seen := await[domain.CustomerSeen](s, nil)
	if seen.Phone != "2348030000099" || seen.Name != "Customer 99" {
		t.Errorf("known as %q, %q", seen.Phone, seen.Name)
	}
}

func TestEditsAndDeletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	m := w.send(c, text(s, "hallo"))
	w.send(c, sandbox.Outgoing{To: s.phone.Number(), Type: "edit", Target: m.ID, Text: "hello"})
	w.send(c, sandbox.Outgoing{To: s.phone.Number(), Type: "delete", Target: m.ID})
	edited := await[domain.MessageEdited](s, nil)
	deleted := await[domain.MessageDeleted](s, nil)
	if string(edited.MessageID) != m.ID || edited.Text != "hello" || string(deleted.MessageID) != m.ID {
		t.Errorf("edited %+v, deleted %+v", edited, deleted)
	}
}

func TestWhatTheOwnerTypesOnThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "hello"))
	got := await[domain.MessageReceived](s, nil)

	w.send(s.phone, sandbox.Outgoing{To: c.Number(), Text: "this is Ada"})
	typed := await[domain.OwnerReplied](s, nil)
	if typed.CustomerID != got.CustomerID || typed.Text != "this is Ada" {
		t.Errorf("recorded %+v", typed)
	}
	w.send(s.phone, sandbox.Outgoing{To: s.phone.Number(), Text: "buy milk"})
	w.send(s.phone, sandbox.Outgoing{To: s.phone.Number(), Text: "!status"})
	ordered := await[domain.OwnerCommanded](s, nil)
	if ordered.Text != "!status" || count[domain.OwnerCommanded](s) != 1 {
		t.Errorf("recorded %+v", ordered)
	}
	s.reply(domain.MessageReceived{About: ordered.About, ReplyTo: ordered.ReplyTo, MessageID: ordered.MessageID}, "all is well")
	w.reads(s.phone, "all is well")
	if n := count[domain.MessageReceived](s); n != 1 {
		t.Errorf("%d messages of customers", n)
	}
}

func TestTheSameMessageTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	t.Run("delivered twice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.linked("2348030000001")
		c := w.customer()
		w.fault(sandbox.Fault{Kind: "duplicate", Direction: "in"})
		w.send(c, text(s, "twice"))
		w.send(c, text(s, "after"))
		await(s, func(e domain.MessageReceived) bool { return e.Text == "after" })
		s.receivedOnce("twice")
	})
	t.Run("stored, but not acknowledged", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.linked("2348030000001")
		c := w.customer()
		var calls atomic.Int32
		w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
			id, err := next()
			if calls.Add(1) == 1 {
				return "", errAway // the commit's answer was lost
			}
			return id, err
		})
		w.send(c, text(s, "once"))
		s.awaitConnected(2)
		s.eventually("it is handled again", func() bool { return calls.Load() >= 2 })
		s.allSettled()
		s.receivedOnce("once")
	})
}

// receivedOnce checks that a text is in the log exactly once.
func (s *shop) receivedOnce(words string) {
	s.t.Helper()
	n := 0
	for _, e := range all[domain.MessageReceived](s) {
		if e.Text == words {
			n++
		}
	}
	if n != 1 {
		s.t.Errorf("%q is in the log %d times", words, n)
	}
}

// allSettled waits until WhatsApp holds nothing back for the device.
func (s *shop) allSettled() {
	s.t.Helper()
	s.eventually("whatsapp holds nothing back", func() bool {
		devices := s.phone.Devices()
		return len(devices) == 1 && devices[0].Queued == 0
	})
}

func TestAPanicIsNeverASuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	var calls atomic.Int32
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		if calls.Add(1) == 1 {
			panic("a bug")
		}
		return next()
	})
	w.send(c, text(s, "hello"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
	s.allSettled()
	s.receivedOnce("hello")
	if n := w.metric("switchboard_handler_panics_total"); n != 1 {
		t.Errorf("%v panics were counted", n)
	}
}

func TestAPoisonousMessageIsPutAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	var calls atomic.Int32
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		if calls.Add(1) <= 3 {
			return "", errors.New("this one again")
		}
		return next()
	})
	w.send(c, text(s, "poison"))
	s.eventually("it is put aside", func() bool { return w.rows("dead_letters") == 1 })
	await(s, func(e domain.WorkspaceAlertRaised) bool { return e.Kind == domain.AlertPutAside })
	w.send(c, text(s, "hello"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
	s.allSettled()
	var sealed []byte
	w.must(w.wa.GetContext(t.Context(), &sealed, `SELECT sealed FROM dead_letters`))
	if len(sealed) == 0 {
		t.Error("the letter is empty")
	}

	letters, err := whatsapp.NewLetters(w.wa.DB, whatsapp.SealKeys{Newest: [32]byte(key("seal"))}, w.hooks)
	w.must(err)
	list, err := letters.List(t.Context(), s.id)
	w.must(err)
	if len(list) != 1 || list[0].Attempts != 3 {
		t.Fatalf("the letters are %+v", list)
	}
	calls.Store(0)
	if err := letters.Replay(t.Context(), list[0]); err == nil || w.rows("dead_letters") != 1 {
		t.Fatalf("failing again: %v", err)
	}
	calls.Store(3) // mended
	w.must(letters.Replay(t.Context(), list[0]))
	s.receivedOnce("poison")
	if got := await(s, func(e domain.MessageReceived) bool { return e.Text == "poison" }); got.ReplyTo == "" || got.SentAt.IsZero() {
		t.Errorf("replayed as %+v", got)
	}
	if n := w.rows("dead_letters"); n != 0 {
		t.Errorf("%d letters are left", n)
	}
}

func TestWithoutADatabaseNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	s.allSettled()
	comeBack := w.cutDatabase()
	w.send(c, text(s, "anybody?"))
	s.eventually("the connection is given up", func() bool { return !s.phone.Devices()[0].Online })
	if q := s.phone.Devices()[0].Queued; q != 1 {
		t.Errorf("whatsapp holds %d stanzas", q)
	}
	comeBack()
	await(s, func(e domain.MessageReceived) bool { return e.Text == "anybody?" })
	s.allSettled()
	s.receivedOnce("anybody?")
	if n := count[domain.MessageUndecryptable](s); n != 0 {
		t.Errorf("%d messages count as unreadable", n)
	}
}

func TestWhatCameInWhileAwayIsCaughtUpOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.send(c, text(s, "before"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "before" })
	s.allSettled()
	w.stopPool()
	for _, words := range []string{"one", "two", "three"} {
		w.send(c, text(s, words))
	}
	read, blocked := make(chan struct{}), make(chan struct{})
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		select {
		case read <- struct{}{}:
		case <-blocked:
		}
		<-blocked
		return next()
	})
	w.startPool()
	<-read
	s.awaitReason(domain.ReasonCatchingUp)
	if begun := all[domain.ConnectionCatchingUp](s); len(begun) != 1 || begun[0].Announced != 3 {
		t.Errorf("announced as %+v", begun)
	}
	w.hooks.onReceive(nil)
	close(blocked)
	s.awaitReason(domain.ReasonOnline)
	caught := await[domain.ConnectionCaughtUp](s, nil)
	if caught.Announced != 3 || caught.Received != 3 {
		t.Errorf("caught up on %d of %d", caught.Received, caught.Announced)
	}
	for _, words := range []string{"one", "two", "three"} {
		s.receivedOnce(words)
	}
}

// More came in than the library's queue holds, while the first one was still being stored.
func TestALongTimeAwayIsCaughtUpOnInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	s.allSettled()
	w.stopPool()
	const messages = 2_200
	for i := range messages {
		w.send(c, text(s, strconv.Itoa(i)))
	}
	sent := func() int64 { return w.server.Stats().Counters["offlineDelivered"] }
	before := sent()
	first := sync.OnceFunc(func() {
		w.eventually("everything is on its way", func() bool { return sent()-before >= messages })
	})
	w.hooks.onReceive(func(next func() (domain.CustomerID, error)) (domain.CustomerID, error) {
		first()
		return next()
	})
	w.startPool()
	s.eventually("all are in the log", func() bool {
		var n int
		w.must(w.db.DB.GetContext(t.Context(), &n, `SELECT count(*) FROM events WHERE type = 'conversation.message_received'`))
		return n == messages
	})
	for i, e := range all[domain.MessageReceived](s) {
		if e.Text != strconv.Itoa(i) {
			t.Fatalf("number %d is %q", i, e.Text)
		}
	}
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		t.Errorf("the connection was given up %d times", n)
	}
}

func TestWorkspacesDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.linked("2348030000001"), w.linked("2348030000002")
	c := w.customer()
	w.send(c, text(first, "for the first"))
	w.send(c, text(second, "for the second"))
	a := await(first, func(e domain.MessageReceived) bool { return e.Text == "for the first" })
	b := await(second, func(e domain.MessageReceived) bool { return e.Text == "for the second" })
	if a.CustomerID == b.CustomerID || count[domain.MessageReceived](first) != 1 || count[domain.MessageReceived](second) != 1 {
		t.Error("the workspaces share something")
	}
	w.fault(sandbox.Fault{Kind: "drop", Phone: first.phone.Number()})
	first.awaitConnected(2)
	if n := count[domain.ConnectionDisconnected](second); n != 0 {
		t.Error("the second workspace noticed")
	}
	if n := w.rows("whatsmeow_lid_map"); n != 0 {
		t.Errorf("%d mappings are shared by all workspaces", n)
	}
	for _, table := range []string{"whatsmeow_contacts", "whatsmeow_message_secrets"} {
		if n := w.rows(table); n != 0 {
			t.Errorf("%s keeps %d rows about people", table, n)
		}
	}
	if n := w.rows("session_lids WHERE pn = '2348030000099'"); n != 2 {
		t.Errorf("the customer is mapped %d times", n)
	}
}

func TestAMessageThatCannotBeReadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	w.fault(sandbox.Fault{Kind: "undecryptable"})
	m := w.send(c, text(s, "garbled"))
	await(s, func(e domain.MessageUndecryptable) bool { return string(e.MessageID) == m.ID })
	await(s, func(e domain.MessageReceived) bool { return e.Text == "garbled" })
}

func TestReplies(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (*world, *shop, *sandbox.Phone, domain.MessageReceived) {
		t.Helper()
		w := newWorld(t)
		s := w.linked("2348030000001")
		c := w.customer()
		w.send(c, text(s, "hello"))
		return w, s, c, await[domain.MessageReceived](s, nil)
	}
	t.Run("in the order they were queued", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		for _, words := range []string{"one", "two", "three"} {
			s.reply(got, words)
		}
		w.reads(c, "three")
		var order []string
		for _, m := range c.Messages() {
			if m.Direction == sandbox.DirectionIn {
				order = append(order, m.Text)
			}
		}
		if len(order) != 3 || order[0] != "one" || order[1] != "two" {
			t.Errorf("they came as %v", order)
		}
	})
	t.Run("found in the outbox without a wake", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		s.queue(got, "nobody told you")
		w.reads(c, "nobody told you")
	})
	t.Run("wait for the connection", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.stopPool()
		s.queue(got, "sorry, we were away")
		w.startPool()
		w.reads(c, "sorry, we were away")
	})
	t.Run("are shown once though the answer got lost", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.stopPool()
		cfg := w.config()
		cfg.Timing.SendTimeout = time.Second
		w.startPoolWith(cfg)
		s.awaitConnected(2)
		w.fault(sandbox.Fault{Kind: "lose_ack"})
		s.reply(got, "did you get this?")
		await[domain.ReplySent](s, nil)
		n := 0
		for _, m := range c.Messages() {
			if m.Text == "did you get this?" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("shown %d times", n)
		}
	})
	t.Run("refused to a customer who just wrote go once more with a fresh token", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		s.reply(got, "hello yourself")
		w.reads(c, "hello yourself")
		tokens := func() int64 { return w.server.Stats().Counters["tokensIssued"] }
		w.eventually("the library gives its token, for seven days", func() bool { return tokens() > 0 })
		w.fault(sandbox.Fault{Kind: "stale_token"})
		ref := s.reply(got, "may I?")
		w.reads(c, "may I?")
		await(s, func(e domain.ReplySent) bool { return e.ReplyID == ref.ReplyID })
		if retried := all[domain.ReplyRetried](s); len(retried) != 1 || retried[0].ReplyID != ref.ReplyID || retried[0].Code != "463" {
			t.Errorf("recorded %+v", retried)
		}
		s.reply(got, "thank you")
		w.reads(c, "thank you")
		if n := w.server.Stats().Counters["messagesRefused"]; n != 1 {
			t.Errorf("%d messages were refused", n)
		}
		if n := w.rows("whatsmeow_privacy_tokens"); n != 1 {
			t.Errorf("%d tokens are kept, want the customer's fresh one", n)
		}
	})
	t.Run("refused again after that fail with the code", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.fault(sandbox.Fault{Kind: "ack_error", Code: 463, Times: 2})
		ref := s.reply(got, "no")
		failed := await[domain.ReplyFailed](s, nil)
		if failed.ReplyID != ref.ReplyID || failed.Code != "463" {
			t.Errorf("recorded %+v", failed)
		}
		s.reply(got, "and now?")
		w.reads(c, "and now?")
		if n := count[domain.ReplyRetried](s); n != 1 {
			t.Errorf("%d replies were tried again", n)
		}
	})
	t.Run("that begin chats are held from the first refusal on", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.stopPool()
		days := 25 * time.Hour
		w.handler.Now = func() time.Time { return time.Now().Add(days) } // the customer has been silent since
		w.fault(sandbox.Fault{Kind: "ack_error", Code: 463})
		w.startPool()
		s.awaitConnected(2)
		begins := func(text string) commands.ReplyRef {
			q := s.queueUntil(got, text, time.Now().Add(2*days))
			s.pool.WakeReply(q.ReplyRef)
			return q.ReplyRef
		}
		refused := begins("anybody there?")
		await(s, func(e domain.ReplyFailed) bool { return e.ReplyID == refused.ReplyID && e.Code == "463" })
		if n := count[domain.ReplyRetried](s); n != 0 {
			t.Errorf("it was tried again %d times", n)
		}
		held := begins("hello?")
		await(s, func(e domain.ReplyCancelled) bool {
			return e.ReplyID == held.ReplyID && e.Reason == domain.ReasonNewChatsStopped
		})
		limit := await[domain.ConnectionRestricted](s, nil)
		if length := time.Until(limit.Until); limit.Code != 463 || length < 23*time.Hour || length > 24*time.Hour {
			t.Errorf("limited by %+v", limit)
		}
		w.stopPool()
		w.startPool()
		s.awaitConnected(3)
		held = begins("still there?")
		await(s, func(e domain.ReplyCancelled) bool {
			return e.ReplyID == held.ReplyID && e.Reason == domain.ReasonNewChatsStopped
		})
		if texts := len(c.Messages()); texts != 1 {
			t.Errorf("the customer's chat has %d messages", texts)
		}
	})
	t.Run("refused before a restart are not tried again a second time", func(t *testing.T) {
		t.Parallel()
		w, s, _, got := setUp(t)
		w.stopPool()
		q := s.queue(got, "no")
		w.must(w.handler.ReplyRetried(t.Context(), q.ReplyRef, "463"))
		w.fault(sandbox.Fault{Kind: "ack_error", Code: 463})
		w.startPool()
		await(s, func(e domain.ReplyFailed) bool { return e.ReplyID == q.ReplyID })
	})
	t.Run("refused for a list of devices that is out of date go again, after a look at it", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		s.reply(got, "hello yourself")
		w.reads(c, "hello yourself")
		s.reply(got, "and again")
		w.reads(c, "and again")
		asked := func() int64 { return w.server.Stats().Counters["deviceListsAsked"] }
		before := asked()
		s.reply(got, "the list is remembered")
		w.reads(c, "the list is remembered")
		if n := asked(); n != before {
			t.Errorf("the lists were asked for %d times without need", n-before)
		}
		w.fault(sandbox.Fault{Kind: "ack_error", Code: 479})
		s.reply(got, "who is there?")
		w.reads(c, "who is there?")
		if n := asked(); n == before {
			t.Error("the lists were not asked for")
		}
	})
	t.Run("cancelled ones are not sent", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		q := s.queue(got, "never mind")
		_ = s.handler.CancelReply(t.Context(), q.ReplyRef, domain.ReasonWithdrawn)
		s.pool.WakeReply(q.ReplyRef)
		s.reply(got, "after")
		w.reads(c, "after")
		for _, e := range all[domain.ReplySent](s) {
			for _, r := range all[domain.ReplyCancelled](s) {
				if e.ReplyID == r.ReplyID {
					t.Skip("it was sent before it was cancelled")
				}
			}
		}
		for _, m := range c.Messages() {
			if m.Text == "never mind" {
				t.Error("a cancelled reply was sent")
			}
		}
	})
	t.Run("too late to be sent are cancelled, connected or not", func(t *testing.T) {
		t.Parallel()
		_, s, _, got := setUp(t)
		s.disconnect(false)
		s.eventually("the phone sees us gone", func() bool { return !s.phone.Devices()[0].Online })
		q := s.queueUntil(got, "too late", time.Now().Add(-time.Second))
		cancelled := await[domain.ReplyCancelled](s, nil)
		if cancelled.ReplyID != q.ReplyID || cancelled.Reason != domain.ReasonTooLate {
			t.Errorf("recorded %+v", cancelled)
		}
	})
	t.Run("a phone that cannot read one gets it again", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		s.reply(got, "read me")
		w.reads(c, "read me")
		w.must(c.Reinstall(t.Context(), false))
		s.reply(got, "and me")
		w.reads(c, "and me")
	})
	t.Run("a phone that cannot read one gets it again from the log", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.must(c.Reinstall(t.Context(), false))
		w.fault(sandbox.Fault{Kind: "drop", Direction: "out", Phone: s.phone.Number(), Probability: 1, Times: 1})
		s.quotes = got
		s.reply(got, "read me") // it arrives, the connection breaks, and the phone's request meets a fresh client
		if shown := w.reads(c, "read me"); shown.Quote == nil || shown.Quote.ID != string(got.MessageID) || shown.Quote.Text != got.Text {
			t.Errorf("it came with %+v", shown.Quote)
		}
		s.awaitConnected(2)
		await[domain.ReplySent](s, nil)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.asked == 0 {
			t.Error("the log was not asked")
		}
	})
	t.Run("look typed when pacing is on", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.stopPool()
		cfg := w.config()
		cfg.Pacing, cfg.ReadReceipts = true, true
		w.startPoolWith(cfg)
		s.awaitConnected(2)
		s.decide(got)
		began := time.Now()
		s.reply(got, "typing…")
		w.reads(c, "typing…")
		if took := time.Since(began); took < 400*time.Millisecond {
			t.Errorf("it took %s to type", took)
		}
		w.eventually("the question is marked as read", func() bool { return c.Messages()[0].Status == sandbox.StatusRead })
	})
	t.Run("end where a person speaks while they are being typed", func(t *testing.T) {
		t.Parallel()
		w, s, c, got := setUp(t)
		w.stopPool()
		cfg := w.config()
		cfg.Pacing = true
		w.startPoolWith(cfg)
		s.awaitConnected(2)
		s.decide(got)
		w.hooks.onWanted(func() {
			_, err := w.hooks.ReceiveOwnerMessage(context.Background(), commands.ReceiveMessage{
				WorkspaceID: s.id, From: commands.Sender{Addresses: []string{got.ReplyTo}}, MessageID: "BYHAND", Kind: domain.KindText, Text: "I am here", SentAt: time.Now(),
			}, false)
			if err != nil {
				t.Error(err)
			}
		})
		s.reply(got, "typing…")
		if why := await[domain.ReplyCancelled](s, nil).Reason; why != domain.ReasonOwnerActive {
			t.Errorf("it was cancelled because of %q", why)
		}
		w.eventually("nothing looks typed any more", func() bool { return len(c.TypingPeers()) == 0 })
		if sent := all[domain.ReplySent](s); len(sent) > 0 {
			t.Errorf("it was sent all the same: %+v", sent)
		}
	})
}

func TestAReplyIsShownWithTheMessageItQuotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	for _, address := range []string{"phone", "lid"} {
		sent := text(s, "how much is delivery to "+address+"?")
		sent.Address = address
		m := w.send(c, sent)
		s.quotes = await(s, func(e domain.MessageReceived) bool { return e.Text == sent.Text })
		s.reply(s.quotes, "₦1,500 to "+address)
		if got := w.reads(c, "₦1,500 to "+address); got.Quote == nil || got.Quote.ID != m.ID || got.Quote.Text != sent.Text {
			t.Errorf("it came with %+v", got.Quote)
		}
	}
}
