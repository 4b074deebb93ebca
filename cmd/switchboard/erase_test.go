package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
	"switchboard.example/sandbox"
)

// What a customer leaves behind, in words that nobody else uses.
const (
	zainabsNumber = "2348050009977"
	zainabsName   = "Zainab Okonkwo-Featherstone"
	zainabAsks    = "how much is delivery to Zungeru barracks?"
	zainabWonders = "do you people carry marmalade wigs in Zungeru?"
	zainabIsTold  = "Marmalade ones come in on Friday, Zainab"
	zainabPoison  = "vermilion poison"
)

// unstorable is a log that never takes some words.
type unstorable struct {
	commands.EventStore
	words string
}

func (u unstorable) Append(ctx context.Context, r commands.AppendRequest) (int64, error) {
	for _, p := range r.Parts {
		for _, e := range p.Events {
			if m, ok := e.Event.(domain.MessageReceived); ok && m.Text == u.words {
				return 0, errors.New("these words are too much")
			}
		}
	}
	return u.EventStore.Append(ctx, r)
}

// TestAnErasedCustomerIsInNoTable has a customer leave something wherever a customer can, erases them, and looks through every table.
func TestAnErasedCustomerIsInNoTable(t *testing.T) {
	w := prepareWorld(t, "DATABASE_URL", databaseOf(t))
	w.never = zainabPoison
	w.starts()
	h := w.app.core.handler
	shared := w.phones.Behaviour()
	shared.ShareKeys = true
	w.phones.SetBehaviour(shared)
	id := w.signsUp("ada@example.com")
	zainab, err := w.phones.Phone(zainabsNumber, zainabsName)
	if err != nil {
		t.Fatal(err)
	}
	shop := w.links(id, shopNumber)
	w.saves(shop, zainabsNumber, zainabsName+" of the office", 1)
	customer := w.leavesTraces(zainab, shop, id)
	personal := []string{zainabsNumber, zainabsName, "ungeru", "armalade", "vermilion", zainab.LID()}
	before := w.dump()
	for _, table := range []string{
		"public.read_inbox", "public.read_thread", "public.read_unanswered_askers", "public.read_faqs",
		"public.auth_number_offers", "wa.session_lids", "wa.whatsmeow_sessions", "wa.whatsmeow_identity_keys", "wa.whatsmeow_lid_map",
		"wa.whatsmeow_contacts", "wa.whatsmeow_message_secrets", "wa.whatsmeow_chat_settings", "wa.whatsmeow_retry_buffer",
	} {
		if len(foundIn(before[table], personal)) == 0 {
			t.Errorf("the test proves less than it says: nothing of the customer is in %s", table)
		}
	}
	for _, table := range []string{"wa.dead_letters", "public.wa_contacts"} {
		if len(before[table]) != 1 {
			t.Errorf("the test proves less than it says: %s has %d rows", table, len(before[table]))
		}
	}
	history := w.historyUpTo(int64(len(w.events())))
	logged := int64(len(w.events()))

	order := commands.InConversation{
		Caller: commands.Caller{Actor: domain.Actor{Kind: domain.ActorMember, ID: string(w.ownerOf(id))}}, WorkspaceID: id, CustomerID: customer,
	}
	if _, err := h.EraseCustomer(w.ctx, order); err != nil {
		t.Fatal(err)
	}
	w.shows()

	t.Run("no table has their number, name or words", func(t *testing.T) {
		after := w.dump()
		for table, rows := range after {
			for _, what := range foundIn(rows, personal) {
				t.Errorf("%s has %q", table, what)
			}
		}
		for _, table := range []string{"wa.dead_letters", "public.wa_contacts"} {
			if len(after[table]) != 0 {
				t.Errorf("%s has %d rows", table, len(after[table]))
			}
		}
	})
	t.Run("the log says who ordered it, and what it said before it says byte for byte", func(t *testing.T) {
		if now := w.historyUpTo(logged); now != history {
			t.Error("the log changed")
		}
		events := w.events()
		last := events[len(events)-1]
		if _, ok := last.Event.(domain.CustomerForgotten); !ok || last.Actor != order.Actor {
			t.Errorf("it ends with %+v", last)
		}
	})
	t.Run("nothing in the log opens to them any more, nor what the business asked its own chat", func(t *testing.T) {
		for _, r := range w.events() {
			if read, err := json.Marshal(r.Event); err != nil || len(foundIn([]string{string(read)}, personal)) > 0 {
				t.Errorf("position %d still says %s %v", r.Position, read, err)
			}
		}
	})
	t.Run("the screens are what the log says", func(t *testing.T) {
		if code, out, errs := w.runs("verify"); code != 0 {
			t.Error(out, errs)
		}
	})
	t.Run("asking again changes nothing", func(t *testing.T) {
		n := len(w.events())
		if position, err := h.EraseCustomer(w.ctx, order); err != nil || position != 0 || len(w.events()) != n {
			t.Errorf("%d %v", position, err)
		}
	})
	t.Run("the business may command as before", func(t *testing.T) {
		w.says(shop, shopNumber, "!waiting")
		w.hears(shop, "Nobody is waiting")
	})
	t.Run("who writes again is somebody new", func(t *testing.T) {
		heard := len(received(zainab))
		if got := w.asks(zainab, shopNumber, "how much is delivery?", heard+1); !strings.Contains(got, "Delivery is ₦1,500.") {
			t.Errorf("answered %q", got)
		}
		if again := w.customerOf(zainab, id); again == customer {
			t.Error("they are who they were")
		}
	})
}

// leavesTraces has a customer leave something wherever a customer can, and returns who they are.
func (w *world) leavesTraces(zainab, shop *sandbox.Phone, id domain.WorkspaceID) domain.CustomerID {
	w.t.Helper()
	h := w.app.core.handler
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.says(zainab, shopNumber, zainabAsks)
	w.eventually("a decision", w.decided)
	_, err := zainab.SendMessage(w.ctx, sandbox.Outgoing{To: shopNumber, Text: zainabWonders, Address: "lid"})
	must(err)
	var asked domain.QuestionUnanswered
	w.eventually("a question nobody could answer", func() bool {
		for _, r := range w.events() {
			if e, ok := r.Event.(domain.QuestionUnanswered); ok {
				asked = e
			}
		}
		return asked.Cluster != ""
	})
	customer := w.customerOf(zainab, id)
	w.says(zainab, shopNumber, zainabPoison)
	w.eventually("a message is put aside", func() bool {
		var n int
		return w.app.core.wa.GetContext(w.ctx, &n, `SELECT count(*) FROM dead_letters`) == nil && n == 1
	})
	about := domain.About{WorkspaceID: id, CustomerID: customer}
	w.happens(domain.ConversationStream(id, customer), domain.ConversationHandedOff{About: about, Reason: domain.ReasonHuman, At: w.now()})
	w.happens(domain.WorkspaceStream(id), domain.WorkspaceAlertRaised{WorkspaceID: id, Kind: domain.AlertLoop, CustomerID: customer, At: w.now()})
	_, err = h.AlertWaiting(w.ctx, id, 1)
	must(err)
	w.says(shop, shopNumber, "!waiting")
	w.hears(shop, zainabsName)
	_, _, err = waking{h, w.app.pool}.WriteReply(w.ctx, commands.InConversation{WorkspaceID: id, CustomerID: customer}, zainabIsTold)
	must(err)
	w.hears(zainab, zainabIsTold)
	var faq domain.FAQID
	for _, r := range w.events() {
		if e, ok := r.Event.(domain.FAQAdded); ok {
			faq = e.FAQID
		}
	}
	_, err = h.AssignCluster(w.ctx, commands.Cluster{
		WorkspaceID: id, ID: asked.Cluster, Asked: []domain.LearnedWording{{CustomerID: customer, Text: zainabWonders}},
	}, faq)
	must(err)
	_, _, err = h.OfferNumber(w.ctx, commands.OfferNumber{WorkspaceID: id, Phone: zainab.Number(), Role: domain.RoleAgent})
	must(err)
	w.drains()
	// What earlier versions of the program, and of WhatsApp's library, kept.
	for _, statement := range []string{
		`INSERT INTO whatsmeow_lid_map (lid, pn) VALUES ($2, $3)`,
		`INSERT INTO whatsmeow_contacts (our_jid, their_jid, push_name) VALUES ($1, $3 || '@s.whatsapp.net', $4)`,
		`INSERT INTO whatsmeow_chat_settings (our_jid, chat_jid) VALUES ($1, $2 || '@lid')`,
		`INSERT INTO whatsmeow_message_secrets (our_jid, chat_jid, sender_jid, message_id, key) VALUES ($1, $2 || '@lid', $2 || '@lid', 'M', $4::bytea)`,
		`INSERT INTO whatsmeow_retry_buffer (our_jid, chat_jid, message_id, format, plaintext, timestamp) VALUES ($1, $3 || '@s.whatsapp.net', 'M', 'f', $4::bytea, 1)`,
	} {
		var device string
		must(w.app.core.wa.GetContext(w.ctx, &device, `SELECT jid FROM wa_links`))
		args := map[string]any{"$1": device, "$2": zainab.LID(), "$3": zainab.Number(), "$4": zainabsName}
		_, err := w.app.core.wa.ExecContext(w.ctx, statementWith(statement, args))
		must(err)
	}
	w.shows()
	return customer
}

func statementWith(statement string, args map[string]any) string {
	for name, value := range args {
		statement = strings.ReplaceAll(statement, name, "'"+value.(string)+"'")
	}
	return statement
}

// dump is every row of every table of the database, as text and with its bytes in the clear.
func (w *world) dump() map[string][]string {
	w.t.Helper()
	var tables []struct {
		Schema string `db:"nspname"`
		Table  string `db:"relname"`
	}
	db := sqlx.MustConnect("postgres", w.app.core.dsn)
	defer func() { _ = db.Close() }()
	err := db.SelectContext(w.ctx, &tables, `
		SELECT n.nspname, c.relname
		  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'`)
	if err != nil || len(tables) < 60 {
		w.t.Fatalf("%d tables: %v", len(tables), err)
	}
	all := map[string][]string{}
	for _, t := range tables {
		var rows []string
		if err := db.SelectContext(w.ctx, &rows, `SELECT to_jsonb(r)::text FROM "`+t.Schema+`"."`+t.Table+`" r`); err != nil {
			w.t.Fatal(err)
		}
		for i, row := range rows {
			rows[i] += storedBytes.ReplaceAllStringFunc(row, func(found string) string {
				plain, err := hex.DecodeString(found[2:])
				if err != nil {
					w.t.Fatal(err)
				}
				return string(plain)
			})
		}
		all[t.Schema+"."+t.Table] = rows
	}
	return all
}

var storedBytes = regexp.MustCompile(`\\x([0-9a-f]{2})+`)

// foundIn is what of these words is in a table's rows.
func foundIn(rows, words []string) []string {
	var found []string
	text := strings.Join(rows, "\n")
	for _, word := range words {
		if strings.Contains(text, word) {
			found = append(found, word)
		}
	}
	return found
}

// historyUpTo stands for every byte of the log up to a position.
func (w *world) historyUpTo(position int64) (digest string) {
	w.t.Helper()
	err := w.app.core.worker.GetContext(w.ctx, &digest, `SELECT md5(string_agg(e::text, '' ORDER BY e.position)) FROM events e WHERE e.position <= $1`, position)
	if err != nil {
		w.t.Fatal(err)
	}
	return digest
}

// TestNothingOnItsWayComesBackAfterAnErasure has a reply wait and a question open while the number is not connected.
func TestNothingOnItsWayComesBackAfterAnErasure(t *testing.T) {
	w := newWorld(t)
	h, id := w.app.core.handler, w.signsUp("ada@example.com")
	w.links(id, shopNumber)
	zainab := w.phone(zainabsNumber)
	w.asks(zainab, shopNumber, "how much is delivery?", 1)
	w.eventually("nothing is under way", func() bool { return w.decided() && !w.underWay() })
	customer := w.customerOf(zainab, id)
	if _, err := h.DisconnectWorkspace(w.ctx, commands.DisconnectWorkspace{WorkspaceID: id}); err != nil {
		t.Fatal(err)
	}
	w.eventually("disconnected", func() bool { return w.status(id) == domain.Disconnected })
	order := commands.InConversation{WorkspaceID: id, CustomerID: customer}
	if _, _, err := (waking{h, w.app.pool}).WriteReply(w.ctx, order, zainabIsTold); err != nil {
		t.Fatal(err)
	}
	if _, err := h.EraseCustomer(w.ctx, order); err != nil {
		t.Fatal(err)
	}
	w.shows()
	for _, table := range []string{"read_outbox", "read_turns"} {
		var n int
		if err := w.app.core.worker.GetContext(w.ctx, &n, `SELECT count(*) FROM `+table); err != nil || n != 0 {
			t.Errorf("%s has %d rows: %v", table, n, err)
		}
	}
	if _, _, err := h.WriteReply(w.ctx, order, "one more"); !isRefusal(err, "customer.erased") {
		t.Errorf("writing to who was erased: %v", err)
	}
	if _, err := h.ConnectWorkspace(w.ctx, commands.ConnectWorkspace{WorkspaceID: id}); err != nil {
		t.Fatal(err)
	}
	w.asks(zainab, shopNumber, "how much is delivery?", 2)
	if got := strings.Join(received(zainab), "\n"); strings.Contains(got, zainabIsTold) {
		t.Errorf("they were written to after all: %s", got)
	}
	shown, found, err := projections.ConversationOf(w.ctx, w.app.core.worker, id, customer, w.now())
	if err != nil || !found || !shown.Forgotten || shown.Name+shown.Phone+shown.LastText != "" {
		t.Errorf("the old conversation is %+v, %v, %v", shown, found, err)
	}
}

func isRefusal(err error, code string) bool {
	refusal := (*domain.Error)(nil)
	return errors.As(err, &refusal) && refusal.Code == code
}
