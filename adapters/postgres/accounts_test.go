package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// desk is accounts with a clock that the test moves.
type desk struct {
	world
	*postgres.Accounts
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{world: newWorld(t), now: testTime}
	d.Accounts = &postgres.Accounts{DB: d.worker, Store: d.store, Now: func() time.Time { return d.now }}
	return d
}

func (d *desk) signUp(t *testing.T, email string) (commands.Account, error) {
	t.Helper()
	a := commands.Account{
		MemberID: newID[domain.MemberID](), WorkspaceID: newID[domain.WorkspaceID](), Email: email, PasswordHash: "hash", Role: domain.RoleOwner,
	}
	_, err := d.Create(t.Context(), a, request(domain.WorkspaceStream(a.WorkspaceID), commands.NoStream, renamed(a.WorkspaceID, "Ada's")))
	return a, err
}

func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	if refusal := (*domain.Error)(nil); !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want a refusal with %s", err, code)
	}
}

func (d *desk) renew(t *testing.T, token string) string {
	t.Helper()
	_, next, err := d.RenewSession(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func (d *desk) session(t *testing.T) string {
	t.Helper()
	a, err := d.signUp(t, newID[string]()+"@example.com")
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.OpenSession(t.Context(), a.MemberID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	account, err := d.signUp(t, "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("an account is found by e-mail in any case, and by id", func(t *testing.T) {
		found, version, err := d.ByEmail(t.Context(), "Ada@Example.com")
		if err != nil || found != account || version != 1 {
			t.Fatalf("got %+v %d %v", found, version, err)
		}
		if found, _, err := d.ByID(t.Context(), account.MemberID); err != nil || found != account {
			t.Fatalf("got %+v %v", found, err)
		}
	})
	t.Run("a taken e-mail is refused and leaves no event behind", func(t *testing.T) {
		before, err := d.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.signUp(t, "ADA@example.com")
		refusedWith(t, err, "email.taken")
		if after, _ := d.store.Head(t.Context()); after != before {
			t.Fatalf("the log went from %d to %d", before, after)
		}
	})
	t.Run("a refused append leaves no account behind", func(t *testing.T) {
		a := commands.Account{MemberID: newID[domain.MemberID](), WorkspaceID: newID[domain.WorkspaceID](), Email: "bola@example.com", Role: domain.RoleOwner}
		_, err := d.Create(t.Context(), a, request(domain.WorkspaceStream(a.WorkspaceID), 7, renamed(a.WorkspaceID, "Bola's")))
		if !errors.Is(err, commands.ErrConflict) {
			t.Fatalf("got %v", err)
		}
		_, _, err = d.ByEmail(t.Context(), "bola@example.com")
		refusedWith(t, err, "account.not_found")
	})
	t.Run("becoming one of the platform's people ends the access tokens", func(t *testing.T) {
		if err := d.SetPlatformAdmin(t.Context(), "ada@example.com", true); err != nil {
			t.Fatal(err)
		}
		if found, version, err := d.ByID(t.Context(), account.MemberID); err != nil || found.Role != domain.RolePlatformAdmin || version != 2 {
			t.Fatalf("got %+v %d %v", found, version, err)
		}
		refusedWith(t, d.SetPlatformAdmin(t.Context(), "nobody@example.com", true), "account.not_found")
	})
	t.Run("a disabled account is gone for who signs in, and for who is signed in", func(t *testing.T) {
		token, err := d.OpenSession(t.Context(), account.MemberID)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Disable(t.Context(), "ada@example.com"); err != nil {
			t.Fatal(err)
		}
		_, _, err = d.ByEmail(t.Context(), "ada@example.com")
		refusedWith(t, err, "account.not_found")
		_, _, err = d.RenewSession(t.Context(), token)
		refusedWith(t, err, "session.ended")
	})
}

func TestRefreshTokens(t *testing.T) {
	t.Parallel()
	t.Run("each use gives a new one", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		first := d.session(t)
		second := d.renew(t, first)
		if third := d.renew(t, second); second == first || third == second {
			t.Fatal("a token came twice")
		}
	})
	t.Run("a used one that comes again ends the whole family", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		first := d.session(t)
		second := d.renew(t, first)
		d.now = d.now.Add(11 * time.Second)
		_, _, err := d.RenewSession(t.Context(), first)
		refusedWith(t, err, "session.ended")
		_, _, err = d.RenewSession(t.Context(), second)
		refusedWith(t, err, "session.ended")
	})
	t.Run("parallel tabs get the same successor", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		first := d.session(t)
		got := make([]string, 20)
		var tabs sync.WaitGroup
		for i := range got {
			tabs.Go(func() { _, got[i], _ = d.RenewSession(t.Context(), first) })
		}
		tabs.Wait()
		for _, token := range got {
			if token == "" || token != got[0] {
				t.Fatalf("got %q and %q", token, got[0])
			}
		}
	})
	t.Run("a week without use ends it", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		token := d.session(t)
		d.now = d.now.Add(7*24*time.Hour - time.Second)
		token = d.renew(t, token)
		d.now = d.now.Add(7 * 24 * time.Hour)
		_, _, err := d.RenewSession(t.Context(), token)
		refusedWith(t, err, "session.ended")
	})
	t.Run("thirty days end it, however often it is used", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		token := d.session(t)
		for range 4 {
			d.now = d.now.Add(6 * 24 * time.Hour)
			token = d.renew(t, token)
		}
		d.now = d.now.Add(6 * 24 * time.Hour)
		_, _, err := d.RenewSession(t.Context(), token)
		refusedWith(t, err, "session.ended")
	})
	t.Run("signing out ends it, and nothing at rest is a token", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		first := d.session(t)
		second := d.renew(t, first)
		var stored int
		err := d.DB.Get(&stored, `
			SELECT count(*) FROM auth_refresh_tokens
			WHERE position(convert_to($1, 'UTF8') IN sealed_successor) > 0 OR token_hash IN (convert_to($1, 'UTF8'), convert_to($2, 'UTF8'))`, second, first)
		if err != nil || stored != 0 {
			t.Fatalf("%d rows hold a token: %v", stored, err)
		}
		if err := d.CloseSession(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		_, _, err = d.RenewSession(t.Context(), second)
		refusedWith(t, err, "session.ended")
		if err := d.CloseSession(t.Context(), "unknown"); err != nil {
			t.Fatal(err)
		}
	})
}
