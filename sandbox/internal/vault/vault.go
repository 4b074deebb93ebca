package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrClosed is returned to those who still wait for a change when the vault closes.
var ErrClosed = errors.New("the vault is closed")

// Ticket names a submitted batch; the batch is on disk once Wait(ticket) returns nil.
type Ticket uint64

// Vault is one bbolt file behind a single writer that commits everything submitted
// since its last commit in one transaction: callers go on working on memory and wait
// (Wait) only before telling the world.
type Vault struct {
	db      *bolt.DB
	wake    chan struct{}
	stopped chan struct{}

	mu        sync.Mutex
	pending   []operation
	submitted Ticket
	durable   Ticket
	progress  chan struct{} // closed and replaced at every commit
	failure   error
	closing   bool
	lingering bool // a wake-up for what lingers is on its way
}

type operation struct {
	bucket string
	key    []byte
	value  []byte
	delete bool
}

// Open opens or creates the file with the given buckets. With noSync the file survives
// the end of the process but not of the machine.
func Open(path string, noSync bool, buckets ...string) (*Vault, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: 5 * time.Second, NoSync: noSync, NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("another program is using %s: stop it first, or use another folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("create bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	v := &Vault{
		db: db, progress: make(chan struct{}),
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	go v.write()
	return v, nil
}

// Batch collects changes that become durable together.
type Batch struct{ operations []operation }

// Put sets a key. The value must not be changed afterwards.
func (b *Batch) Put(bucket, key string, value []byte) {
	b.operations = append(b.operations, operation{bucket: bucket, key: []byte(key), value: value})
}

// Delete removes a key, present or not.
func (b *Batch) Delete(bucket, key string) {
	b.operations = append(b.operations, operation{bucket: bucket, key: []byte(key), delete: true})
}

// Submit hands the batch to the writer and returns at once. Batches are applied in the
// order of their submission. An empty batch gives the ticket of all that came before.
func (v *Vault) Submit(b *Batch) Ticket {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(b.operations) == 0 {
		return v.submitted
	}
	v.pending = append(v.pending, b.operations...)
	v.submitted++
	v.rouse()
	return v.submitted
}

// lingerFor bounds how long what nobody waits for stays in memory.
const lingerFor = 25 * time.Millisecond

// Linger is Submit for what nobody waits for: it goes to disk with the next batch, in
// order, or a moment later by itself.
func (v *Vault) Linger(b *Batch) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.failure != nil || len(b.operations) == 0 {
		return
	}
	v.pending = append(v.pending, b.operations...)
	if !v.lingering {
		v.lingering = true
		time.AfterFunc(lingerFor, func() { v.Flush() })
	}
}

// Flush starts writing what lingers. Its ticket is that of everything handed in so far.
func (v *Vault) Flush() Ticket {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.pending) > 0 {
		v.submitted++
		v.rouse()
	}
	return v.submitted
}

// rouse wakes the writer. Callers hold v.mu.
func (v *Vault) rouse() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// Wait returns nil when the batch of this ticket is on disk.
func (v *Vault) Wait(ctx context.Context, t Ticket) error {
	for {
		v.mu.Lock()
		done, failure, progress := v.durable >= t, v.failure, v.progress
		v.mu.Unlock()
		switch {
		case done:
			return nil
		case failure != nil:
			return failure
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Each calls visit for every pair of a bucket in key order. The value is a copy.
func (v *Vault) Each(bucket string, visit func(key string, value []byte) error) error {
	return v.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucket)).ForEach(func(key, value []byte) error {
			return visit(string(key), append([]byte(nil), value...))
		})
	})
}

// Get returns a copy of the durable value, or nil.
func (v *Vault) Get(bucket, key string) (value []byte, err error) {
	err = v.db.View(func(tx *bolt.Tx) error {
		if found := tx.Bucket([]byte(bucket)).Get([]byte(key)); found != nil {
			value = append([]byte{}, found...)
		}
		return nil
	})
	return value, err
}

// Close commits what was submitted and closes the file.
func (v *Vault) Close() error {
	v.mu.Lock()
	already := v.closing
	v.closing = true
	v.rouse()
	v.mu.Unlock()
	if already {
		<-v.stopped
		return nil
	}
	<-v.stopped
	if err := v.db.Close(); err != nil {
		return fmt.Errorf("close the vault: %w", err)
	}
	return nil
}

func (v *Vault) write() {
	defer close(v.stopped)
	for range v.wake {
		operations, upTo, closing := v.take()
		err := v.commit(operations)
		if err == nil && closing {
			err = ErrClosed // whoever submits from now on is told
		}
		v.announce(upTo, err)
		if err != nil {
			return
		}
	}
}

func (v *Vault) take() ([]operation, Ticket, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	operations := v.pending
	v.pending, v.lingering = nil, false
	if len(operations) > 0 {
		v.submitted++ // what lingered has no ticket of its own, and Flush must not give one that is past
	}
	return operations, v.submitted, v.closing
}

func (v *Vault) announce(upTo Ticket, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil || errors.Is(err, ErrClosed) {
		v.durable = upTo
	}
	v.failure = err
	close(v.progress)
	v.progress = make(chan struct{})
}

func (v *Vault) commit(operations []operation) error {
	if len(operations) == 0 {
		return nil
	}
	err := v.db.Update(func(tx *bolt.Tx) error {
		for _, o := range operations {
			if err := apply(tx.Bucket([]byte(o.bucket)), o); err != nil {
				return fmt.Errorf("write %s: %w", o.bucket, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("commit to the vault: %w", err)
	}
	return nil
}

func apply(bucket *bolt.Bucket, o operation) error {
	if o.delete {
		return bucket.Delete(o.key)
	}
	return bucket.Put(o.key, o.value)
}
