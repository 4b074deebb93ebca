package webpush

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
	library "github.com/SherClockHolmes/webpush-go"

	"switchboard.example/adapters/postgres"
)

// newClient speaks to push services. Where they are is a browser's claim: only public addresses are connected to, whatever
// the name leads to at that moment, no proxy is asked, and nobody is sent elsewhere.
func newClient(c Config) *http.Client {
	dialer := &net.Dialer{Timeout: c.Timeout}
	if !c.Anywhere {
		dialer.Control = ssrf.New(ssrf.WithPorts(443)).Safe
	}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: c.Timeout,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// message is what the browser's worker reads.
type message struct {
	Title    string `json:"title"`
	Body     string `json:"body"`
	Path     string `json:"path"`
	Tag      string `json:"tag"`
	Position int64  `json:"position"` // the same alert again rings no second time
}

// answer is what a push service says.
type answer struct {
	status     int
	retryAfter time.Duration // zero: it did not say
}

func (s *Sender) post(ctx context.Context, d postgres.Delivery, n Notice) (answer, error) {
	text, err := json.Marshal(message{n.Title, n.Body, n.Path, n.Tag, d.Position})
	if err != nil {
		return answer{}, err
	}
	urgency := library.UrgencyNormal
	if n.Urgent {
		urgency = library.UrgencyHigh
	}
	encode := base64.RawURLEncoding.EncodeToString
	to := &library.Subscription{Endpoint: d.Endpoint, Keys: library.Keys{P256dh: encode(d.P256DH), Auth: encode(d.Auth)}}
	response, err := library.SendNotificationWithContext(ctx, text, to, &library.Options{
		HTTPClient: s.client, Subscriber: s.config.Contact, VAPIDPublicKey: s.keys.public, VAPIDPrivateKey: s.keys.private,
		Topic: topicOf(d, n), TTL: int(n.Keep / time.Second), Urgency: urgency,
	})
	if err != nil {
		return answer{}, err
	}
	_ = response.Body.Close() // what it says beyond the status is for nobody here
	return answer{response.StatusCode, retryAfter(response.Header.Get("Retry-After"), s.config.Now())}, nil
}

// topicOf makes a waiting message give way to its successor (RFC 8030 §5.4). The service learns nothing from it: neither what
// it is about, nor that two browsers are told the same.
func topicOf(d postgres.Delivery, n Notice) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%x\x00%s", d.ID, d.Auth, n.Tag))
	return base64.RawURLEncoding.EncodeToString(sum[:24]) // 32 characters, the longest there may be
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return at.Sub(now)
	}
	return 0
}
