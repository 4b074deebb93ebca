package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/tracing"
	"switchboard.example/adapters/webpush"
	"switchboard.example/adapters/whatsapp"
	"switchboard.example/bot"
	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/httpapi"
	"switchboard.example/projections"
)

// app is the running product. start puts it together, run keeps it going until its context ends.
type app struct {
	config   config
	log      *slog.Logger
	metrics  *prometheus.Registry
	core     *core
	feed     *feed.Feed
	library  *bot.Library
	turns    *bot.Turns
	pool     *whatsapp.Pool
	push     *webpush.Sender
	web      *httpapi.Server
	listener net.Listener
	health   health
	falls    *falls
	tracing  *tracing.Tracing // nil follows nothing
}

// start listens and opens everything; until run it only tells that it starts.
func start(ctx context.Context, c config, log *slog.Logger) (_ *app, err error) {
	a := &app{config: c, log: log, metrics: newRegistry(), falls: newFalls()}
	// First, so that a second program on the same address stops before it touches anything.
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr); err != nil {
		return nil, fmt.Errorf("listen on %s (SWITCHBOARD_ADDR): %w", c.Addr, err)
	}
	lobby, closeLobby, err := openLobby(ctx, a.listener)
	if err != nil {
		return nil, errors.Join(err, a.listener.Close())
	}
	defer closeLobby()
	wait := waiting{log: log, lobby: lobby}
	if a.core, err = openCore(ctx, c, false, wait, leaseNews{lost: a.lost, freed: a.freed, renewed: observeRenewals(a.metrics), metrics: a.metrics}); err != nil {
		return nil, errors.Join(err, a.listener.Close())
	}
	// Before anything is served: until then the process before this one counts as alive, with all its connections.
	err = wait.until(ctx, a.core.leases.Beat)
	if err == nil {
		err = wait.until(ctx, crashes{c, log, a.core.handler}.settle)
	}
	if err == nil {
		err = a.assemble(ctx)
	}
	if err != nil {
		a.flushTraces(context.WithoutCancel(ctx))
		return nil, errors.Join(err, a.listener.Close(), a.core.close(context.WithoutCancel(ctx)))
	}
	return a, nil
}

func (a *app) addr() string { return a.listener.Addr().String() }

func (a *app) assemble(ctx context.Context) error {
	if err := a.makeTracing(ctx); err != nil {
		return err
	}
	for _, part := range []func() error{a.makeFeed, a.makeBot, a.makePool, a.makePush, a.makeWeb, a.watch} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) makeFeed() (err error) {
	a.feed, err = feed.New(feed.Config{
		Log: a.core.store, DB: a.core.feed, DSN: a.core.dsn, Node: a.core.leases.NodeID(), Now: time.Now,
		Logger: a.log, Registerer: a.metrics, Pause: 20 * time.Millisecond, // no reply waits for what follows the log
	})
	if err != nil {
		return err
	}
	addReaders(a.feed, a.log, a.tracing)
	a.feed.React("tell_alerts", a.tell, feed.ReactOptions{
		Start: feed.FromNow, Types: []string{domain.WorkspaceAlertRaised{}.EventType(), domain.ConnectionConnected{}.EventType()},
	})
	a.feed.Changes(a.changed)
	return nil
}

// addReaders registers everybody who reads the log.
func addReaders(f *feed.Feed, log *slog.Logger, follow *tracing.Tracing) {
	for _, m := range readModels(follow) {
		f.Follow(m)
	}
	f.React("transitions", logTransition(log), feed.ReactOptions{Start: feed.FromNow})
}

func (a *app) makeBot() (err error) {
	all := tables{a.core.worker}
	if a.library, err = bot.NewLibrary(all); err != nil {
		return err
	}
	a.library.Caught = func(ctx context.Context, position int64) error {
		return a.feed.Wait(ctx, projections.FAQs().Name, position)
	}
	a.turns = bot.NewTurns(bot.TurnsConfig{
		Answerer: a.tracing.Answerer(a.core.handler), Library: a.library, Open: a.mine().openTurns, Day: all.today, Epoch: a.core.leases.Epoch,
		Prove:  a.core.handler.ProveNumber,
		Desk:   desk{tables: all, accounts: a.core.accounts, dashboard: a.config.dashboardURL()},
		Queued: func(ref commands.ReplyRef) { a.pool.WakeReply(ref) }, Decided: countDecisions(a.metrics),
		Log: a.log, Now: time.Now, Pacing: a.config.Pacing,
	})
	return nil
}

func (a *app) mine() mine { return mine{tables: tables{a.core.worker}, owned: a.core.leases.Mine} }

func (a *app) makePool() (err error) {
	a.pool, err = whatsapp.New(whatsapp.Config{
		DB: a.core.wa.DB, Commands: woken{a.core.handler, a.turns}, Desired: tables{a.core.worker},
		Outbox: a.mine(), Leases: takenLeases{a.core.leases, a.core.customers}, Sent: sentReplies{a.core}, SealKeys: a.core.secrets.sealKeys(),
		Hide: a.core.customers.Hide, Typing: a.turns.Typing, Follow: a.tracing.Follower(),
		Server: a.config.WhatsAppAddr, RootKey: a.config.WhatsAppRoot, Pacing: a.config.Pacing, ReadReceipts: true,
		ConnectRate: a.connectRate(), Probe: a.core.store.Probe, Fell: a.fell, Registry: a.metrics, Log: a.log, Now: time.Now,
	})
	return err
}

func (a *app) connectRate() float64 {
	if a.config.ConnectRate == 0 {
		return -1 // unlimited
	}
	return a.config.ConnectRate
}

// woken tells the bot of a message as soon as it is in the log, so that nothing on the path to the answer waits for a read model.
type woken struct {
	*commands.Handler
	turns *bot.Turns
}

// ReceiveMessage records the message and wakes the bot.
func (w woken) ReceiveMessage(ctx context.Context, cmd commands.ReceiveMessage) (domain.CustomerID, error) {
	c, err := w.Handler.ReceiveMessage(ctx, cmd)
	if err == nil {
		w.turns.Wake(cmd.WorkspaceID, c)
	}
	return c, err
}

// ReceiveOwnerMessage records what the owner typed and wakes the bot, which answers commands.
func (w woken) ReceiveOwnerMessage(ctx context.Context, cmd commands.ReceiveMessage, selfChat bool) (domain.CustomerID, error) {
	c, err := w.Handler.ReceiveOwnerMessage(ctx, cmd, selfChat)
	if err == nil {
		w.turns.Wake(cmd.WorkspaceID, c)
	}
	return c, err
}

// lost is told of workspaces another node has taken over.
func (a *app) lost(workspaces []domain.WorkspaceID) {
	if a.pool != nil {
		a.pool.Lost(workspaces)
	}
}

// freed is told of workspaces another node gave back.
func (a *app) freed(workspaces []domain.WorkspaceID) {
	if a.pool != nil {
		a.pool.Freed(workspaces)
	}
}
