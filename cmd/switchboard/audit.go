package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// auditPage is how many events are read at once.
const auditPage = 500

// audit prints a workspace's history, oldest first, with the state after each event, folded by the code that production uses.
// Customers' words and numbers are not printed.
func audit(ctx context.Context, p program) error {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	flags.SetOutput(p.err)
	workspace := flags.String("workspace", "", "the workspace's id")
	untilText := flags.String("until", "", "stop before what was recorded after this: 2026-11-23T14:02:08Z, or a position")
	if err := flags.Parse(p.args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *workspace == "" {
		return fmt.Errorf("%w: audit needs --workspace ID; switchboard admin list shows the ids", errUsage)
	}
	stop, err := parseEnd(*untilText)
	if err != nil {
		return err
	}
	k, err := openTool(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = k.close(context.WithoutCancel(ctx)) }()
	return printHistory(ctx, p.out, k.store, domain.WorkspaceID(*workspace), stop)
}

// parseEnd reads where an audit stops; empty means the end of the log.
func parseEnd(s string) (func(domain.Recorded) bool, error) {
	var position int64
	if s == "" {
		return func(domain.Recorded) bool { return false }, nil
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return func(r domain.Recorded) bool { return r.RecordedAt.After(at) }, nil
	}
	if _, err := fmt.Sscanf(s, "%d", &position); err == nil && fmt.Sprint(position) == s {
		return func(r domain.Recorded) bool { return r.Position > position }, nil
	}
	return nil, fmt.Errorf("%w: --until takes a time such as 2026-11-23T14:02:08Z, or a position", errUsage)
}

func printHistory(ctx context.Context, out io.Writer, store *postgres.EventStore, w domain.WorkspaceID, stop func(domain.Recorded) bool) error {
	states := histories{}
	printed, after := 0, int64(0)
	for {
		page, err := store.LoadWorkspace(ctx, w, after, auditPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if stop(r) {
				return nothingIfNone(printed, w)
			}
			if err := printEvent(out, r, states.after(r)); err != nil {
				return err
			}
			printed, after = printed+1, r.Position
		}
		if len(page) < auditPage {
			return nothingIfNone(printed, w)
		}
	}
}

func nothingIfNone(printed int, w domain.WorkspaceID) error {
	if printed == 0 {
		return domain.Refuse(domain.NotFound, "workspace.not_found", fmt.Sprintf("There is no history for workspace %s in that time.", w))
	}
	return nil
}

func printEvent(out io.Writer, r domain.Recorded, state any) error {
	view, err := show(state)
	if err != nil {
		return fmt.Errorf("show the state after %d: %w", r.Position, err)
	}
	_, err = fmt.Fprintf(out, "#%d  %s  %s  %s v%d  by %s\n    %s\n%s    %s\n",
		r.Position, r.RecordedAt.UTC().Format(time.RFC3339Nano), r.Type, r.Stream, r.Version, r.Actor.Kind, projections.Sentence(r), evidence(r), view)
	return err
}

// evidence is a line on how a fact about a connection came about; nothing where it does not say so.
func evidence(r domain.Recorded) string {
	e, ok := r.Event.(domain.ConnectionEvent)
	if !ok {
		return ""
	}
	how := domain.EvidenceOf(e)
	var parts []string
	if how.Epoch > 0 {
		parts = append(parts, fmt.Sprintf("epoch %d", how.Epoch))
	}
	if how.ConnSeq > 0 {
		parts = append(parts, fmt.Sprintf("connection %d", how.ConnSeq))
	}
	for _, word := range []string{how.LibraryEvent, how.ReasonCode, how.RawExcerpt} {
		if word != "" {
			parts = append(parts, word)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "    " + strings.Join(parts, ", ") + "\n"
}

// show writes a state as JSON, leaving out moments that have not come.
func show(state any) ([]byte, error) {
	view, err := json.Marshal(state)
	never := regexp.MustCompile(`"\w+":"0001-01-01T00:00:00Z",?`)
	return bytes.ReplaceAll(never.ReplaceAll(view, nil), []byte(",}"), []byte("}")), err
}

// histories folds every stream as its events go by.
type histories map[domain.StreamID]any

// after folds r and returns what an auditor sees of its stream's state.
func (h histories) after(r domain.Recorded) any {
	switch e := r.Event.(type) {
	case domain.WorkspaceEvent:
		return fold(h, r.Stream, e, domain.Workspace.Evolve)
	case domain.ConnectionEvent:
		return fold(h, r.Stream, e, domain.Connection.Evolve)
	case domain.FAQEvent:
		return fold(h, r.Stream, e, domain.FAQ.Evolve)
	case domain.ConversationEvent:
		return conversationView(fold(h, r.Stream, e, domain.Conversation.Evolve))
	case domain.CustomerEvent:
		return customerView(fold(h, r.Stream, e, domain.Customer.Evolve))
	}
	return struct{}{}
}

func fold[S any, E domain.Event](h histories, id domain.StreamID, e E, evolve func(S, E) S) S {
	state, _ := h[id].(S)
	state = evolve(state, e)
	h[id] = state
	return state
}

// conversationView is a conversation without anybody's words.
func conversationView(c domain.Conversation) any {
	return struct {
		OpenMessages, PendingReplies, Fallbacks int
		LastDecision                            domain.Decision
		LastFAQ                                 domain.FAQID
		HandedOff, OptedOut                     bool
		LastMessageAt, LastReplyAt, LastOwnerAt time.Time
	}{
		len(c.Turn), len(c.Pending), c.Fallbacks, c.LastDecision, c.LastFAQ, !c.HandedOffAt.IsZero(), c.OptedOut,
		c.LastMessageAt, c.LastReplyAt, c.LastOwnerAt,
	}
}

// customerView is a customer without name and number.
func customerView(c domain.Customer) any {
	return struct{ HasPhone, HasName, Ignored, Forgotten bool }{c.Phone != "", c.Name != "", c.Ignored, c.Forgotten}
}
