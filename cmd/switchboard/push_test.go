package main

import (
	"sync/atomic"
	"testing"
	"time"

	"switchboard.example/adapters/webpush"
	"switchboard.example/adapters/webpush/webpushtest"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// newPushWorld runs the product, which may reach a push service on this machine, and whose commands are ahead of time by a while.
func newPushWorld(t *testing.T) (w *world, service *webpushtest.Service, ahead *atomic.Int64) {
	t.Helper()
	ahead = &atomic.Int64{}
	w = prepareWorld(t, "DATABASE_URL", databaseOf(t), "SWITCHBOARD_PUSH_ANYWHERE", "on", "SWITCHBOARD_URL", "https://dash.example")
	w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	service = webpushtest.New(t)
	w.starts()
	return w, service, ahead
}

// tells switches push on for the workspace's owner in a browser.
func (w *world) tells(id domain.WorkspaceID, b *webpushtest.Browser) {
	w.t.Helper()
	p256dh, auth := b.Keys()
	_, err := w.app.core.handler.SwitchPushOn(w.ctx, commands.SwitchPushOn{WorkspaceID: id, MemberID: w.ownerOf(id), Endpoint: b.Endpoint, P256DH: p256dh, Auth: auth})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ownerOf(id domain.WorkspaceID) domain.MemberID {
	w.t.Helper()
	members, err := w.app.core.accounts.Of(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return members[0].MemberID
}

func (w *world) sets(id domain.WorkspaceID, alerts string) {
	w.t.Helper()
	_, err := w.app.core.handler.ChangeSettings(w.ctx, commands.ChangeWorkspace{WorkspaceID: id}, domain.SettingsChange{Alerts: &alerts})
	if err != nil {
		w.t.Fatal(err)
	}
}

// queued counts what was ever to be told in browsers.
func (w *world) queued() (n int) {
	w.t.Helper()
	if err := w.app.core.worker.GetContext(w.ctx, &n, `SELECT count(*) FROM push_deliveries`); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// waits has a customer ask something, and be handed over to a person.
func (w *world) waits(from *sandbox.Phone, id domain.WorkspaceID, text string) domain.CustomerID {
	w.t.Helper()
	w.says(from, shopNumber, text)
	w.eventually("a decision", w.decided)
	customer := w.customerOf(from, id)
	w.happens(domain.ConversationStream(id, customer), domain.ConversationHandedOff{
		About: domain.About{WorkspaceID: id, CustomerID: customer}, Reason: domain.ReasonHuman, At: w.now(),
	})
	return customer
}

// happens records a fact and waits until the inbox shows it.
func (w *world) happens(stream domain.StreamID, e domain.Event) {
	w.t.Helper()
	position, err := w.app.core.store.Append(w.ctx, commands.AppendRequest{Workspace: stream.Workspace, Parts: []commands.Part{{
		Stream: stream, Expected: commands.AnyVersion, Events: []domain.NewEvent{{ID: domain.EventID(newID()), OccurredAt: time.Now(), Event: e}},
	}}})
	if err == nil {
		err = w.app.feed.Wait(w.ctx, "inbox", position)
	}
	if err == nil {
		err = w.app.feed.Wait(w.ctx, "thread", position)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// passed waits until every alert so far has been through the reactor.
func (w *world) passed(position int64) {
	w.t.Helper()
	if err := w.app.feed.Wait(w.ctx, "tell_alerts", position); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnOwnerIsToldInTheirBrowser(t *testing.T) {
	w, service, ahead := newPushWorld(t)
	h := w.app.core.handler
	id := w.signsUp("ada@example.com")
	shop := w.links(id, shopNumber)
	phone, stranger := service.Browser(), service.Browser()
	w.tells(id, phone)
	w.tells(w.signsUp("other@example.com"), stranger)

	t.Run("who waits for a person, and for what", func(t *testing.T) {
		ngozi, err := w.phones.Phone("2348050000071", "Ngozi")
		if err != nil {
			t.Fatal(err)
		}
		customer := w.waits(ngozi, id, "do you people carry wigs to Ibadan?")
		if _, err := h.AlertWaiting(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		got := phone.Next(t)
		words := got.Words(t)
		if words["title"] != "Ngozi waits for you" || words["body"] != "Ngozi: do you people carry wigs to Ibadan?" || words["path"] != "/inbox/"+string(customer) {
			t.Errorf("it reads %s", got.Text)
		}
		key, err := webpush.PublicKey(w.app.core.secrets.PushKey)
		if err != nil || got.Sender != key || got.Contact != "https://dash.example" || got.Urgency != "high" {
			t.Errorf("it came as %+v, %v", got, err)
		}
	})
	t.Run("not while the business wants no alerts, nor in its quiet hours", func(t *testing.T) {
		before := w.queued()
		for range 2 {
			ahead.Add(int64(2 * time.Hour)) // so that the next one is no repetition
			local := w.now().In(time.FixedZone("Lagos", 3600))
			quiet := local.Add(-2*time.Hour).Format("15") + "-" + local.Add(4*time.Hour).Format("15")
			for _, alerts := range []string{"off", quiet} {
				w.sets(id, alerts)
				ahead.Add(int64(61 * time.Minute))
				position, err := h.AlertPutAside(w.ctx, id)
				if err != nil || position == 0 {
					t.Fatal(position, err)
				}
				w.passed(position)
			}
		}
		if n := w.queued(); n != before {
			t.Errorf("%d alerts were queued", n-before)
		}
		w.sets(id, "on")
	})
	t.Run("not once they want none, whatever others do, and others all the same", func(t *testing.T) {
		chooses := func(m domain.MemberID, alerts string) {
			if _, err := h.ChooseAlerts(w.ctx, commands.ChangeWorkspace{WorkspaceID: id}, m, alerts); err != nil {
				t.Fatal(err)
			}
		}
		alerts := func() (queued int) {
			t.Helper()
			before := w.queued()
			ahead.Add(int64(61 * time.Minute))
			position, err := h.AlertPutAside(w.ctx, id)
			if err != nil || position == 0 {
				t.Fatal(position, err)
			}
			w.passed(position)
			return w.queued() - before
		}
		chooses("00000000-0000-4000-8000-00000000000a", "off")
		if n := alerts(); n != 1 {
			t.Errorf("an agent silenced the owner: %d alerts were queued", n)
		}
		phone.Next(t)
		owner := w.ownerOf(id)
		chooses(owner, "off")
		if n := alerts(); n != 0 {
			t.Errorf("%d alerts were queued for who wants none", n)
		}
		w.sets(id, "off")
		chooses(owner, "on")
		if n := alerts(); n != 1 {
			t.Errorf("%d alerts were queued for who wants them", n)
		}
		phone.Next(t)
		w.sets(id, "on")
	})
	t.Run("when the number is lost, within a minute, and when it is back", func(t *testing.T) {
		ahead.Store(-int64(domain.DisconnectedFor)) // what happens now is due at once
		lost := time.Now()
		if err := shop.Unlink(w.ctx, 0); err != nil {
			t.Fatal(err)
		}
		got := phone.Next(t)
		if took := time.Since(lost) + domain.DisconnectedFor; took > time.Minute {
			t.Errorf("told after %s", took)
		}
		words := got.Words(t)
		if words["title"] != "Your number is not connected" || words["path"] != "/whatsapp" {
			t.Errorf("it reads %s", got.Text)
		}
		w.links(id, shopNumber)
		if back := phone.Next(t).Words(t); back["title"] != "Connected again" || back["tag"] != words["tag"] {
			t.Errorf("it reads %v", back)
		}
	})
	if n := len(stranger.Pushes()); n != 0 {
		t.Errorf("another business was told %d times", n)
	}
}

func TestAForgottenCustomersWordsAreNotToldAnyMore(t *testing.T) {
	w, service, _ := newPushWorld(t)
	id := w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	phone := service.Browser()
	phone.Answers(503)
	w.tells(id, phone)
	customer := w.waits(w.phone("2348050000072"), id, "do you people carry wigs to Ibadan?")
	if _, err := w.app.core.handler.AlertWaiting(w.ctx, id, 1); err != nil {
		t.Fatal(err)
	}
	phone.Next(t) // and it will be tried again
	phone.Answers(201)
	w.happens(domain.CustomerStream(id, customer), domain.CustomerForgotten{About: domain.About{WorkspaceID: id, CustomerID: customer}})
	w.eventually("the alert is settled", func() bool {
		var open int
		return w.app.core.worker.GetContext(w.ctx, &open, `SELECT count(*) FROM push_deliveries WHERE settled_at IS NULL`) == nil && open == 0
	})
	if got := phone.Pushes(); len(got) != 0 {
		t.Errorf("told %s", got[0].Text)
	}
}
