package feed

import (
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a Feed is made of.
type Config struct {
	Log Log
	// DB is a pool with the role sb_worker. It needs more connections than there are message handlers.
	DB *sqlx.DB
	// DSN is where notifications from other processes are listened for. Defaults to none: the feed is then woken only by
	// Wake and Poll, and hears of no changes made by others.
	DSN string
	// LogChannel is the notification channel on which the log announces new events. Defaults to "switchboard_log".
	LogChannel string
	// Node tells this process from others; a UUID. Defaults to a random one.
	Node string
	// Now defaults to time.Now.
	Now func() time.Time
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Registerer takes the metrics. Defaults to a registry nobody sees.
	Registerer prometheus.Registerer
	// PageSize is how many events are read and applied at once. Defaults to 1,000.
	PageSize int
	// Poll is how often the log is looked at when nothing wakes the feed. Defaults to 1 s.
	Poll time.Duration
	// Pause is how long the log is left alone after it was read, so that a busy one is not asked for every event by itself.
	// Everything that follows the log is so much later at most. Defaults to none.
	Pause time.Duration
	// Retries are the pauses before an event that failed is tried again; after the last one it becomes a dead letter.
	// Defaults to 20 ms, 80 ms, 320 ms.
	Retries []time.Duration
	// LeaseTTL is how long a reactor stays with a process that has died. Defaults to 6 s.
	LeaseTTL time.Duration
}

func (c Config) withDefaults() Config {
	if c.LogChannel == "" {
		c.LogChannel = "switchboard_log"
	}
	if c.Node == "" {
		c.Node = uuid.NewString()
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default of the field
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	if c.PageSize <= 0 {
		c.PageSize = 1000
	}
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{20 * time.Millisecond, 80 * time.Millisecond, 320 * time.Millisecond}
	}
	if c.LeaseTTL <= 0 {
		c.LeaseTTL = 6 * time.Second
	}
	return c
}

func (c Config) validate() error {
	var mistakes []error
	if c.Log == nil {
		mistakes = append(mistakes, errors.New("a feed needs a log"))
	}
	if c.DB == nil {
		mistakes = append(mistakes, errors.New("a feed needs a database"))
	}
	return errors.Join(mistakes...)
}
