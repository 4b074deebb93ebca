package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard.example/adapters/feed"
	"switchboard.example/adapters/tracing"
	"switchboard.example/projections"
)

// readModels are all tables that can be filled again from the log.
func readModels(follow *tracing.Tracing) []feed.Model {
	models := []feed.Model{feed.MessageModel(
		projections.TimelineName, []string{"read_timeline"}, follow.Apply(projections.TimelineName, projections.Timeline),
	)}
	for _, p := range projections.All() {
		p.Apply = follow.Apply(p.Name, p.Apply)
		models = append(models, feed.PagedModel(p))
	}
	return models
}

// rebuild fills read models from the log's beginning, beside the live ones, and swaps them in. The product may run meanwhile.
func rebuild(ctx context.Context, p program) error {
	models, err := modelsCalled(p.args)
	if err != nil {
		return err
	}
	k, err := openTool(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = k.close(context.WithoutCancel(ctx)) }()
	for _, m := range models {
		if err := feed.Rebuild(ctx, feed.BesideConfig{Log: k.store, DB: k.feed, DSN: k.dsn}, m); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(p.out, "Rebuilt %s.\n", m.Name)
	}
	return nil
}

// modelsCalled finds read models by name; "all" is every one of them.
func modelsCalled(names []string) ([]feed.Model, error) {
	models := readModels(nil)
	var known []string
	for _, m := range models {
		known = append(known, m.Name)
	}
	if slices.Equal(names, []string{"all"}) {
		return models, nil
	}
	var called []feed.Model
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			called = nil
			break
		}
		called = append(called, models[i])
	}
	if len(called) == 0 {
		return nil, fmt.Errorf("%w: rebuild takes read models: all, or of %s", errUsage, strings.Join(known, ", "))
	}
	return called, nil
}
