package httpapi

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"switchboard.example/domain"
)

// The cookies. Scripts cannot read the first two; the third is there to be read.
const (
	accessCookie  = "sb_access"
	refreshCookie = "sb_refresh"
	csrfCookie    = "sb_csrf"
	refreshPath   = "/api/auth"
	refreshLife   = 7 * 24 * time.Hour
)

func cookieOf(c echo.Context, name string) string {
	cookie, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (s *Server) setCookies(c echo.Context, access, refresh string, id domain.MemberID) {
	s.setCookie(c, accessCookie, access, tokenLife)
	s.setCookie(c, refreshCookie, refresh, refreshLife)
	s.setCookie(c, csrfCookie, s.tokens.csrfToken(id), refreshLife)
}

func (s *Server) clearCookies(c echo.Context) {
	for _, name := range []string{accessCookie, refreshCookie, csrfCookie} {
		s.setCookie(c, name, "", 0)
	}
}

// setCookie gives each cookie its place; a life of zero takes it away.
func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // Secure depends on how people reach us; our page has to read the csrf cookie
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: s.secure(c), HttpOnly: name != csrfCookie, SameSite: http.SameSiteLaxMode,
	}
	if name == refreshCookie {
		cookie.Path, cookie.SameSite = refreshPath, http.SameSiteStrictMode
	}
	if life == 0 {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}
