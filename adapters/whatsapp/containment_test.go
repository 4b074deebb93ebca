package whatsapp_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/domain"
	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// The library has one map of LIDs for all devices, in memory and in a table. Each workspace has its own instead: none learns whom
// another one's customers are.
func TestNoWorkspaceLearnsAnotherOnesLIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.linked("2348030000001"), w.linked("2348030000002")
	first.talks("hello", "good day")
	second.allSettled()
	pn, lid := types.NewJID("2348030000077", types.DefaultUserServer), types.NewJID("77000000000077", types.HiddenUserServer)
	ours, theirs := w.pool.Device(first.id), w.pool.Device(second.id)
	w.must(ours.LIDs.PutLIDMapping(t.Context(), lid, pn))
	if known, err := ours.LIDs.GetPNForLID(t.Context(), lid); err != nil || known != pn {
		t.Errorf("its own workspace finds %s, %v", known, err)
	}
	if known, err := theirs.LIDs.GetPNForLID(t.Context(), lid); err != nil || !known.IsEmpty() {
		t.Errorf("the other one finds %s, %v", known, err)
	}
	if known, err := theirs.LIDs.GetLIDForPN(t.Context(), pn); err != nil || !known.IsEmpty() {
		t.Errorf("the other one finds %s, %v", known, err)
	}
	if n := w.rows("whatsmeow_lid_map"); n != 0 {
		t.Errorf("%d mappings are in the table that all share", n)
	}
}

// Each of the library's clients would remove old rows of all devices at its first message. One job does, for all processes, and
// leaves what may still be asked for.
func TestOldRowsAreRemovedByOneJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	const day = 24 * time.Hour
	put := func(age time.Duration, mark byte) {
		t.Helper()
		at := time.Now().Add(-age)
		_, err := w.wa.ExecContext(t.Context(), `
			INSERT INTO whatsmeow_event_buffer (our_jid, ciphertext_hash, server_timestamp, insert_timestamp)
			SELECT jid, $1, $2, $3 FROM whatsmeow_device`, append(make([]byte, 31), mark), at.Unix(), at.UnixMilli())
		w.must(err)
	}
	put(15*day, 1)
	put(13*day, 2)
	before := w.rows("whatsmeow_event_buffer")

	w.must(w.pool.Device(s.id).EventBuffer.DeleteOldBufferedHashes(t.Context()))
	if n := w.rows("whatsmeow_event_buffer"); n != before {
		t.Errorf("a client removed %d rows", before-n)
	}

	busy, err := w.wa.Conn(t.Context()) // another process is at it
	w.must(err)
	_, err = busy.ExecContext(t.Context(), `SELECT pg_advisory_lock(x'5342574154494459'::bigint)`)
	w.must(err)
	w.must(w.pool.Tidy(t.Context()))
	if n := w.rows("whatsmeow_event_buffer"); n != before {
		t.Error("two processes remove at the same time")
	}
	_, err = busy.ExecContext(t.Context(), `SELECT pg_advisory_unlock_all()`)
	w.must(err)
	w.must(busy.Close())

	w.must(w.pool.Tidy(t.Context()))
	if n := w.rows("whatsmeow_event_buffer"); n != before-1 {
		t.Errorf("%d rows are left of %d", n, before)
	}
}

// A phone sends years of chats to a newly linked device. They are not fetched, and none of them is a new message.
func TestHistoryIsLeftWhereItIs(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	w := newWorldWith(t, server)
	s := w.newShop("2348030000001")
	for i := range 20 {
		w.send(s.phone, sandbox.Outgoing{To: w.somebody(i).Number(), Text: "long ago"})
	}
	s.connect("", "")
	s.scan(s.phone)
	s.awaitConnected(1)
	for _, how := range []string{sandbox.HistoryBlob, sandbox.HistoryInline} {
		w.must(s.phone.SendHistory(t.Context(), how))
	}
	s.talks("hello", "good day") // what came before that is handled
	if n := server.Stats().Counters["mediaFetched"]; n != 0 {
		t.Errorf("%d files were fetched", n)
	}
	if n := count[domain.MessageReceived](s) + count[domain.OwnerReplied](s); n != 1 {
		t.Errorf("%d messages are in the log", n)
	}
}

// What the library keeps in variables of the process is set once, before the first client.
func TestPhonesAreAskedForLittleHistory(t *testing.T) {
	t.Parallel()
	newWorld(t)
	if sqlstore.PostgresArrayWrapper == nil {
		t.Error("a list of addresses goes to the database one parameter each")
	}
	h := store.DeviceProps.GetHistorySyncConfig()
	if h.GetFullSyncDaysLimit() != 1 || h.GetRecentSyncDaysLimit() != 1 || h.GetStorageQuotaMb() != 1 || store.DeviceProps.GetRequireFullSync() {
		t.Errorf("asked for is %v", h)
	}
}

func (w *world) somebody(i int) *sandbox.Phone {
	w.t.Helper()
	phone, err := w.server.Phone(fmt.Sprint(2348030000100+i), fmt.Sprint("Customer ", i))
	w.must(err)
	return phone
}

// At its finest level the library prints whole stanzas, and the secret of every code.
func TestTheLibrarysFinestLinesAreWrittenNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	lines := &lines{}
	cfg := w.config()
	cfg.Log = slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.startPoolWith(cfg)
	s := w.newShop("2348030000001")
	s.connect("", "")
	code := s.code()
	s.scan(s.phone)
	s.awaitConnected(1)
	s.talks("how much is the red one?", "ten thousand")
	w.stopPool()
	said := lines.String()
	if !strings.Contains(said, "whatsapp library") {
		t.Fatal("the library said nothing at all")
	}
	for what, secret := range map[string]string{
		"a stanza": "<message from", "an answer": "<iq from", "a number": "2348030000", "a customer's words": "the red one", "our words": "ten thousand",
	} {
		if strings.Contains(said, secret) {
			t.Errorf("%s was written", what)
		}
	}
	for part := range strings.SplitSeq(code.QR, ",") { // its reference, two keys, the secret, and what we are
		if len(part) > 20 && strings.Contains(said, part) {
			t.Error("a code was written")
		}
	}
}

type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Whatever was stored for a number goes with its link, from tables that hang on the device and from those that do not.
func TestNothingOfAnUnlinkedNumberIsLeft(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	s.talks("hello", "good day")
	w.must(w.pool.Device(s.id).LIDs.PutLIDMapping(t.Context(),
		types.NewJID("77000000000077", types.HiddenUserServer), types.NewJID("2348030000077", types.DefaultUserServer)))
	var tables []string
	w.must(w.wa.SelectContext(t.Context(), &tables, `
		SELECT table_name FROM information_schema.tables
		 WHERE (table_schema = 'wa' OR table_name LIKE 'wa\_%') AND table_name <> 'whatsmeow_version' ORDER BY 1`))
	if filled := w.filled(tables); len(filled) < 6 {
		t.Fatalf("only %v have rows", filled)
	}
	s.disconnect(true)
	w.eventually("its link is gone", func() bool { return w.rows("wa_links") == 0 })
	if left := w.filled(tables); len(left) > 0 {
		t.Errorf("rows are left in %v", left)
	}
}

func (w *world) filled(tables []string) (filled []string) {
	w.t.Helper()
	for _, table := range tables {
		if w.rows(table) > 0 {
			filled = append(filled, table)
		}
	}
	return filled
}

// The library takes a peer for moved to its LID before the tables have moved it, and never looks again. So a move that fails ends
// the connection, and with it the client that remembers.
func TestAMoveToALIDThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	device := w.pool.Device(s.id)
	pn, lid := types.NewJID("2348030000077", types.DefaultUserServer), types.NewJID("77000000000077", types.HiddenUserServer)
	_, err := w.wa.ExecContext(t.Context(), `
		INSERT INTO whatsmeow_sessions (our_jid, their_id, session) SELECT jid, '2348030000077:0', 'a session' FROM whatsmeow_device`)
	w.must(err)
	w.db.DB.MustExec(`
		CREATE FUNCTION no_move() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER no_move BEFORE INSERT OR UPDATE OR DELETE ON wa.whatsmeow_sessions FOR EACH ROW EXECUTE FUNCTION no_move()`)
	if err := device.Sessions.MigratePNToLID(t.Context(), pn, lid); err == nil {
		t.Fatal("it was moved")
	}
	w.db.DB.MustExec(`DROP TRIGGER no_move ON wa.whatsmeow_sessions`)
	s.awaitConnected(2)
	if again := w.pool.Device(s.id); again == device {
		t.Fatal("the client that remembers goes on")
	}
	w.must(w.pool.Device(s.id).Sessions.MigratePNToLID(t.Context(), pn, lid))
	if n := w.rows("whatsmeow_sessions WHERE their_id LIKE '77000000000077%'"); n != 1 {
		t.Errorf("%d sessions are the LID's", n)
	}
}

// The library would make and store them one by one.
func TestOneTimeKeysAreStoredTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.allSettled()
	w.db.DB.MustExec(`
		CREATE TABLE wa.inserts (n int); GRANT INSERT ON wa.inserts TO sb_wa;
		CREATE FUNCTION wa.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO wa.inserts VALUES (1); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT ON wa.whatsmeow_pre_keys FOR EACH STATEMENT EXECUTE FUNCTION wa.note()`)
	made, err := w.pool.Device(s.id).PreKeys.GetOrGenPreKeys(t.Context(), 812)
	if err != nil || len(made) != 812 {
		t.Fatalf("%d keys, %v", len(made), err)
	}
	var statements int
	w.must(w.db.DB.GetContext(t.Context(), &statements, `SELECT count(*) FROM wa.inserts`))
	if statements != 1 {
		t.Errorf("%d statements stored them", statements)
	}
}
