package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"switchboard.example/domain"
)

const (
	csrfHeader   = "X-CSRF-Token"
	bearerPrefix = "bearer "
)

var (
	errCSRF      = domain.Forbidden("csrf", "This request did not come from our page. Reload the page and try again.")
	errCrossSite = domain.Forbidden("cross_site", "This request came from another site.")
	errRole      = domain.Forbidden("role", "Your role does not allow this. Ask the owner.")
)

// admit finds out who asks, and refuses who may not.
func (s *Server) admit(c *call, r route) error {
	if !isSafe(r.method) && isCrossSite(c.Request()) {
		return errCrossSite
	}
	if r.roles == public {
		return nil
	}
	who, err := s.authenticate(c)
	if err != nil {
		return err
	}
	if who.ByCookie && !isSafe(r.method) && !s.tokens.csrfHolds(c.Request().Header.Get(csrfHeader), cookieOf(c, csrfCookie), who.Member) {
		return errCSRF
	}
	if !r.roles.has(who.Role) {
		return errRole
	}
	c.session = who
	return nil
}

// authenticate takes the bearer token or, without one, the cookie.
func (s *Server) authenticate(c *call) (session, error) {
	header := c.Request().Header.Get("Authorization")
	text, byCookie := "", false
	switch {
	case len(header) > len(bearerPrefix) && strings.EqualFold(header[:len(bearerPrefix)], bearerPrefix):
		text = header[len(bearerPrefix):]
	case header == "":
		text, byCookie = cookieOf(c, accessCookie), true
	}
	who, err := s.tokens.check(text)
	if err != nil {
		return session{}, err
	}
	who.ByCookie = byCookie
	return who, s.standings.check(c.Request().Context(), who)
}

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// isCrossSite goes by what browsers say of a request that another site started. Programs that send bearer tokens say nothing.
func isCrossSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
}

// standingFor is how long an account's standing is taken as known: a disabled account is out within that time.
const standingFor = 30 * time.Second

const standingsKept = 20_000

// standings remembers for a moment which access tokens are still worth something.
type standings struct {
	accounts Accounts
	now      func() time.Time
	known    *lru.Cache[domain.MemberID, standing]
}

type standing struct {
	version   int
	workspace domain.WorkspaceID
	until     time.Time
}

func newStandings(accounts Accounts, now func() time.Time) (*standings, error) {
	known, err := lru.New[domain.MemberID, standing](standingsKept)
	if err != nil {
		return nil, err
	}
	return &standings{accounts: accounts, now: now, known: known}, nil
}

var errSessionEnded = domain.Refuse(domain.Unauthorized, "session.ended", "Your session has ended. Please sign in again.")

// check refuses a token whose account is gone or has been changed since. It fails closed: without the database nobody is in.
func (s *standings) check(ctx context.Context, who session) error {
	known, ok := s.known.Get(who.Member)
	if ok && s.now().Before(known.until) && known.version == who.TokenVersion && known.workspace == who.Workspace {
		return nil
	}
	account, version, err := s.accounts.ByID(ctx, who.Member)
	if refusal := (*domain.Error)(nil); errors.As(err, &refusal) && refusal.Kind == domain.NotFound {
		return errSessionEnded
	}
	if err != nil {
		return err
	}
	if version != who.TokenVersion || account.WorkspaceID != who.Workspace {
		return errSessionEnded
	}
	s.known.Add(who.Member, standing{version: version, workspace: who.Workspace, until: s.now().Add(standingFor)})
	return nil
}
