package whatsapp_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/whatsmeow/store"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
	"switchboard.example/sandbox/sandboxtest"
)

// A copy of the database alone holds no key with which one could speak for a number or read what it is sent.
func TestKeysRestSealed(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	s.talks("hello", "good day")
	w.noneInTheClear(w.secretsOf(s))
	w.stopPool()
	w.startPool()
	s.awaitConnected(2)
	s.talks("still you?", "still me")
}

// What an earlier version stored in the clear is used, and sealed before the number connects.
func TestKeysStoredInTheClearAreSealedOnTheWay(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	s.talks("hello", "good day")
	secrets := w.secretsOf(s)
	device := s.pool.Device(s.id)
	w.stopPool()
	w.storeInTheClear(device, secrets)
	if n := w.inTheClear(secrets); len(n) < 100 {
		t.Fatalf("only %d secrets are in the clear", len(n))
	}
	w.startPool()
	s.awaitConnected(2)
	w.noneInTheClear(secrets)
	s.talks("still you?", "still me")
	w.noneInTheClear(w.secretsOf(s))
}

// The key is changed while numbers are connected and while they are not: the old one opens what it sealed, all of it is sealed anew,
// and then the old one is needed no more.
func TestWhatAnOldKeySealedIsSealedAnew(t *testing.T) {
	t.Parallel()
	w, s := newWorldThatSharesKeys(t)
	s.talks("hello", "good day")
	away := w.linked("2348030000002")
	away.disconnect(false)
	away.awaitReason(domain.ReasonClosedByOwner)
	id := uuid.NewString()
	_, err := w.wa.ExecContext(t.Context(), `
		INSERT INTO dead_letters (workspace_id, letter_id, kind, error, attempts, sealed) VALUES ($1, $2, 'message', 'of a test', 3, $3)`,
		s.id, id, whatsapp.SealLetter(w.config().SealKeys, id, []byte("{}")))
	w.must(err)
	w.stopPool()

	cfg := w.config()
	old := cfg.SealKeys.Newest
	cfg.SealKeys = whatsapp.SealKeys{Newest: [32]byte(key("new seal")), Old: [][32]byte{{1}, old}}
	w.startPoolWith(cfg)
	s.awaitConnected(2)
	s.talks("still you?", "still me")
	w.eventually("everything is sealed anew", func() bool { return w.metric("switchboard_old_seals") == 0 })
	w.stopPool()

	cfg = w.config()
	cfg.SealKeys.Newest = [32]byte(key("new seal"))
	w.startPoolWith(cfg)
	s.awaitConnected(3)
	s.talks("and now?", "and now")
	away.connect("", "")
	away.awaitConnected(2)
	var letter []byte
	w.must(w.wa.GetContext(t.Context(), &letter, `SELECT sealed FROM dead_letters`))
	if opened, err := whatsapp.OpenLetter(cfg.SealKeys, id, letter); err != nil || string(opened) != "{}" {
		t.Errorf("the dead letter holds %q, %v", opened, err)
	}
}

func TestAnotherSealKeyOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.linked("2348030000001")
	s.talks("hello", "good day")
	w.stopPool()
	cfg := w.config()
	cfg.SealKeys.Newest[0]++
	w.startPoolWith(cfg)
	s.awaitReason(domain.ReasonStorage)
	if c := s.connection(); !c.Linked {
		t.Error("the link was given up")
	}
	if n := w.metric("switchboard_handler_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
	w.stopPool()
	w.startPool()
	s.awaitConnected(2)
	s.talks("still you?", "still me")
}

// newWorldThatSharesKeys has a shop whose phone shared the key of the account's settings.
func newWorldThatSharesKeys(t *testing.T) (*world, *shop) {
	t.Helper()
	server := sandboxtest.New(t)
	b := server.Behaviour()
	b.ShareKeys = true
	server.SetBehaviour(b)
	w := newWorldWith(t, server)
	s := w.linked("2348030000001")
	w.eventually("the phone shared its key", func() bool { return w.rows("whatsmeow_app_state_sync_keys") > 0 })
	return w, s
}

// talks lets a customer write, and the shop answer.
func (s *shop) talks(question, answer string) {
	s.t.Helper()
	c, err := s.server.Phone("2348030000099", "Customer 99") // made at the first time
	s.must(err)
	s.send(c, text(s, question))
	got := await(s, func(e domain.MessageReceived) bool { return e.Text == question })
	s.reply(got, answer)
	s.reads(c, answer)
	s.allSettled()
}

// secrets are keys by what they are.
type secrets map[string][]byte

// secretsOf collects what the connected device holds, through the stores the library uses.
func (w *world) secretsOf(s *shop) secrets {
	w.t.Helper()
	d, ctx, found := s.pool.Device(s.id), w.t.Context(), secrets{}
	found["noise key"], found["identity key"] = d.NoiseKey.Priv[:], d.IdentityKey.Priv[:]
	found["signed prekey"], found["adv secret"] = d.SignedPreKey.Priv[:], d.AdvSecretKey
	var ids []uint32
	w.must(w.wa.SelectContext(ctx, &ids, `SELECT key_id FROM whatsmeow_pre_keys`))
	for _, id := range ids {
		key, err := d.PreKeys.GetPreKey(ctx, id)
		w.must(err)
		found[fmt.Sprint("prekey ", id)] = key.Priv[:]
	}
	var addresses []string
	w.must(w.wa.SelectContext(ctx, &addresses, `SELECT their_id FROM whatsmeow_sessions`))
	for _, address := range addresses {
		turn, end := s.pool.Turns(ctx, s.id)
		raw, err := d.Sessions.GetSession(turn, address)
		end()
		w.must(err)
		session, err := record.NewSessionFromBytes(raw, store.SignalProtobufSerializer.Session, store.SignalProtobufSerializer.State)
		w.must(err)
		private := session.SessionState().SenderRatchetKeyPair().PrivateKey().Serialize()
		found["root key with "+address] = session.SessionState().RootKey().Bytes()
		found["chain key with "+address] = session.SessionState().SenderChainKey().Key()
		found["ratchet key with "+address] = private[:]
		found["session with "+address] = raw
	}
	shared, err := d.AppStateKeys.GetAllAppStateSyncKeys(ctx)
	w.must(err)
	for i, key := range shared {
		found[fmt.Sprint("app state key ", i)] = key.Data
	}
	return found
}

// inTheClear lists the secrets that are found anywhere in the tables.
func (w *world) inTheClear(all secrets) []string {
	w.t.Helper()
	var tables []string
	w.must(w.wa.SelectContext(w.t.Context(), &tables, `
		SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'wa' OR tablename LIKE 'wa\_%'`))
	var dump strings.Builder
	for _, table := range tables {
		var rows []string
		w.must(w.db.DB.SelectContext(w.t.Context(), &rows, `SELECT t::text FROM `+table+` AS t`))
		dump.WriteString(strings.Join(rows, "\n"))
	}
	var found []string
	for name, secret := range all {
		if len(secret) < 16 {
			w.t.Fatalf("%s is %x", name, secret)
		}
		if strings.Contains(dump.String(), hex.EncodeToString(secret)) {
			found = append(found, name)
		}
	}
	return found
}

func (w *world) noneInTheClear(all secrets) {
	w.t.Helper()
	for _, kind := range []string{"noise key", "prekey 1", "root key with ", "app state key 0"} {
		if !all.has(kind) {
			w.t.Errorf("no %s was looked for", kind)
		}
	}
	for _, name := range w.inTheClear(all) {
		w.t.Errorf("the %s is in the clear", name)
	}
}

func (s secrets) has(kind string) bool {
	for name := range s {
		if strings.HasPrefix(name, kind) {
			return true
		}
	}
	return false
}

// storeInTheClear leaves the tables as a version without seals did.
func (w *world) storeInTheClear(d *store.Device, all secrets) {
	w.t.Helper()
	run := func(statement string, args ...any) {
		w.t.Helper()
		_, err := w.wa.ExecContext(w.t.Context(), statement, args...)
		w.must(err)
	}
	run(`UPDATE whatsmeow_device SET noise_key = $1, identity_key = $2, signed_pre_key = $3, adv_key = $4`,
		d.NoiseKey.Priv[:], d.IdentityKey.Priv[:], d.SignedPreKey.Priv[:], d.AdvSecretKey)
	for name, secret := range all {
		if id, is := strings.CutPrefix(name, "prekey "); is {
			run(`UPDATE whatsmeow_pre_keys SET key = $1 WHERE key_id = $2`, secret, id)
		}
		if address, is := strings.CutPrefix(name, "session with "); is {
			run(`UPDATE whatsmeow_sessions SET session = $1 WHERE their_id = $2`, secret, address)
		}
		if strings.HasPrefix(name, "app state key ") {
			run(`UPDATE whatsmeow_app_state_sync_keys SET key_data = $1`, secret)
		}
	}
}
