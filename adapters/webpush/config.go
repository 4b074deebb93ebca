package webpush

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/adapters/postgres"
	"switchboard.example/domain"
)

// Notice is an alert as a phone or a computer shows it.
type Notice struct {
	Title  string
	Body   string
	Path   string        // of the dashboard's page that is opened
	Tag    string        // another with the same tag takes its place
	Urgent bool          // also when the device saves its battery
	Keep   time.Duration // for so long the push service waits for a device that is off
}

// Config is what a Sender is made of. Browsers, Compose and Key are needed.
type Config struct {
	Browsers postgres.Browsers
	// Compose puts the alert at a position of the log into words for a member; false when it is no news to them any more.
	Compose func(ctx context.Context, w domain.WorkspaceID, m domain.MemberID, position int64) (Notice, bool, error)
	// Key tells push services that it is always the same sender: a scalar on P-256.
	Key []byte
	// Contact is whom a push service turns to when something is wrong: an https address, or an e-mail address.
	// Defaults to postmaster@localhost, which not every service takes.
	Contact string
	// Anywhere lets push services be anywhere, also on this machine: for tests and demos. Defaults to no: an address that a
	// browser names must not lead into our own network.
	Anywhere bool
	// Timeout is how long a push service may take. Defaults to 10 s.
	Timeout time.Duration
	// Poll is how often is looked for what others queued. Defaults to 1 s.
	Poll time.Duration
	// Now defaults to time.Now.
	Now func() time.Time
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Registry takes the metrics. Defaults to one nobody sees.
	Registry prometheus.Registerer
}

func (c Config) withDefaults() Config {
	c.Contact = cmp.Or(c.Contact, "postmaster@localhost")
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	return c
}

// keys are the pair in the form in which browsers and push services know it.
type keys struct{ public, private string }

func keysOf(scalar []byte) (keys, error) {
	private, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		return keys{}, fmt.Errorf("web push: the key is no scalar on P-256: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return keys{public: encode(private.PublicKey().Bytes()), private: encode(scalar)}, nil
}

// PublicKey is what a browser must be given before it takes messages from whoever has the key.
func PublicKey(scalar []byte) (string, error) {
	pair, err := keysOf(scalar)
	return pair.public, err
}

func (c Config) validate() error {
	if c.Browsers.DB == nil || c.Browsers.Now == nil || c.Compose == nil {
		return errors.New("web push: Browsers and Compose are needed")
	}
	return nil
}
