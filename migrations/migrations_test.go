package migrations_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"switchboard.example/adapters/postgres/pgtest"
	"switchboard.example/migrations"
)

func TestUpTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := migrations.Up(t.Context(), db.DB.DB); err != nil {
		t.Fatal(err)
	}
	if pending, err := migrations.Pending(t.Context(), db.DB.DB); err != nil || pending {
		t.Fatalf("pending %v, %v", pending, err)
	}
}

func TestSeveralProcessesMayStartAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	if pending, err := migrations.Pending(t.Context(), db.DB.DB); err != nil || !pending {
		t.Fatalf("pending %v, %v", pending, err)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := migrations.Up(t.Context(), db.DB.DB); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestALoginThatMayNotMakeRolesIsToldWhatToRun(t *testing.T) {
	t.Parallel()
	db := pgtest.Empty(t)
	pgtest.New(t) // the roles exist on this server from here on; granting them is what is not allowed
	login := "plain_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	db.DB.MustExec(fmt.Sprintf(`CREATE ROLE %s LOGIN NOCREATEROLE PASSWORD 'plain'`, login))
	db.DB.MustExec(fmt.Sprintf(`ALTER DATABASE %s OWNER TO %s`, db.Name, login))
	t.Cleanup(func() {
		db.DB.MustExec(fmt.Sprintf(`REASSIGN OWNED BY %s TO CURRENT_USER`, login))
		db.DB.MustExec(fmt.Sprintf(`DROP ROLE %s`, login))
	})
	plain := openAs(t, db.DSN, login)

	err := migrations.Up(t.Context(), plain)
	if err == nil {
		t.Fatal("migrated without the right to")
	}
	remedy := regexp.MustCompile(`GRANT [^;]+ TO [^;]+;`).FindString(err.Error())
	if !strings.Contains(remedy, "sb_worker") || !strings.Contains(remedy, login) {
		t.Fatalf("the error does not say what to run: %v", err)
	}
	db.DB.MustExec(remedy)
	if err := migrations.Up(t.Context(), plain); err != nil {
		t.Fatalf("after running what the error said: %v", err)
	}
	for _, role := range []string{"sb_api", "sb_worker", "sb_wa", "sb_admin", "sb_audit"} {
		if _, err := plain.Exec(`SET ROLE ` + role); err != nil {
			t.Error(err)
		}
	}
}

func openAs(t *testing.T, dsn, login string) *sql.DB {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(login, "plain")
	db, err := sql.Open("postgres", address.String())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
