package whatsapp

import (
	"context"
	"encoding/hex"
	"time"

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
}

func (b guardedBuffer) belongs(hash [32]byte) string {
	return bufferSeal(b.guard.workspace, hex.EncodeToString(hash[:]))
}

// GetBufferedEvent comes first for every message, so it is also where a broken connection stops working.
func (b guardedBuffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
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
	return b.guard.do(ctx, func() error {
		return b.EventBuffer.PutBufferedEvent(ctx, hash, b.guard.box.seal(plaintext, b.belongs(hash)), at)
	})
}

// DoDecryptionTxn turns the ratchet and buffers the plaintext in one transaction, fenced by the lease's epoch. What fn
// itself fails with, on a healthy database, is a message that cannot be read; everything else keeps it unacknowledged.
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
	var unreadable error
	err = g.fenced(ctx, g.links.heldUnsynced, func(ctx context.Context) error {
		failed := fn(ctx)
		if failed == nil {
			failpoint.Reached(failpoint.BeforeDecrypted)
			return nil
		}
		if _, dead := g.db.Exec(ctx, `SELECT 1`); dead != nil && !impossible(failed) || g.usable() != nil {
			return failed // the database failed, whatever became of its error on the way
		}
		unreadable = failed
		return failed
	})
	switch {
	case err == nil:
		failpoint.Reached(failpoint.AfterDecrypted)
		return nil
	case unreadable != nil:
		return unreadable
	}
	return g.fail(err)
}

func (b guardedBuffer) ClearBufferedEventPlaintext(ctx context.Context, hash [32]byte) error {
	failpoint.Reached(failpoint.AfterRecorded)
	_, err := b.guard.db.Exec(ctx, `
		WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
		UPDATE whatsmeow_event_buffer SET plaintext = NULL
		  FROM unsynced
		 WHERE our_jid = $1 AND ciphertext_hash = $2`, b.jid, hash[:]) // left behind, it is only handled once more
	failpoint.Reached(failpoint.AfterCleared)
	return err
}

// DeleteOldBufferedHashes does nothing: every client would run it over all devices' rows. See Pool.tidy.
func (guardedBuffer) DeleteOldBufferedHashes(context.Context) error { return nil }
