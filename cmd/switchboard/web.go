package main

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/webpush"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/bot"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/frontend"
	"switchboard.example/httpapi"
	"switchboard.example/projections"
)

func (a *app) makeWeb() (err error) {
	pushKey, err := webpush.PublicKey(a.core.secrets.PushKey)
	if err != nil {
		return err
	}
	a.web, err = httpapi.New(httpapi.Config{
		Browsers: a.core.handler.Browsers, PushKey: pushKey,
		Commands: waking{a.core.handler, a.pool}, Numbers: a.core.handler.Offers, Reader: reader{a.core.database}, Accounts: a.core.accounts,
		Waiter: a.feed, Codes: codes{a.pool}, Matcher: matcher{a.library, a.core.store}, Heard: a.heard, Witness: a.witness, Attempts: a.attempts(),
		Keys:  httpapi.TokenKeys{Current: a.core.secrets.TokenKeyID, Keys: map[string][]byte{a.core.secrets.TokenKeyID: a.core.secrets.TokenKey}},
		Ready: a.probed, Refused: countRefusals(a.metrics), Answered: countAnswers(a.metrics), Dashboard: frontend.Files(), HTTPS: a.config.SecureCookies, Now: time.Now, NewID: newID, Logger: a.log,
	})
	return err
}

// attempts lifts the limits on signing in and up where rate limits are off.
func (a *app) attempts() httpapi.Attempts {
	if a.config.Pacing {
		return httpapi.DefaultAttempts()
	}
	const unlimited = 1_000_000
	return httpapi.Attempts{PerAccount: unlimited, PerIP: unlimited, Overall: unlimited}
}

// reader opens the read models for the API, each request in its own workspace.
type reader struct{ db *database }

// InWorkspace runs read in a transaction that sees one workspace's rows and no other's.
func (r reader) InWorkspace(ctx context.Context, w domain.WorkspaceID, read func(projections.Queryer) error) error {
	return postgres.InWorkspace(ctx, r.db.api, w, func(tx *sqlx.Tx) error { return read(tx) })
}

// AllWorkspaces is what the platform's people read through.
func (r reader) AllWorkspaces() projections.Queryer { return r.db.admin }

// codes shows the pool's linking codes.
type codes struct{ pool *whatsapp.Pool }

// Code returns the code being shown, if there is one.
func (c codes) Code(ctx context.Context, w domain.WorkspaceID) (httpapi.LinkCode, bool, error) {
	code, ok, err := c.pool.Code(ctx, w)
	return httpapi.LinkCode{QR: code.QR, PairingCode: code.PairingCode, Attempt: code.Attempt, Of: code.Of, ExpiresAt: code.ExpiresAt}, ok, err
}

// waking tells the sender of a reply as soon as it is in the log.
type waking struct {
	*commands.Handler
	pool *whatsapp.Pool
}

// WriteReply queues a member's words and wakes the sender.
func (w waking) WriteReply(ctx context.Context, cmd commands.InConversation, text string) (commands.ReplyRef, int64, error) {
	ref, position, err := w.Handler.WriteReply(ctx, cmd, text)
	if err == nil {
		w.pool.WakeReply(ref)
	}
	return ref, position, err
}

// matcher asks the live bot what it would do.
type matcher struct {
	library *bot.Library
	store   *postgres.EventStore
}

// Clashing is a new wording that would be taken for another FAQ, and that FAQ.
func (m matcher) Clashing(ctx context.Context, w domain.WorkspaceID, position int64, before, after domain.FAQ) (string, domain.FAQID, error) {
	k, err := m.library.Since(ctx, w, position)
	if err != nil {
		return "", "", err
	}
	wording, clash, _ := k.Clashing(before, after)
	return wording, domain.FAQID(clash.FAQID), nil
}

// Try decides about a text; it sends nothing and writes nothing.
func (m matcher) Try(ctx context.Context, w domain.WorkspaceID, text string) (httpapi.Verdict, error) {
	k, space, err := m.know(ctx, w)
	if err != nil {
		return httpapi.Verdict{}, err
	}
	return verdict(bot.Try(space, k, text, time.Now())), nil
}

// Tests runs the saved tests.
func (m matcher) Tests(ctx context.Context, w domain.WorkspaceID) ([]httpapi.SavedTest, error) {
	k, space, err := m.know(ctx, w)
	if err != nil {
		return nil, err
	}
	var tests []httpapi.SavedTest
	for _, t := range k.Tests() {
		tests = append(tests, httpapi.SavedTest{FAQTest: t.FAQTest, FAQ: t.FAQ, Passes: k.Passes(space.Shift, t)})
	}
	return tests, nil
}

// Breaks are the saved tests that an FAQ as given would make fail.
func (m matcher) Breaks(ctx context.Context, w domain.WorkspaceID, position int64, after domain.FAQ) ([]httpapi.SavedTest, error) {
	k, err := m.library.Since(ctx, w, position)
	if err != nil || len(k.Tests()) == 0 {
		return nil, err
	}
	space, err := m.space(ctx, w)
	if err != nil {
		return nil, err
	}
	var broken []httpapi.SavedTest
	for _, t := range k.Breaks(space.Shift, after) {
		broken = append(broken, httpapi.SavedTest{FAQTest: t.FAQTest, FAQ: t.FAQ})
	}
	return broken, nil
}

// know is what the bot knows of a workspace.
func (m matcher) know(ctx context.Context, w domain.WorkspaceID) (*bot.Knowledge, domain.Workspace, error) {
	k, err := m.library.Of(ctx, w)
	if err != nil {
		return nil, domain.Workspace{}, err
	}
	space, err := m.space(ctx, w)
	return k, space, err
}

func (m matcher) space(ctx context.Context, w domain.WorkspaceID) (domain.Workspace, error) {
	history, err := m.store.Load(ctx, domain.WorkspaceStream(w), 0)
	space, _ := commands.Fold[domain.Workspace, domain.WorkspaceEvent](history)
	return space, err
}

func verdict(t bot.Trial) httpapi.Verdict {
	d := t.Decided
	v := httpapi.Verdict{Decision: d.Decision, FAQ: d.FAQ, Confidence: d.Score, Margin: d.Margin, Reply: t.Reply, Why: d.Why}
	v.Revision, v.Knowledge, v.Thresholds, v.Language, v.Told = d.Revision, int64(d.Knowledge), d.Thresholds, d.Language, d.Told
	for _, c := range t.Seen.Candidates {
		v.Candidates = append(v.Candidates, httpapi.VerdictCandidate{FAQ: domain.FAQID(c.FAQID), Question: c.Question, Score: c.Score, Matched: c.Matched})
	}
	return v
}

// witness is what this node's own sessions tell of a line, and its own view of the log.
func (a *app) witness(w domain.WorkspaceID) projections.Witness {
	return projections.Witness{Down: a.pool.Down(w), LogAway: a.pool.LogAway()}
}

// fell is told of lines that are shown otherwise from now on, though no read model has changed.
func (a *app) fell(workspaces []domain.WorkspaceID) {
	if a.web != nil {
		a.web.Changed(projections.ConnectionStatus().Name, workspaces, 0)
	}
	a.falls.add(workspaces)
}

// changed is told of new rows in a read model, on every node: it wakes what is driven by them, and the pages that show them.
func (a *app) changed(c feed.Change) {
	a.web.Changed(c.Projection, c.Workspaces, c.Position)
	switch c.Projection {
	case "connections":
		for _, w := range c.Workspaces {
			a.pool.Wake(w)
		}
	case "work": // a reply may have been queued in another process
		a.pool.WakeOutbox()
	}
}
