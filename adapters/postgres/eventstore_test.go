package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/commands/storetest"
	"switchboard.example/domain"
)

func TestEventStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store {
		t.Helper()
		return newWorld(t).store
	})
}

func TestAppendIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(workspace)
	r := request(stream, 0, renamed(workspace, "one"))

	t.Run("a rollback burns no position", func(t *testing.T) {
		for range 3 {
			inTx(t, w.worker, func(ctx context.Context, tx *sqlx.Tx) bool {
				if position, err := w.store.AppendIn(ctx, tx, r); err != nil || position != 1 {
					t.Fatalf("position %d, %v", position, err)
				}
				return false
			})
		}
		if head, err := w.store.Head(t.Context()); err != nil || head != 0 {
			t.Fatalf("head %d, %v", head, err)
		}
	})
	t.Run("nobody sees it before the commit, and everybody after", func(t *testing.T) {
		inTx(t, w.worker, func(ctx context.Context, tx *sqlx.Tx) bool {
			if _, err := w.store.AppendIn(ctx, tx, r); err != nil {
				t.Fatal(err)
			}
			if page, err := w.store.Page(ctx, 0, 10); err != nil || len(page) != 0 {
				t.Fatalf("before the commit: %v, %v", page, err)
			}
			return true
		})
		if page, err := w.store.Page(t.Context(), 0, 10); err != nil || len(page) != 1 || page[0].Position != 1 {
			t.Fatalf("after the commit: %v, %v", page, err)
		}
	})
	t.Run("refusals reach the caller", func(t *testing.T) {
		inTx(t, w.worker, func(ctx context.Context, tx *sqlx.Tx) bool {
			if _, err := w.store.AppendIn(ctx, tx, request(stream, 0, renamed(workspace, "late"))); !errors.Is(err, commands.ErrConflict) {
				t.Fatalf("error %v", err)
			}
			return false
		})
	})
	t.Run("the next append follows without a gap", func(t *testing.T) {
		if position := mustAppend(t, w.store, request(stream, 1, renamed(workspace, "two"))); position != 2 {
			t.Fatalf("position %d", position)
		}
	})
}

func TestValuesTheServerRefusesFailOnlyTheirRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			name, bad := "fine", i%4 == 0
			if bad {
				name = "a zero byte: \x00" // JSON allows it, jsonb does not
			}
			stream := domain.FAQStream(workspace, newID[domain.FAQID]())
			_, err := w.store.Append(t.Context(), request(stream, 0, renamed(workspace, name)))
			if (err != nil) != bad {
				t.Errorf("bad: %v, error: %v", bad, err)
			}
		})
	}
	all.Wait()
	if head, err := w.store.Head(t.Context()); err != nil || head != 30 {
		t.Fatalf("head %d, %v", head, err)
	}
}

func TestAnEventThisProgramDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(workspace)
	mustAppend(t, w.store, request(stream, 0, domain.NewEvent{
		ID: newID[domain.EventID](), OccurredAt: testTime, Event: fromTheFuture{},
	}))
	page, err := w.store.Page(t.Context(), 0, 10)
	if err != nil || len(page) != 1 {
		t.Fatalf("%v, %v", page, err)
	}
	if bad, ok := page[0].Event.(postgres.Undecodable); !ok || bad.Err == nil || bad.EventType() != "workspace.teleported" {
		t.Errorf("a page carries %#v", page[0].Event)
	}
	if _, err := w.store.Load(t.Context(), stream, 0); err == nil {
		t.Error("a stream with it was loaded, and something could be decided on it")
	}
}

type fromTheFuture struct{}

func (fromTheFuture) EventType() string { return "workspace.teleported" }

func TestReadersAreWoken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newStore(t, w.worker, w.keys, w.DSN) // stands for another process
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	own := w.store.Committed(ctx)
	far, err := other.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	workspace := newID[domain.WorkspaceID]()
	stream := domain.WorkspaceStream(workspace)
	mustAppend(t, w.store, request(stream, 0, renamed(workspace, "one")))
	receives(t, own)
	receives(t, far)
	inTx(t, w.worker, func(ctx context.Context, tx *sqlx.Tx) bool {
		_, err := w.store.AppendIn(ctx, tx, request(stream, 1, renamed(workspace, "two")))
		return err == nil
	})
	receives(t, far)
	w.store.Wake()
	receives(t, own)
	cancel()
	if _, open := <-far; open {
		if _, open = <-far; open {
			t.Error("the channel stays open after the context ended")
		}
	}
}

func TestTheLogKeepsNothingPersonalInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace, customer := newID[domain.WorkspaceID](), newID[domain.CustomerID]()
	mustAppend(t, w.store, request(domain.ConversationStream(workspace, customer), 0, received(workspace, customer, "my secret wish")))
	var dump string
	err := w.DB.Get(&dump, `SELECT string_agg(e::text || encode(coalesce(sealed, ''), 'escape'), ' ') FROM events e`)
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"secret wish", "2348030000001"} {
		if strings.Contains(dump, planted) {
			t.Errorf("%q is readable in the table", planted)
		}
	}
	var sealed int
	if err := w.DB.Get(&sealed, `SELECT count(*) FROM events WHERE sealed IS NOT NULL AND key_id IS NOT NULL`); err != nil || sealed != 1 {
		t.Errorf("%d sealed events, %v", sealed, err)
	}
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace, customer, other := newID[domain.WorkspaceID](), newID[domain.CustomerID](), newID[domain.CustomerID]()
	stream := domain.ConversationStream(workspace, customer)
	mustAppend(t, w.store, request(stream, 0, received(workspace, customer, "hello")))
	mustAppend(t, w.store, request(domain.ConversationStream(workspace, other), 0, received(workspace, other, "still here")))
	if err := w.keys.Forget(t.Context(), workspace, customer); err != nil {
		t.Fatal(err)
	}
	cold := newStore(t, w.worker, newKeys(t, w.worker), "")
	for name, store := range map[string]*postgres.EventStore{"with a warm cache": w.store, "in another process": cold} {
		t.Run(name+" the words are gone and the fact stays", func(t *testing.T) {
			page, err := store.Page(t.Context(), 0, 10)
			if err != nil || len(page) != 2 {
				t.Fatalf("%v, %v", page, err)
			}
			gone := page[0].Event.(domain.MessageReceived)
			if !page[0].Forgotten || gone.Text != "" || gone.ReplyTo != "" || gone.MessageID != "3EB0" {
				t.Errorf("forgotten: %v, %+v", page[0].Forgotten, gone)
			}
			if page[1].Forgotten || page[1].Event.(domain.MessageReceived).Text != "still here" {
				t.Errorf("somebody else was touched: %+v", page[1])
			}
		})
		t.Run(name+" nothing personal can be added", func(t *testing.T) {
			_, err := store.Append(t.Context(), request(stream, commands.AnyVersion, received(workspace, customer, "again")))
			if !errors.Is(err, commands.ErrForgotten) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("twice changes nothing", func(t *testing.T) {
		if err := w.keys.Forget(t.Context(), workspace, customer); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnotherKeyEncryptionKeyIsAFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace, customer := newID[domain.WorkspaceID](), newID[domain.CustomerID]()
	mustAppend(t, w.store, request(domain.ConversationStream(workspace, customer), 0, received(workspace, customer, "hello")))
	wrong, err := postgres.NewKeys(postgres.KeysConfig{DB: w.worker, KEK: testHMAC})
	if err != nil {
		t.Fatal(err)
	}
	if page, err := newStore(t, w.worker, wrong, "").Page(t.Context(), 0, 10); err == nil {
		t.Errorf("read %v under the wrong key", page)
	}
}
