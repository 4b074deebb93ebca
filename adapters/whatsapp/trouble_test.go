package whatsapp_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard.example/domain"
)

// The log takes nothing for a while, in different ways, while nobody writes: quiet connections are closed, so that WhatsApp
// keeps what comes; nothing is acknowledged meanwhile; and all goes on by itself soon after.
func TestWhileTheLogTakesNothingNobodyIsConnected(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*world) func(){
		"the database cannot be reached": (*world).cutDatabase,
		"the database is read-only": func(w *world) func() {
			return w.alterDatabase(`SET default_transaction_read_only = on`, `RESET default_transaction_read_only`)
		},
		"somebody holds the log's lock": func(w *world) func() {
			tx, err := w.db.DB.BeginTxx(w.t.Context(), nil)
			w.must(err)
			_, err = tx.ExecContext(w.t.Context(), `LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE`)
			w.must(err)
			return func() { w.must(tx.Rollback()) }
		},
		"all connections of the pool are taken": func(w *world) func() {
			var taken []func()
			for range 8 {
				c, err := w.worker.Conn(w.t.Context())
				w.must(err)
				taken = append(taken, func() { _ = c.Close() })
			}
			return func() {
				for _, give := range taken {
					give()
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.linked("2348030000001")
			c := w.customer()
			w.stopPool()
			cfg := w.config()
			cfg.Probe = w.store.Probe
			w.startPoolWith(cfg)
			s.awaitConnected(2)
			s.allSettled()

			began := time.Now()
			end := begin(w)
			s.eventually("the quiet connection is closed", func() bool { return !s.phone.Devices()[0].Online })
			t.Logf("closed after %v", time.Since(began))
			w.send(c, text(s, "anybody?"))
			if q := s.phone.Devices()[0].Queued; q != 1 {
				t.Errorf("whatsapp holds %d stanzas", q)
			}
			if w.metric("switchboard_log_away") != 1 {
				t.Error("the alarm is silent")
			}
			back := time.Now()
			end()
			await(s, func(e domain.MessageReceived) bool { return e.Text == "anybody?" })
			if took := time.Since(back); took > 5*time.Second {
				t.Errorf("it took %v to go on", took)
			} else {
				t.Logf("went on after %v", took)
			}
			s.allSettled()
			s.receivedOnce("anybody?")
		})
	}
}

// One append in five fails as a serialization failure or a deadlock does.
func TestPassingFailuresOfTheLogAreNotNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	c := w.customer()
	s.allSettled()
	w.db.DB.MustExec(`
		CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
		  IF random() < 0.1 THEN RAISE EXCEPTION 'unlucky' USING ERRCODE = 'serialization_failure'; END IF;
		  IF random() < 0.1 THEN RAISE EXCEPTION 'unlucky' USING ERRCODE = 'deadlock_detected'; END IF;
		  RETURN NULL;
		END $$;
		CREATE TRIGGER stumble BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION stumble()`)
	const messages = 40
	for i := range messages {
		w.send(c, text(s, fmt.Sprint("message ", i)))
	}
	s.eventually("all are in the log", func() bool { return count[domain.MessageReceived](s) == messages })
	s.allSettled()
	for i, e := range all[domain.MessageReceived](s) {
		if e.Text != fmt.Sprint("message ", i) {
			t.Fatalf("number %d is %q", i, e.Text)
		}
	}
	if n := count[domain.ConnectionDisconnected](s); n != 0 {
		t.Errorf("the connection was given up %d times", n)
	}
}
