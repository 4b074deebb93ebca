package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard.example/adapters/feed"
	"switchboard.example/projections"
)

// verify folds every read model from the log's beginning and compares it with what people are shown, row for row.
func verify(ctx context.Context, p program) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(p.err)
	if err := flags.Parse(p.args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	k, err := openTool(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = k.close(context.WithoutCancel(ctx)) }()
	var all []feed.Comparison
	different := 0
	for _, model := range append(projections.All(), projections.TimelineModel()) {
		compared, err := feed.Verify(ctx, k.store, k.feed, model)
		if err != nil {
			return err
		}
		for _, c := range compared {
			if !c.Equal() {
				different++
			}
			if err := printComparison(p.out, c); err != nil {
				return err
			}
		}
		all = append(all, compared...)
	}
	if err := rememberVerification(ctx, k.worker, all); err != nil {
		return err
	}
	if different > 0 {
		return fmt.Errorf("%d tables are not what the log says; the lines above name them", different)
	}
	return nil
}

// rememberVerification puts what was found in the place of what was found last, for the metrics. A comparison that did not
// come to its end leaves nothing, so that its age tells.
func rememberVerification(ctx context.Context, db *sqlx.DB, all []feed.Comparison) error {
	var names []string
	var positions, different []int64
	for _, c := range all {
		names, positions, different = append(names, c.Table), append(positions, c.Position), append(different, c.Missing+c.Surplus)
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("remember what was found: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `DELETE FROM verifications`); err != nil {
		return fmt.Errorf("remember what was found: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO verifications (table_name, position, different)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])`, pq.Array(names), pq.Array(positions), pq.Array(different))
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("remember what was found: %w", err)
	}
	return nil
}

func printComparison(out io.Writer, c feed.Comparison) error {
	verdict := "equal"
	if !c.Equal() {
		verdict = fmt.Sprintf("DIFFERENT: %d rows missing, %d too many, in workspaces %s", c.Missing, c.Surplus, strings.Join(c.Workspaces, ", "))
	}
	if c.Letters > 0 {
		verdict += fmt.Sprintf(" (%d events could not be applied)", c.Letters)
	}
	_, err := fmt.Fprintf(out, "%-28s %7d rows at %d  sha256 %s  %s\n", c.Table, c.Rows, c.Position, c.Live, verdict)
	return err
}
