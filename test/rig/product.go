package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Product is a running server, spoken to as the dashboard does.
type Product struct{ api api }

// NewProduct speaks to the server at host:port.
func NewProduct(addr string) *Product {
	return &Product{api{base: "http://" + addr, client: newClient(nil)}}
}

// Elsewhere speaks to the same server from the n-th other address, as people do who are not in one office: how often one
// address may sign up is limited. Only Linux has other addresses to come from; elsewhere it is the same.
func (p *Product) Elsewhere(n int) *Product {
	if runtime.GOOS != "linux" {
		return p
	}
	from := net.IPv4(127, 1, byte(n>>8), byte(n)) //nolint:gosec // two bytes of a small number
	return &Product{api{base: p.api.base, client: newClient(from)}}
}

// At speaks for the same person to another server of the installation: their token is good everywhere.
func (o *Owner) At(p *Product) *Owner {
	there := *o
	there.product = p
	return &there
}

// Ready returns nil when the server can serve.
func (p *Product) Ready(ctx context.Context) error {
	return p.api.call(ctx, http.MethodGet, "/readyz", "", nil, nil)
}

// Owner is somebody signed in to a workspace of their own.
type Owner struct {
	product *Product
	session *session

	Email     string
	Workspace string // its id
}

// session is a token, which lives for ten minutes, and is renewed for all who share it.
type session struct {
	mu    sync.Mutex
	token string
}

func (s *session) get() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

func (s *session) set(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

const password = "correct horse battery"

// SignUp makes an account and its workspace.
func (p *Product) SignUp(ctx context.Context, email, business string) (*Owner, error) {
	return p.enter(ctx, "/api/auth/signup", email, map[string]any{"email": email, "password": password, "businessName": business})
}

// LogIn signs the same person in again.
func (p *Product) LogIn(ctx context.Context, email string) (*Owner, error) {
	return p.enter(ctx, "/api/auth/login", email, map[string]any{"email": email, "password": password})
}

func (p *Product) enter(ctx context.Context, path, email string, body any) (*Owner, error) {
	var in struct {
		AccessToken string
		Workspace   struct{ ID string }
	}
	if err := p.api.call(ctx, http.MethodPost, path, "", body, &in); err != nil {
		return nil, err
	}
	return &Owner{product: p, session: &session{token: in.AccessToken}, Email: email, Workspace: in.Workspace.ID}, nil
}

// Token is what the owner's requests carry now.
func (o *Owner) Token() string { return o.session.get() }

func (o *Owner) call(ctx context.Context, method, path string, body, into any) error {
	return o.signedIn(ctx, func(token string) error { return o.product.api.call(ctx, method, path, token, body, into) })
}

// signedIn does something under the owner's session, and once more under a new one when that has run out.
func (o *Owner) signedIn(ctx context.Context, do func(token string) error) error {
	err := do(o.session.get())
	if refused := (*Refusal)(nil); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		return err
	}
	again, failed := o.product.LogIn(ctx, o.Email)
	if failed != nil {
		return errors.Join(err, failed)
	}
	o.session.set(again.session.get())
	return do(o.session.get())
}

// Read returns what the server answers to GET, as it is.
func (o *Owner) Read(ctx context.Context, path string) (answer []byte, err error) {
	err = o.signedIn(ctx, func(token string) error {
		answer, err = o.product.api.send(ctx, http.MethodGet, path, token, nil)
		return err
	})
	return answer, err
}

// HangUp closes the owner's connections to the server, as leaving the dashboard does. They are made again when needed.
func (o *Owner) HangUp() { o.product.api.client.CloseIdleConnections() }

// Disconnect closes the line, and removes the link if that is wanted.
func (o *Owner) Disconnect(ctx context.Context, unlink bool) error {
	return o.call(ctx, http.MethodPost, "/api/whatsapp/disconnect", map[string]any{"unlink": unlink}, nil)
}

// Connect asks for a code to link the number with.
func (o *Owner) Connect(ctx context.Context) error {
	return o.call(ctx, http.MethodPost, "/api/whatsapp/connect", map[string]any{"method": "qr"}, nil)
}

// ConnectByCode asks for a code to type on the phone with that number.
func (o *Owner) ConnectByCode(ctx context.Context, number string) error {
	return o.call(ctx, http.MethodPost, "/api/whatsapp/connect", map[string]any{"method": "code", "phone": number}, nil)
}

// Code is what is shown to link with: one of the two.
type Code struct {
	Code        string // the text of the QR code
	PairingCode string
}

// Code returns the code shown now; when none is, that is a Refusal.
func (o *Owner) Code(ctx context.Context) (c Code, err error) {
	return c, o.call(ctx, http.MethodGet, "/api/whatsapp/qr", nil, &c)
}

// QR returns the text of the code shown now, waiting for one.
func (o *Owner) QR(ctx context.Context) (code string, err error) {
	err = Eventually(ctx, "wait for a code to scan", func(ctx context.Context) error {
		shown, err := o.Code(ctx)
		if err == nil && shown.Code == "" {
			return ErrNotYet
		}
		code = shown.Code
		return err
	})
	return code, err
}

// Connection is how the line is.
type Connection struct {
	WhatsappConnectionStatus string
	Reason                   string
	Phone                    string
	LastHeardAt              *time.Time
}

// Connection reads how the line is.
func (o *Owner) Connection(ctx context.Context) (c Connection, err error) {
	return c, o.call(ctx, http.MethodGet, "/api/whatsapp/status", nil, &c)
}

// Online waits until the number is connected.
func (o *Owner) Online(ctx context.Context) error {
	return Eventually(ctx, "wait for the connection", func(ctx context.Context) error {
		c, err := o.Connection(ctx)
		if err == nil && c.WhatsappConnectionStatus != "connected" {
			return fmt.Errorf("it is %s (%s)", c.WhatsappConnectionStatus, c.Reason)
		}
		return err
	})
}

// Link connects the workspace to a phone, as scanning the code on the screen does.
func (o *Owner) Link(ctx context.Context, phones *Sandbox, number string) error {
	if err := o.Connect(ctx); err != nil {
		return err
	}
	code, err := o.QR(ctx)
	if err != nil {
		return err
	}
	if err := phones.Scan(ctx, number, code); err != nil {
		return err
	}
	return o.Online(ctx)
}

// AddFAQ teaches the bot an answer.
func (o *Owner) AddFAQ(ctx context.Context, answer string, questions ...string) error {
	return o.call(ctx, http.MethodPost, "/api/faqs", map[string]any{"questions": questions, "answer": answer}, nil)
}

// Fact is an event of the workspace's history.
type Fact struct {
	Position int64
	Type     string
	At       time.Time
	Data     json.RawMessage
}

const factsPerPage = 200

// Facts reads the history of one kind of event, oldest first.
func (o *Owner) Facts(ctx context.Context, kind string) ([]Fact, error) {
	var all []Fact
	after := int64(0)
	for {
		var page struct {
			Events []Fact
			Next   *int64
		}
		query := url.Values{"type": {kind}, "after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(factsPerPage)}}
		if err := o.call(ctx, http.MethodGet, "/api/audit/events?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if page.Next == nil || len(page.Events) == 0 {
			return all, nil
		}
		if *page.Next <= after {
			return nil, errors.New("the history does not move on")
		}
		after = *page.Next
	}
}
