// Package feed brings the log's events to those who read it: projections write tables exactly once, reactors touch the
// world at least once, and message handlers come through Watermill.
//
// One tailer reads each new page of the log once and hands it to every reader that is at the tip; a reader that is behind
// pages by itself. Every reader has a checkpoint, a measured lag and a visible list of what it could not do.
//
//	f, err := feed.New(feed.Config{Log: store, DB: worker})
//	f.Project(projections.ConnectionStatus)  // in the checkpoint's transaction: tables only, exactly once
//	f.React("notifier", notifier.OnEvent, feed.ReactOptions{}) // outside of it: at least once, be idempotent
//	f.Message("timeline", projections.Timeline) // through Watermill, in the transaction of its batch
//	err = f.Run(ctx)
package feed
