package whatsapp_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// erases removes the traces of a phone's person, as they are known by their number alone.
func (s *shop) erases(phone *sandbox.Phone, said ...commands.Said) {
	s.t.Helper()
	traces, err := whatsapp.NewTraces(sealKeys(), s.hide)
	s.must(err)
	tx, err := s.wa.BeginTx(s.t.Context(), nil)
	s.must(err)
	defer func() { _ = tx.Rollback() }()
	s.must(traces.EraseIn(s.t.Context(), tx, s.id, [][]byte{s.hide(s.id, phone.Number()+"@s.whatsapp.net")}, said))
	s.must(tx.Commit())
	s.pool.LetGo(s.id)
}

func sealKeys() whatsapp.SealKeys { return whatsapp.SealKeys{Newest: [32]byte(key("seal"))} }

// buffers leaves a message's words as a process does that died before it could wipe them.
func (s *shop) buffers(words string, at time.Time) {
	s.t.Helper()
	hash := sha256.Sum256([]byte(words))
	_, err := s.wa.ExecContext(s.t.Context(), `
		INSERT INTO whatsmeow_event_buffer (our_jid, ciphertext_hash, plaintext, server_timestamp, insert_timestamp)
		SELECT jid, $1, $2, $3, 1 FROM wa_links`, hash[:], whatsapp.SealWords(sealKeys(), s.id, hex.EncodeToString(hash[:]), []byte("\x0a"+words)), at.Unix())
	s.must(err)
}

func TestTheTracesOfAPersonAreErasedAndNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	ada := w.customer()
	bola, err := w.server.AddPhone(sandbox.NewPhone{Number: "2348030000098", Name: "Customer 98"})
	w.must(err)
	for _, phone := range []*sandbox.Phone{ada, bola} {
		w.send(phone, text(s, "by number, "+phone.Number()))
		hidden := text(s, "by lid, "+phone.Number())
		hidden.Address = "lid"
		w.send(phone, hidden)
		await(s, func(e domain.MessageReceived) bool { return e.Text == hidden.Text })
	}
	s.allSettled()
	s.eventually("words are wiped", func() bool { return w.rows("whatsmeow_event_buffer WHERE plaintext IS NOT NULL") == 0 })
	at := time.Now()
	s.buffers("ada's own words", at)
	s.buffers("a picture of ada's to "+ada.Number()+"@s.whatsapp.net", at.Add(time.Minute))
	s.buffers("bola's words", at)
	s.buffers("ada's own words, said by bola later", at.Add(time.Hour))
	before := w.rows("whatsmeow_sessions")
	s.must2(w.db.DB.Exec(`DELETE FROM customer_addresses WHERE address_hmac = $1`, w.hide(s.id, ada.LID()+"@lid"))) // only the map knows whose it is

	s.erases(ada, commands.Said{At: at, Text: "ada's own words"})
	for rows, want := range map[string]int{
		"whatsmeow_sessions": before / 2,
		"whatsmeow_identity_keys WHERE their_id LIKE '" + ada.LID() + "%'": 0,
		"session_lids WHERE pn = '" + ada.Number() + "'":                   0, "session_lids WHERE pn = '" + bola.Number() + "'": 1,
		"whatsmeow_event_buffer WHERE plaintext IS NOT NULL": 2,
	} {
		if n := w.rows(rows); n != want {
			t.Errorf("%d rows of %s, not %d", n, rows, want)
		}
	}
	w.send(ada, text(s, "it's me again"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "it's me again" })
	w.send(bola, text(s, "and me"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "and me" })
}

// TestWhatAReplyOnItsWayStoresIsSwept has a session stored again after its person was erased.
func TestWhatAReplyOnItsWayStoresIsSwept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	ada := w.customer()
	w.send(ada, text(s, "hello"))
	await(s, func(e domain.MessageReceived) bool { return e.Text == "hello" })
	s.allSettled()
	number := ada.Number() + "@s.whatsapp.net"
	leave := func() {
		s.must2(w.db.DB.Exec(`DELETE FROM customer_addresses`))
		s.must2(w.wa.Exec(`INSERT INTO whatsmeow_sessions (our_jid, their_id, session) SELECT jid, $1, 'x' FROM wa_links`, ada.Number()+":7"))
	}
	passes := func(d time.Duration) {
		s.must2(w.wa.Exec(`UPDATE erased_addresses SET erased_at = erased_at - make_interval(secs => $1)`, d.Seconds()))
		w.must(w.pool.Tidy(t.Context()))
	}
	stored := func() int { return w.rows("whatsmeow_sessions WHERE their_id LIKE '" + ada.Number() + "%'") }

	s.erases(ada)
	leave()
	if passes(time.Minute); stored() != 1 || w.rows("erased_addresses") != 1 {
		t.Error("swept while replies may still be on their way")
	}
	if passes(time.Hour); stored() != 0 || w.rows("erased_addresses") != 0 {
		t.Errorf("%d sessions are left, and it is remembered %d times whose", stored(), w.rows("erased_addresses"))
	}

	s.erases(ada)
	leave()
	s.must2(w.db.DB.Exec(`
		INSERT INTO customer_addresses (workspace_id, address_hmac, customer_id) VALUES ($1, $2, $3)`, string(s.id), w.hide(s.id, number), uuid.NewString()))
	if passes(time.Hour); stored() != 1 || w.rows("erased_addresses") != 0 {
		t.Error("who wrote again lost their session")
	}
}

func (s *shop) must2(_ sql.Result, err error) {
	s.t.Helper()
	s.must(err)
}
