package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	prommetrics "github.com/ThreeDotsLabs/watermill/components/metrics"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"switchboard.example/domain"
)

// logTopic is the one topic there is. Watermill uses it in its logs only: our adapters name the tables.
const logTopic = "events"

// closeTimeout is how long running handlers are waited for when the feed stops.
const closeTimeout = 10 * time.Second

// newRouter puts reactors and message handlers into Watermill's Router.
func (f *Feed) newRouter() (*message.Router, error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeTimeout}, f.watermillLog())
	if err != nil {
		return nil, fmt.Errorf("make the router: %w", err)
	}
	timing := prommetrics.NewPrometheusMetricsBuilder(f.config.Registerer, "switchboard", "feed").NewRouterMiddleware()
	router.AddMiddleware(noteOutcome, timing.Middleware, middleware.CorrelationID, middleware.Recoverer)
	for _, r := range f.order {
		switch work := r.work.(type) {
		case *reactor:
			work.join(router)
		case *messenger:
			if err := work.join(router); err != nil {
				return nil, fmt.Errorf("add the handler %s: %w", r.name, err)
			}
		}
	}
	return router, nil
}

// route runs the router until ctx ends; without handlers there is only ctx to wait for.
func (f *Feed) route(ctx context.Context, router *message.Router) error {
	if len(router.Handlers()) == 0 {
		<-ctx.Done()
		return nil
	}
	err := router.Run(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it ended because it was asked to
	}
	return errors.Join(errors.New("the router stopped by itself"), err)
}

// watermillLog lowers Watermill's own levels: what matters is logged by the feed, once, where it stops.
func (f *Feed) watermillLog() watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(f.config.Logger, map[slog.Level]slog.Level{
		slog.LevelError: slog.LevelDebug,
		slog.LevelInfo:  slog.LevelDebug,
	})
}

// delivery travels with a message: what it is about, and what became of it.
type delivery struct {
	event domain.Recorded
	err   error // read only after the message was acked or nacked
}

type deliveryKey struct{}

func withDelivery(ctx context.Context, d *delivery) context.Context {
	return context.WithValue(ctx, deliveryKey{}, d)
}

func deliveryOf(msg *message.Message) (*delivery, bool) {
	d, ok := msg.Context().Value(deliveryKey{}).(*delivery)
	return d, ok
}

// noteOutcome keeps the error that a nack does not carry. It is the outermost, so it also sees recovered panics.
func noteOutcome(next message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		produced, err := next(msg)
		if d, ok := deliveryOf(msg); ok {
			d.err = err
		}
		return produced, err
	}
}

// newMessage wraps an event for Watermill. The event itself travels in the context: encoding it again would only cost.
func newMessage(r domain.Recorded) *message.Message {
	msg := message.NewMessage(string(r.ID), nil)
	msg.Metadata.Set("type", r.Type)
	middleware.SetCorrelationID(string(r.CorrelationID), msg)
	return msg
}
