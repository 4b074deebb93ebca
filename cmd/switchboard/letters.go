package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
)

// letterFlags say which dead letters are meant; none at all means every one.
type letterFlags struct {
	workspace domain.WorkspaceID
	letter    string
}

func parseLetterFlags(p program) (f letterFlags, err error) {
	flags := flag.NewFlagSet("admin "+p.args[0], flag.ContinueOnError)
	flags.SetOutput(p.err)
	workspace := flags.String("workspace", "", "only this workspace's")
	letter := flags.String("letter", "", "only this message, by the id that dead-letters shows")
	if err := flags.Parse(p.args[1:]); err != nil {
		return f, fmt.Errorf("%w: %w", errUsage, err)
	}
	return letterFlags{domain.WorkspaceID(*workspace), *letter}, nil
}

// dead are both kinds of what could not be done: messages that could not be stored, and streams that wait in a read model.
type dead struct {
	letters *whatsapp.Letters
	feed    *feed.Feed
}

func openDead(k *core) (dead, error) {
	letters, err := whatsapp.NewLetters(k.wa.DB, k.secrets.sealKeys(), k.handler)
	if err != nil {
		return dead{}, err
	}
	log := slog.New(slog.DiscardHandler)
	readers, err := feed.New(feed.Config{Log: k.store, DB: k.feed, Now: time.Now, Logger: log})
	if err != nil {
		return dead{}, err
	}
	addReaders(readers, log, nil)
	return dead{letters, readers}, nil
}

// meant finds the dead letters that the flags name.
func meant(ctx context.Context, p program, k *core) (d dead, messages []whatsapp.Letter, streams []feed.Blocked, err error) {
	f, err := parseLetterFlags(p)
	if err != nil {
		return d, nil, nil, err
	}
	if d, err = openDead(k); err != nil {
		return d, nil, nil, err
	}
	messages, streams, err = d.find(ctx, f)
	return d, messages, streams, err
}

func (d dead) find(ctx context.Context, f letterFlags) (messages []whatsapp.Letter, streams []feed.Blocked, err error) {
	all, err := d.letters.List(ctx, f.workspace)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range all {
		if f.letter == "" || one.ID == f.letter {
			messages = append(messages, one)
		}
	}
	blocked, err := d.feed.Blocked(ctx)
	for _, one := range blocked {
		if f.letter == "" && (f.workspace == "" || one.Stream.Workspace == f.workspace) {
			streams = append(streams, one)
		}
	}
	return messages, streams, err
}

func listLetters(ctx context.Context, p program, k *core) error {
	_, messages, streams, err := meant(ctx, p, k)
	if err != nil {
		return err
	}
	if len(messages)+len(streams) == 0 {
		_, _ = fmt.Fprintln(p.out, "There are no dead letters.")
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WHAT\tWORKSPACE\tID\tSINCE\tTRIES\tERROR")
	for _, m := range messages {
		_, _ = fmt.Fprintf(table, "message\t%s\t%s\t%s\t%d\t%s\n", m.WorkspaceID, m.ID, m.At.UTC().Format(time.RFC3339), m.Attempts, m.Error)
	}
	for _, s := range streams {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n",
			s.Reader, s.Stream.Workspace, s.Stream, s.Since.UTC().Format(time.RFC3339), s.Attempts, s.Error)
	}
	return table.Flush()
}

// replay does again what could not be done. What fails again stays where it is.
func replay(ctx context.Context, p program, k *core) error {
	d, messages, streams, err := meant(ctx, p, k)
	if err != nil {
		return err
	}
	var failed []error
	for _, m := range messages {
		failed = append(failed, d.letters.Replay(ctx, m))
	}
	for _, s := range streams {
		failed = append(failed, d.feed.Retry(ctx, s.Reader, s.Stream))
	}
	err = errors.Join(failed...)
	done := len(failed)
	for _, one := range failed {
		if one != nil {
			done--
		}
	}
	_, _ = fmt.Fprintf(p.out, "Replayed %d of %d.\n", done, len(failed))
	return err
}
