package feed

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/jmoiron/sqlx"

	"switchboard.example/projections"
)

// Comparison is one table of a read model beside the same table folded from the log's beginning.
type Comparison struct {
	Projection string
	Version    int
	Table      string
	Position   int64 // up to which both are folded
	Letters    int64 // events the read model could not apply; it cannot be equal then
	Rows       int64 // of the live table
	Live       string
	Fresh      string   // SHA-256 of the rows as sorted JSON, in hex
	Missing    int64    // rows that only the fresh table has
	Surplus    int64    // rows that only the live table has
	Workspaces []string // whose rows differ; the first few
}

// Equal says whether the live table is what the log says.
func (c Comparison) Equal() bool { return c.Live == c.Fresh }

// Verify folds a read model from position 0 up to its checkpoint, beside the live tables, and compares row for row. It may run
// while the product does: tables and checkpoint are looked at in one snapshot, and the fresh tables are temporary ones, which
// hide the live ones of the same name from Apply. The snapshot lives as long as the fold takes.
func Verify(ctx context.Context, log Log, db *sqlx.DB, p projections.Projection) (all []Comparison, err error) {
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing is kept
	v := verifier{Projection: p, log: log, tx: tx}
	if err := v.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare to verify %s: %w", p.Name, err)
	}
	if err := v.fold(ctx); err != nil {
		return nil, fmt.Errorf("fold %s again: %w", p.Name, err)
	}
	for _, table := range p.Tables {
		one, err := v.compare(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", table, err)
		}
		all = append(all, one)
	}
	return all, nil
}

type verifier struct {
	projections.Projection
	log      Log
	tx       *sqlx.Tx
	position int64
	letters  int64
}

func (v *verifier) prepare(ctx context.Context) (err error) {
	// The words of a time depend on the zone, and the transaction takes as long as the log is.
	// It has a name of its own, so that nobody is alarmed by its age.
	_, err = v.tx.ExecContext(ctx, `
		SET LOCAL TimeZone = 'UTC';
		SET LOCAL statement_timeout = 0;
		SET LOCAL idle_in_transaction_session_timeout = 0;
		SET LOCAL application_name = 'switchboard verify'`)
	if err != nil {
		return err
	}
	id := identity{v.Name, v.Version}
	if v.position, err = readCheckpoint(ctx, v.tx, id); err != nil {
		return err
	}
	err = v.tx.GetContext(ctx, &v.letters, `
		SELECT count(*)
		FROM projection_dead_letters
		WHERE name = $1 AND version = $2`, v.Name, v.Version)
	if err != nil {
		return err
	}
	for _, table := range v.Tables {
		if _, err := v.tx.ExecContext(ctx, fmt.Sprintf(`CREATE TEMP TABLE %[1]s (LIKE public.%[1]s INCLUDING ALL) ON COMMIT DROP`, table)); err != nil {
			return err
		}
	}
	return nil
}

// verifyPage is how many events are folded at once.
const verifyPage = 1000

func (v *verifier) fold(ctx context.Context) error {
	types := setOf(v.Types)
	for after := int64(0); after < v.position; {
		page, err := v.log.Page(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("the log ends at %d, before the checkpoint at %d", after, v.position)
		}
		after = page[len(page)-1].Position
		mine := ofTypes(upTo(page, v.position), types)
		if len(mine) == 0 {
			continue
		}
		if err := v.Apply(ctx, mine, v.tx); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) compare(ctx context.Context, table string) (c Comparison, err error) {
	c = Comparison{Projection: v.Name, Version: v.Version, Table: table, Position: v.position, Letters: v.letters}
	live, fresh := "public."+table, "pg_temp."+table
	if c.Live, c.Rows, err = v.digest(ctx, live); err != nil {
		return c, err
	}
	if c.Fresh, _, err = v.digest(ctx, fresh); err != nil || c.Equal() {
		return c, err
	}
	const only = `SELECT workspace_id::text, to_jsonb(a)::text FROM %s a EXCEPT ALL SELECT workspace_id::text, to_jsonb(b)::text FROM %s b`
	missing, surplus := fmt.Sprintf(only, fresh, live), fmt.Sprintf(only, live, fresh)
	err = v.tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM (`+missing+`) m), (SELECT count(*) FROM (`+surplus+`) s)`).Scan(&c.Missing, &c.Surplus)
	if err != nil {
		return c, err
	}
	return c, v.tx.SelectContext(ctx, &c.Workspaces,
		`SELECT DISTINCT workspace_id FROM ((`+missing+`) UNION ALL (`+surplus+`)) d ORDER BY workspace_id LIMIT 5`)
}

// digest is the SHA-256 of a table's rows as sorted lines of JSON.
func (v *verifier) digest(ctx context.Context, table string) (sum string, n int64, err error) {
	rows, err := v.tx.QueryContext(ctx, `SELECT to_jsonb(t)::text FROM `+table+` t ORDER BY to_jsonb(t)::text COLLATE "C"`)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = rows.Close() }()
	hash := sha256.New()
	for ; rows.Next(); n++ {
		var line sql.RawBytes
		if err := rows.Scan(&line); err != nil {
			return "", 0, err
		}
		_, _ = hash.Write(append(line, '\n'))
	}
	return hex.EncodeToString(hash.Sum(nil)), n, rows.Err()
}
