package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

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
	}
	if different > 0 {
		return fmt.Errorf("%d tables are not what the log says; the lines above name them", different)
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
