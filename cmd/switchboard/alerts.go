package main

import (
	"context"
	"errors"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/webpush"
	"switchboard.example/bot"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// tell writes an alert into the business's chat with itself and to its members' phones, has it sent to its browsers, and notices
// that an outage is over. No carrier waits for another: each is a queue of its own.
func (a *app) tell(ctx context.Context, r domain.Recorded) error {
	if _, connected := r.Event.(domain.ConnectionConnected); connected {
		_, err := a.core.handler.AlertBack(ctx, r.Workspace())
		return err
	}
	alert, ok := r.Event.(domain.WorkspaceAlertRaised)
	if !ok {
		return nil
	}
	say := func(w domain.Workspace) string { return bot.SayAlert(w, alert, a.config.dashboardURL()) }
	ref, queued, notWritten := a.core.handler.TellOwner(ctx, r, say)
	if notWritten == nil && queued {
		a.pool.WakeReply(ref)
	}
	told, notTold := a.core.handler.TellPhones(ctx, r, say)
	for _, ref := range told {
		a.pool.WakeReply(ref)
	}
	queued, notPushed := a.core.handler.QueuePush(ctx, r)
	if queued {
		a.push.Wake()
	}
	return errors.Join(notWritten, notTold, notPushed)
}

func (a *app) makePush() (err error) {
	a.push, err = webpush.New(webpush.Config{
		Browsers: postgres.Browsers{DB: a.core.worker, Now: time.Now}, Compose: notices{a.core}.compose, Key: a.core.secrets.PushKey,
		Contact: a.config.pushContact(), Anywhere: a.config.PushAnywhere, Now: time.Now, Logger: a.log, Registry: a.metrics,
	})
	return err
}

// notices puts alerts into words when they are sent, so that a customer's words wait in no queue, and a forgotten customer's are
// not sent.
type notices struct{ *core }

func (n notices) compose(ctx context.Context, w domain.WorkspaceID, m domain.MemberID, position int64) (webpush.Notice, bool, error) {
	page, err := n.store.Page(ctx, position-1, 1)
	if err != nil || len(page) == 0 {
		return webpush.Notice{}, false, err
	}
	alert, ok := page[0].Event.(domain.WorkspaceAlertRaised)
	if !ok || page[0].Workspace() != w {
		return webpush.Notice{}, false, nil
	}
	space, wanted, err := n.handler.PushWanted(ctx, page[0], m)
	if err != nil || !wanted {
		return webpush.Notice{}, false, err
	}
	who, ok, err := n.about(ctx, w, alert)
	if err != nil || !ok {
		return webpush.Notice{}, false, err
	}
	return webpush.Notice(bot.SayNotice(space, alert, who)), true, nil
}

// about says who an alert is about; false when nobody waits any more.
func (n notices) about(ctx context.Context, w domain.WorkspaceID, alert domain.WorkspaceAlertRaised) (bot.InNeed, bool, error) {
	if alert.Kind == domain.AlertWaiting {
		found, waits, err := projections.WaitsLongest(ctx, n.worker, w, n.handler.Now())
		return bot.InNeed{Waiting: bot.Waiting{Person: bot.Person(found.Person), Text: found.Question}, People: found.People}, waits, err
	}
	if alert.CustomerID == "" {
		return bot.InNeed{}, true, nil
	}
	p, _, err := projections.PersonOf(ctx, n.worker, w, alert.CustomerID)
	return bot.InNeed{Waiting: bot.Waiting{Person: bot.Person(p)}}, true, err
}
