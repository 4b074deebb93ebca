package postgres_test

import (
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

var appRoles = []string{"sb_api", "sb_worker", "sb_wa", "sb_admin", "sb_audit"}

func TestTheLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	workspace := newID[domain.WorkspaceID]()
	mustAppend(t, w.store, request(domain.WorkspaceStream(workspace), 0, renamed(workspace, "one")))
	changes := []string{
		`UPDATE events SET type = 'x'`, `DELETE FROM events`, `TRUNCATE events`,
		`INSERT INTO events SELECT position + 1, stream_version + 1, occurred_at, recorded_at, gen_random_uuid(), workspace_id, stream_id,
			causation_id, correlation_id, key_id, schema_version, stream_kind, stream_key, type, actor_kind, actor_id, data, sealed FROM events`,
		`UPDATE event_log SET head_position = 0`, `DELETE FROM event_log`,
		`ALTER TABLE events DISABLE TRIGGER ALL`, `DROP TABLE events`,
	}
	for _, role := range appRoles {
		db := openAs(t, w.DSN, role)
		for _, change := range changes {
			if _, err := db.Exec(change); err == nil {
				t.Errorf("%s may %s", role, change)
			}
		}
	}
	for _, change := range changes[:3] {
		if _, err := w.DB.Exec(change); err == nil {
			t.Errorf("the owner may %s", change)
		}
	}
	if page, err := w.store.Page(t.Context(), 0, 10); err != nil || len(page) != 1 {
		t.Errorf("%v, %v", page, err)
	}
}

func TestOnlyWorkersMayAppend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for role, may := range map[string]bool{"sb_worker": true, "sb_wa": true, "sb_api": false, "sb_admin": false, "sb_audit": false} {
		workspace := newID[domain.WorkspaceID]()
		tx, err := openAs(t, w.DSN, role).BeginTxx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.store.AppendIn(t.Context(), tx, request(domain.WorkspaceStream(workspace), 0, renamed(workspace, "one")))
		if (err == nil) != may {
			t.Errorf("%s may append: %v", role, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheDashboardSeesOneWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api := openAs(t, w.DSN, "sb_api")
	w.DB.MustExec(`CREATE TABLE read_example (workspace_id uuid NOT NULL, name text NOT NULL)`)
	w.DB.MustExec(`SELECT sb_protect_read_table('read_example')`)
	one, two := newID[domain.WorkspaceID](), newID[domain.WorkspaceID]()
	for _, workspace := range []domain.WorkspaceID{one, two} {
		w.worker.MustExec(`INSERT INTO read_example (workspace_id, name) VALUES ($1, 'x')`, string(workspace))
		mustAppend(t, w.store, request(domain.WorkspaceStream(workspace), 0, renamed(workspace, "one")))
	}
	tables := []string{"read_example", "events"}
	inside := func(t *testing.T, workspace domain.WorkspaceID, want int) {
		t.Helper()
		err := postgres.InWorkspace(t.Context(), api, workspace, func(tx *sqlx.Tx) error {
			for _, table := range tables {
				var visible []domain.WorkspaceID
				if err := tx.Select(&visible, `SELECT workspace_id FROM `+table); err != nil {
					return err
				}
				if len(visible) != want || want > 0 && visible[0] != workspace {
					return fmt.Errorf("%s: inside %s one sees %v", table, workspace, visible)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	outside := func(t *testing.T) {
		t.Helper()
		for _, table := range tables {
			var n int
			if err := api.Get(&n, `SELECT count(*) FROM `+table); err == nil && n > 0 {
				t.Errorf("outside of a workspace %d rows of %s are visible", n, table)
			}
		}
	}
	t.Run("before any connection entered a workspace nothing is visible", outside)
	t.Run("inside, its rows are", func(t *testing.T) { inside(t, one, 1); inside(t, two, 1) })
	t.Run("inside an unknown one, none are", func(t *testing.T) { inside(t, newID[domain.WorkspaceID](), 0) })
	t.Run("reused connections leave the workspace", outside)
	t.Run("what is not a workspace is an error", func(t *testing.T) {
		err := postgres.InWorkspace(t.Context(), api, "", func(tx *sqlx.Tx) error {
			var n int
			if err := tx.Get(&n, `SELECT count(*) FROM read_example`); err != nil || n == 0 {
				return err
			}
			t.Errorf("%d rows are visible", n)
			return nil
		})
		t.Log(err)
	})
	t.Run("nothing can be written there", func(t *testing.T) {
		err := postgres.InWorkspace(t.Context(), api, one, func(tx *sqlx.Tx) error {
			_, err := tx.Exec(`INSERT INTO read_example (workspace_id, name) VALUES ($1, 'y')`, string(one))
			return err
		})
		if err == nil {
			t.Error("a row was written")
		}
	})
	t.Run("admins and auditors see all and change nothing", func(t *testing.T) {
		for _, role := range []string{"sb_admin", "sb_audit"} {
			db := openAs(t, w.DSN, role)
			var n int
			if err := db.Get(&n, `SELECT count(*) FROM read_example`); err != nil || n != 2 {
				t.Errorf("%s sees %d rows, %v", role, n, err)
			}
			if _, err := db.Exec(`DELETE FROM read_example`); err == nil {
				t.Errorf("%s may delete", role)
			}
		}
	})
}

func TestEveryTableOfAWorkspaceIsGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var open []string
	err := w.DB.Select(&open, `
		SELECT c.oid::regclass::text
		  FROM pg_class c
		  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
		 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
		   AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`)
	if err != nil || len(open) > 0 {
		t.Errorf("tables without forced row-level security: %v, %v", open, err)
	}
	err = w.DB.Select(&open, `
		SELECT oid::regclass::text
		  FROM pg_class
		 WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
		   AND NOT coalesce(reloptions @> '{security_invoker=true}', false)`)
	if err != nil || len(open) > 0 {
		t.Errorf("views that read with their owner's rights: %v, %v", open, err)
	}
}

func TestSecretsAreOutOfTheDashboardsReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, role := range []string{"sb_api", "sb_admin", "sb_audit"} {
		db := openAs(t, w.DSN, role)
		for _, query := range []string{
			`SELECT password_hash FROM auth_users`, `SELECT * FROM auth_refresh_tokens`, `SELECT * FROM auth_verifications`,
			`SELECT * FROM data_keys`, `SELECT * FROM customer_addresses`, `SELECT jid FROM wa_links`, `CREATE TABLE wa.x ()`,
		} {
			if _, err := db.Exec(query); err == nil {
				t.Errorf("%s may %s", role, query)
			}
		}
	}
}

func TestPoolsWorkUnderTheirRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db, err := postgres.Open(t.Context(), w.DSN, postgres.PoolConfig{Role: "sb_wa", SearchPath: "wa, public", AppName: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var got struct{ User, Path, App, Timeout string }
	err = db.Get(&got, `SELECT current_user AS "user", current_setting('search_path') AS path,
		current_setting('application_name') AS app, current_setting('statement_timeout') AS timeout`)
	if err != nil {
		t.Fatal(err)
	}
	if got.User != "sb_wa" || got.Path != "wa, public" || got.App != "a test" || got.Timeout != "15s" {
		t.Errorf("%+v", got)
	}
	if _, err := db.Exec(`CREATE TABLE whatsmeow_example (id int)`); err != nil {
		t.Errorf("whatsmeow cannot make its tables: %v", err)
	}
	if _, err := postgres.Open(t.Context(), w.DSN, postgres.PoolConfig{Role: "nobody_known"}); err == nil {
		t.Error("a pool opened under a role that does not exist")
	}
}
