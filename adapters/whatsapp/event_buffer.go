package whatsapp

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/adapters/whatsapp/failpoint"
)

// guardedBuffer keeps decrypted messages until they are handled. A message is decrypted once in its life: if the process
// dies before the log has it, this is where it is found again.
type guardedBuffer struct {
	store.EventBuffer
	guard *guard
	jid   types.JID
	wiper *wiper

	identities *knownIdentities
	sessions   knownSessions
}

func (b guardedBuffer) belongs(hash [32]byte) string {
	return bufferSeal(b.guard.workspace, hex.EncodeToString(hash[:]))
}

// GetBufferedEvent comes first for every message, so it is also where a broken connection stops working. Words of a message that
// WhatsApp sends for the first time cannot be here, so that is believed until its decryption fails.
func (b guardedBuffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	if a := arrivalOf(ctx); a != nil && !b.guard.ratchet.doubted.Load() {
		a.believed, a.hash = true, hash
		return nil, b.guard.usable()
	}
	return b.look(ctx, hash)
}

func (b guardedBuffer) look(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	found, err := fetch(ctx, b.guard, func() (*store.BufferedEvent, error) { return b.EventBuffer.GetBufferedEvent(ctx, hash) })
	if err != nil || found == nil {
		return found, err
	}
	// the library confirms what is here already without another look at the tables, and only the owner may confirm
	if err := b.guard.links.held(ctx, b.guard.workspace, b.guard.epoch); err != nil {
		return nil, b.guard.fail(err)
	}
	if found.Plaintext == nil {
		return found, nil
	}
	if found.Plaintext, err = b.guard.box.open(found.Plaintext, b.belongs(hash)); err != nil {
		return nil, b.guard.fail(err)
	}
	return found, nil
}

func (b guardedBuffer) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	sealed := b.guard.box.seal(plaintext, b.belongs(hash))
	if d := decryptionOf(ctx); d != nil {
		d.hash, d.plaintext, d.at = hash, sealed, at
		return nil
	}
	return b.guard.do(ctx, func() error { return b.EventBuffer.PutBufferedEvent(ctx, hash, sealed, at) })
}

// DoDecryptionTxn turns the ratchet and buffers the plaintext by one statement, fenced by the lease's epoch. What fn itself
// fails with, on a healthy database, is a message that cannot be read; everything else keeps it unacknowledged.
//
// It does not wait for the disk. What comes after it in the log, the message itself, does, and makes both durable before
// WhatsApp is told. Where nothing follows (a message the log has already, or one that is nobody's business), a crash of the
// database server can take the ratchet back by that message: the next one is read all the same, as over a lost one.
func (b guardedBuffer) DoDecryptionTxn(ctx context.Context, fn func(context.Context) error) error {
	g := b.guard
	started := g.now()
	ctx, release, err := g.ratchet.hold(ctx)
	if err != nil {
		return g.fail(err)
	}
	defer release()
	g.metrics.ratchetWait.Observe(g.now().Sub(started).Seconds())
	if err := g.usable(); err != nil {
		return err
	}
	d, at := g.decryption(b.jid), b.sessions.at()
	if failed := fn(d.within(ctx)); failed != nil {
		if g.usable() != nil {
			return g.fail(failed) // the database failed, whatever became of its error on the way
		}
		return b.unread(ctx, failed)
	}
	failpoint.Reached(failpoint.BeforeDecrypted)
	switch err := d.store(ctx); {
	case err == nil:
	case impossible(err):
		return err
	default:
		g.ratchet.doubted.Store(true) // perhaps its words were here
		return g.fail(err)
	}
	for address, key := range d.identities {
		b.identities.learn(address, key)
	}
	for address, record := range d.sessions {
		b.sessions.put(at, address, record)
	}
	failpoint.Reached(failpoint.AfterDecrypted)
	return nil
}

// unread is for a message that could not be read. Was it here before after all, it is either in the log, or comes again over the
// next connection and is looked for then.
func (b guardedBuffer) unread(ctx context.Context, failed error) error {
	a := arrivalOf(ctx)
	if a == nil || !a.believed {
		return failed
	}
	found, err := b.look(ctx, a.hash)
	switch {
	case err != nil:
		return err
	case found == nil:
		return failed
	case found.Plaintext == nil || b.wiper.waits(b.jid, a.hash):
		return fmt.Errorf("%w at %s", whatsmeow.ErrEventAlreadyProcessed, found.InsertTime)
	}
	b.guard.ratchet.doubted.Store(true)
	return b.guard.fail(errHereAlready)
}

// errHereAlready ends a connection over which a message came a second time as if it were the first, and its words wait here.
var errHereAlready = errors.New("a message came again without being marked as one that waited")

// arrival is one stanza that WhatsApp sends for the first time, by its own word: what waited for us bears a mark.
type arrival struct {
	believed bool // nobody looked whether its words are here
	hash     [32]byte
}

type arriving struct{}

// arrives says in the context of a stanza that it comes for the first time, unless it is marked.
func arrives(ctx context.Context, node *waBinary.Node) context.Context {
	if _, waited := node.Attrs["offline"]; waited {
		return ctx
	}
	return context.WithValue(ctx, arriving{}, &arrival{})
}

// arrivalOf is the arrival that a store is called in, or nil.
func arrivalOf(ctx context.Context) *arrival {
	a, _ := ctx.Value(arriving{}).(*arrival)
	return a
}

// ClearBufferedEventPlaintext is for a message that the log has. Its words are wiped a moment later, together with others':
// what a crash leaves behind is only handled once more.
func (b guardedBuffer) ClearBufferedEventPlaintext(_ context.Context, hash [32]byte) error {
	failpoint.Reached(failpoint.AfterRecorded)
	b.wiper.add(b.jid, hash)
	failpoint.Reached(failpoint.AfterCleared)
	return nil
}

// DeleteOldBufferedHashes does nothing: every client would run it over all devices' rows. See Pool.tidy.
func (guardedBuffer) DeleteOldBufferedHashes(context.Context) error { return nil }

// wiper wipes the words of buffered messages that are in the log, those of all sessions together.
type wiper struct {
	db  *dbutil.Database
	log *slog.Logger

	mu     sync.Mutex
	jids   []string
	hashes pq.ByteaArray
}

const (
	wipeEvery  = time.Second
	wipeWithin = 5 * time.Second
)

func (x *wiper) add(jid types.JID, hash [32]byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.jids, x.hashes = append(x.jids, jid.String()), append(x.hashes, hash[:])
}

// waits says whether a message's words, which the log has, are about to be wiped.
func (x *wiper) waits(jid types.JID, hash [32]byte) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, h := range x.hashes {
		if x.jids[i] == jid.String() && bytes.Equal(h, hash[:]) {
			return true
		}
	}
	return false
}

// run wipes now and then until ctx ends.
func (x *wiper) run(ctx context.Context) {
	tick := time.NewTicker(wipeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			x.wipe(ctx)
		}
	}
}

// wipe wipes what was added so far, also when ctx has ended.
func (x *wiper) wipe(ctx context.Context) {
	x.mu.Lock()
	jids, hashes := x.jids, x.hashes
	x.mu.Unlock()
	if len(jids) == 0 {
		return
	}
	defer x.forget(len(jids))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wipeWithin)
	defer cancel()
	_, err := x.db.Exec(ctx, `
		WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
		UPDATE whatsmeow_event_buffer AS b SET plaintext = NULL
		  FROM unsynced, unnest($1::text[], $2::bytea[]) AS done (jid, hash)
		 WHERE b.our_jid = done.jid AND b.ciphertext_hash = done.hash`, pq.Array(jids), hashes)
	if err != nil {
		x.log.WarnContext(ctx, "words of messages were not wiped and stay, sealed, until they are old", "error", err)
	}
}

// forget drops the first n, whose wiping was tried.
func (x *wiper) forget(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.jids, x.hashes = slices.Clone(x.jids[n:]), slices.Clone(x.hashes[n:])
}
