package main

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/adapters/tracing"
)

// makeTracing begins to follow messages, when the environment says where to tell of them.
func (a *app) makeTracing(ctx context.Context) (err error) {
	if a.config.TracesURL == "" {
		return nil
	}
	_, version, _ := versions()
	a.tracing, err = tracing.New(ctx, tracing.Config{
		URL: a.config.TracesURL, Ratio: a.config.TracesRatio, Version: version, Node: nodeName(a.config),
		Hide: a.core.customers.Hide, Registry: a.metrics, Log: a.log, Now: time.Now,
	})
	if err != nil {
		return fmt.Errorf("begin to trace (OTEL_EXPORTER_OTLP_ENDPOINT): %w", err)
	}
	a.core.handler.Store = a.tracing.Store(a.core.handler.Store)
	return nil
}

// traceFlush leaves time for the database, whoever takes the traces.
const traceFlush = 2 * time.Second

func (a *app) flushTraces(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, traceFlush)
	defer cancel()
	if err := a.tracing.Shutdown(ctx); err != nil {
		a.log.WarnContext(ctx, "the last traces were not delivered", "error", err)
	}
}
