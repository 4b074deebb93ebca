package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"switchboard.example/migrations"
)

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := Empty(t), Empty(t)
	first.DB.MustExec(`CREATE TABLE mine (id INT)`)
	if _, err := second.DB.Exec(`SELECT FROM mine`); err == nil {
		t.Error("one test sees another one's table")
	}
	if first.DSN == second.DSN || !strings.Contains(first.DSN, first.Name) {
		t.Errorf("the addresses are %s and %s", first.DSN, second.DSN)
	}
}

func TestANewDatabaseIsMigrated(t *testing.T) {
	t.Parallel()
	var known bool
	if err := New(t).DB.Get(&known, `SELECT to_regclass('events') IS NOT NULL`); err != nil || !known {
		t.Errorf("the events table is missing: %v", err)
	}
}

func TestADatabaseGoesWithItsTestEvenWhenSomebodyIsConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("a test", func(t *testing.T) {
		db := Empty(t)
		name = db.Name
		leaked, err := sql.Open("postgres", db.DSN)
		if err != nil {
			t.Fatal(err)
		}
		if err := leaked.Ping(); err != nil {
			t.Fatal(err)
		}
	})
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	var known bool
	err = server.admin.QueryRow(`SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&known)
	if err != nil || known {
		t.Errorf("the database is still there: %v, %v", known, err)
	}
}

func TestATemplate(t *testing.T) {
	t.Parallel()
	one, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is set up once however many processes want it", func(t *testing.T) {
		t.Parallel()
		var times atomic.Int32
		tpl := template{name: "template_counted_" + strings.ToLower(Empty(t).Name), setUp: func(ctx context.Context, db *sql.DB) error {
			times.Add(1)
			_, err := db.ExecContext(ctx, `CREATE TABLE made (id INT)`)
			return err
		}}
		failures := make(chan error, 4)
		for range cap(failures) {
			other := &server{address: one.address, admin: one.admin, known: map[string]bool{}} // as another process has it
			go func() {
				name, err := other.copyOf(context.Background(), tpl)
				failures <- errors.Join(err, other.drop(context.Background(), name))
			}()
		}
		for range cap(failures) {
			if err := <-failures; err != nil {
				t.Error(err)
			}
		}
		if times.Load() != 1 {
			t.Errorf("it was set up %d times", times.Load())
		}
	})
	t.Run("that could not be set up is tried again", func(t *testing.T) {
		t.Parallel()
		fails := true
		tpl := template{name: "template_failing_" + strings.ToLower(Empty(t).Name), setUp: func(context.Context, *sql.DB) error {
			if fails {
				return errors.New("no")
			}
			return nil
		}}
		if _, err := one.copyOf(t.Context(), tpl); err == nil {
			t.Fatal("the failure went unheard")
		}
		fails = false
		name, err := one.copyOf(t.Context(), tpl)
		if err := errors.Join(err, one.drop(t.Context(), name)); err != nil {
			t.Error(err)
		}
	})
}

func TestTheTemplatesNameChangesWithTheMigrations(t *testing.T) {
	t.Parallel()
	name := func(files fstest.MapFS) string {
		tpl, err := migrated(files)
		if err != nil {
			t.Fatal(err)
		}
		return tpl.name
	}
	before := name(fstest.MapFS{"1.sql": {Data: []byte("a")}})
	for _, after := range []fstest.MapFS{
		{"1.sql": {Data: []byte("b")}},
		{"2.sql": {Data: []byte("a")}},
		{"1.sql": {Data: []byte("a")}, "2.sql": {Data: []byte("")}},
	} {
		if name(after) == before {
			t.Errorf("%v is taken for the old one", after)
		}
	}
}

func ping(dsn string) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Ping()
}

func TestAPrivateServerKeepsWhatWasCommittedBeforeACrash(t *testing.T) {
	t.Parallel()
	s := Server(t)
	address := s.DSN
	s.DB.MustExec(`CREATE TABLE kept AS SELECT 42 AS answer`)
	s.Kill()
	if err := s.DB.Ping(); err == nil {
		t.Error("it answers although it was killed")
	}
	s.Restart()
	var answer int
	if err := s.DB.Get(&answer, `SELECT answer FROM kept`); err != nil || answer != 42 {
		t.Errorf("what was committed is gone: %d, %v", answer, err)
	}
	if err := ping(address); err != nil {
		t.Errorf("its address changed: %v", err)
	}
	var fsync string
	if err := s.DB.Get(&fsync, `SHOW fsync`); err != nil || fsync != "on" {
		t.Errorf("fsync is %s, %v", fsync, err)
	}
}

func TestAServerThatIsGivenIsUsed(t *testing.T) {
	own, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvURL, own.address.String())
	given, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer given.admin.Close()
	if given.address.String() != own.address.String() {
		t.Errorf("another server is used: %s", given.address.Host)
	}
	t.Setenv(EnvURL, "host=somewhere")
	if _, err := connect(t.Context()); err == nil || !strings.Contains(err.Error(), EnvURL) {
		t.Errorf("a wrong address is answered with %v", err)
	}
}

// BenchmarkNew is what a test pays for its database, from making to dropping.
func BenchmarkNew(b *testing.B) {
	server, err := shared()
	if err != nil {
		b.Fatal(err)
	}
	New(b) // the template
	tpl, err := migrated(migrations.FS)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		name, err := server.copyOf(b.Context(), tpl)
		if err := errors.Join(err, ping(server.dsn(name)), server.drop(b.Context(), name)); err != nil {
			b.Fatal(err)
		}
	}
}
