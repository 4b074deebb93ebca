package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// contentPolicy lets the dashboard load its own files and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
	"font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

const (
	requestIDHeader = "X-Request-Id"
	maxBody         = 256 << 10
)

// prepare gives every answer its headers, every request an id, a limit to its body and, but for the live stream, to its time.
func (s *Server) prepare(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.setHeaders(c)
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		if c.Path() == streamPath {
			return next(c)
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return leftBy(r, next(c))
	}
}

// errClientLeft marks what failed because nobody waits for the answer any more. The database's driver answers a query that
// was given up with "bad connection" or "canceling statement", which would look like a database that is away.
var errClientLeft = errors.New("the client left")

func leftBy(r *http.Request, err error) error {
	if err == nil || r.Context().Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", errClientLeft, err)
}

func (s *Server) setHeaders(c echo.Context) {
	h := c.Response().Header()
	h.Set(requestIDHeader, s.config.NewID())
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.secure(c) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if strings.HasPrefix(c.Request().URL.Path, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(requestIDHeader) }

// secure says whether the browser speaks HTTPS to us, or to the proxy in front of us.
func (s *Server) secure(c echo.Context) bool { return s.config.HTTPS || c.Request().TLS != nil }
