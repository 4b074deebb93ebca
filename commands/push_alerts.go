package commands

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"switchboard.example/domain"
)

// Browser is where a member is told of alerts while the dashboard is closed.
type Browser struct {
	ID          string
	WorkspaceID domain.WorkspaceID
	MemberID    domain.MemberID
	Endpoint    string // where its push service takes messages for it; whoever knows it can annoy its owner
	P256DH      []byte // RFC 8291: the browser's public key, an uncompressed point on P-256
	Auth        []byte // RFC 8291: the browser's secret, 16 bytes
}

// Service is the host of the browser's push service.
func (b Browser) Service() string {
	address, err := url.Parse(b.Endpoint)
	if err != nil {
		return ""
	}
	return address.Hostname()
}

// Browsers keeps them, and what is on its way to them, outside the log: like a sign-in, a browser is no business of the
// business's history, and an endpoint is a secret.
type Browsers interface {
	// Add keeps a browser, and the member's newest MaxBrowsers. One whose endpoint is known for the member keeps its id, which is
	// returned; for anybody else it is forgotten.
	Add(ctx context.Context, b Browser) (id string, err error)
	// Has says whether a member is told there.
	Has(ctx context.Context, id string, w domain.WorkspaceID, m domain.MemberID) (bool, error)
	// Remove forgets a browser. An unknown one is fine.
	Remove(ctx context.Context, id string) error
	// KeepOnlyFor forgets a browser that is another member's.
	KeepOnlyFor(ctx context.Context, id string, m domain.MemberID) error
	// Queue has an alert sent to every browser of those members of its workspace who are told, each once.
	Queue(ctx context.Context, alert domain.Recorded, until time.Time, to Told) (browsers int, err error)
}

// Told is which members are told of something. The zero value is nobody.
type Told struct {
	Everybody bool              // else nobody
	But       []domain.MemberID // for whom it is the other way round
}

// toldNow is whom a business's alerts reach by phone and in browsers at this time.
func (h *Handler) toldNow(space domain.Workspace) Told {
	told := Told{Everybody: space.Settings.Tells("", h.Now(), space.Zone())}
	for m := range space.Settings.MemberAlerts {
		if space.Settings.Tells(m, h.Now(), space.Zone()) != told.Everybody {
			told.But = append(told.But, m)
		}
	}
	return told
}

// MaxBrowsers is how many browsers of a member are told of alerts.
const MaxBrowsers = 10

// SwitchPushOn asks that a member's browser is told of alerts. The keys are base64url, as the browser gives them.
type SwitchPushOn struct {
	WorkspaceID  domain.WorkspaceID
	MemberID     domain.MemberID
	Endpoint     string
	P256DH, Auth string
}

const (
	maxEndpoint = 1000 // characters; those of today's services have up to 600
	p256dhSize  = 65
	authSize    = 16
)

// SwitchPushOn keeps the browser and returns its id, which is for that browser alone.
func (h *Handler) SwitchPushOn(ctx context.Context, cmd SwitchPushOn) (string, error) {
	if h.Browsers == nil {
		return "", errNoPush
	}
	if err := h.checkEndpoint(cmd.Endpoint); err != nil {
		return "", err
	}
	point, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(cmd.P256DH, "="))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil || len(point) != p256dhSize {
		return "", domain.InvalidField("keys.p256dh", "push.key", "This is not a browser's key.")
	}
	auth, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(cmd.Auth, "="))
	if err != nil || len(auth) != authSize {
		return "", domain.InvalidField("keys.auth", "push.key", "This is not a browser's secret.")
	}
	b := Browser{ID: h.NewID(), WorkspaceID: cmd.WorkspaceID, MemberID: cmd.MemberID, Endpoint: cmd.Endpoint, P256DH: point, Auth: auth}
	id, err := h.Browsers.Add(ctx, b)
	if err != nil {
		return "", fmt.Errorf("switch push on: %w", err)
	}
	return id, nil
}

var errNoPush = domain.Refuse(domain.Unavailable, "push.off", "Alerts cannot be sent to browsers here.")

// checkEndpoint refuses what is plainly no push service's. Where its name leads is checked when a connection is made.
func (h *Handler) checkEndpoint(endpoint string) error {
	refusal := domain.InvalidField("endpoint", "push.endpoint", "This is not the address of a push service.")
	address, err := url.Parse(endpoint)
	if err != nil || len(endpoint) > maxEndpoint || address.Hostname() == "" || address.User != nil || address.Opaque != "" || address.Fragment != "" {
		return refusal
	}
	if h.PushAnywhere {
		return nil
	}
	_, notAnAddress := netip.ParseAddr(address.Hostname())
	if address.Scheme != "https" || address.Port() != "" && address.Port() != "443" || notAnAddress == nil || !strings.Contains(address.Hostname(), ".") {
		return refusal
	}
	return nil
}

// QueuePush has an alert sent to the browsers of its workspace whose members want to be told now. It says whether there are
// any. Asked again, it changes nothing.
func (h *Handler) QueuePush(ctx context.Context, alert domain.Recorded) (bool, error) {
	if h.Browsers == nil {
		return false, nil
	}
	space, news, err := h.news(ctx, alert)
	if err != nil || !news {
		return false, err
	}
	n, err := h.Browsers.Queue(ctx, alert, alert.OccurredAt.Add(tellWithin), h.toldNow(space))
	if err != nil {
		return false, fmt.Errorf("queue an alert for browsers: %w", err)
	}
	return n > 0, nil
}

// PushWanted returns the business, and whether the alert is news and the member wants to be told now.
func (h *Handler) PushWanted(ctx context.Context, alert domain.Recorded, m domain.MemberID) (domain.Workspace, bool, error) {
	space, news, err := h.news(ctx, alert)
	return space, news && space.Settings.Tells(m, h.Now(), space.Zone()), err
}

// news returns the business, and whether the alert still tells it something.
func (h *Handler) news(ctx context.Context, alert domain.Recorded) (domain.Workspace, bool, error) {
	w := alert.Workspace()
	space, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(w))
	if err != nil {
		return domain.Workspace{}, false, err
	}
	if h.Now().Sub(alert.OccurredAt) > tellWithin {
		return space, false, nil
	}
	if told, ok := alert.Event.(domain.WorkspaceAlertRaised); ok && told.Kind == domain.AlertDisconnected {
		link, _, err := load[domain.Connection, domain.ConnectionEvent](ctx, h, domain.ConnectionStream(w))
		return space, link.Status != domain.Connected, err
	}
	return space, true, nil
}
