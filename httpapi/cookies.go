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
	s.setCookie(c, &http.Cookie{Name: accessCookie, Value: access, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}, tokenLife)
	s.setCookie(c, &http.Cookie{Name: refreshCookie, Value: refresh, Path: refreshPath, HttpOnly: true, SameSite: http.SameSiteStrictMode}, refreshLife)
	s.setCookie(c, &http.Cookie{Name: csrfCookie, Value: s.tokens.csrfToken(id), Path: "/", SameSite: http.SameSiteLaxMode}, refreshLife)
}

func (s *Server) clearCookies(c echo.Context) {
	s.setCookie(c, &http.Cookie{Name: accessCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}, 0)
	s.setCookie(c, &http.Cookie{Name: refreshCookie, Path: refreshPath, HttpOnly: true, SameSite: http.SameSiteStrictMode}, 0)
	s.setCookie(c, &http.Cookie{Name: csrfCookie, Path: "/", SameSite: http.SameSiteLaxMode}, 0)
}

// setCookie adds what all cookies share; a life of zero takes the cookie away.
func (s *Server) setCookie(c echo.Context, cookie *http.Cookie, life time.Duration) {
	cookie.Secure = s.secure(c)
	cookie.MaxAge = int(life.Seconds())
	if life == 0 {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}
