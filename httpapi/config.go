package httpapi

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

// Config is what the API is made of. Commands, Reader, Accounts, Waiter, Codes, Matcher and Keys are needed.
type Config struct {
	Commands Commands
	Reader   Reader
	Accounts Accounts
	Waiter   Waiter
	Codes    Codes
	Matcher  Matcher
	Keys     TokenKeys

	// Numbers lists phones that are to send a code. Defaults to none.
	Numbers Numbers
	// Browsers are told of alerts while the dashboard is closed. Defaults to none.
	Browsers Browsers
	// PushKey is what browsers are given so that they take messages from us: a point on P-256, base64url. Defaults to none.
	PushKey string
	// Heard says when WhatsApp last gave a sign of life on a workspace's connection; zero when nobody knows.
	// Defaults to never knowing.
	Heard func(ctx context.Context, w domain.WorkspaceID) time.Time
	// Witness says what this process knows of a workspace's line before any read model can. Defaults to knowing nothing.
	Witness func(w domain.WorkspaceID) projections.Witness
	// Ready says whether the process can serve. Defaults to yes.
	Ready func(ctx context.Context) error
	// Dashboard is the built dashboard, as frontend.Files returns it. Defaults to none: the API alone.
	Dashboard fs.FS
	// HTTPS says that people reach the server through HTTPS, also when a proxy in front of it ends it. Defaults to no.
	HTTPS bool
	// Refused is told, by the code of the problem, of each request of somebody whom we do not know or who tries too often.
	// Defaults to nothing.
	Refused func(code string)
	// Answered is told the status of each answer of the API. Defaults to nothing.
	Answered func(status int)
	// Attempts bounds signing in and up. Defaults to DefaultAttempts.
	Attempts Attempts
	// Heartbeat is how often a silent live stream gives a sign of life. Defaults to 15 s.
	Heartbeat time.Duration
	// LongestWait is how long a read waits for its read model. Defaults to 3 s.
	LongestWait time.Duration
	// Now defaults to time.Now.
	Now func() time.Time
	// NewID makes fresh UUIDs. Defaults to random ones.
	NewID func() string
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// Attempts bounds how often signing in and up is tried, per minute. The bucket holds as many as one minute brings.
type Attempts struct {
	PerAccount int
	PerIP      int
	Overall    int
}

// DefaultAttempts are strict: ten tries a minute for an account, wherever they come from.
func DefaultAttempts() Attempts { return Attempts{PerAccount: 10, PerIP: 30, Overall: 600} }

func (c Config) withDefaults() Config {
	if c.Heard == nil {
		c.Heard = func(context.Context, domain.WorkspaceID) time.Time { return time.Time{} }
	}
	if c.Witness == nil {
		c.Witness = func(domain.WorkspaceID) projections.Witness { return projections.Witness{} }
	}
	if c.Refused == nil {
		c.Refused = func(string) {}
	}
	if c.Answered == nil {
		c.Answered = func(int) {}
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default
	}
	if c.NewID == nil {
		c.NewID = uuid.NewString
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Attempts = cmp.Or(c.Attempts, DefaultAttempts())
	c.Heartbeat = cmp.Or(c.Heartbeat, 15*time.Second)
	c.LongestWait = cmp.Or(c.LongestWait, 3*time.Second)
	return c
}

func (c Config) validate() error {
	if c.Commands == nil || c.Reader == nil || c.Accounts == nil || c.Waiter == nil || c.Codes == nil || c.Matcher == nil {
		return errors.New("http api: Commands, Reader, Accounts, Waiter, Codes and Matcher are needed")
	}
	return c.Keys.validate()
}
