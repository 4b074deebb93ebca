package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// reconnectAfter is how long a browser waits before it opens a lost stream again.
const reconnectAfter = 3 * time.Second

// stream tells the dashboard what changed, until the browser leaves, the token runs out, the account is shut, or the server
// ends. The stream itself carries no data: the page reads again what it shows.
func (s *Server) stream(c call) error {
	l, err := s.hub.join(c.session, c.Request().Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	defer s.hub.leave(l)
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("X-Accel-Buffering", "no") // proxies should pass each event on at once
	c.Response().WriteHeader(http.StatusOK)
	out := eventWriter{response: c.Response(), control: http.NewResponseController(c.Response())}
	_ = out.control.SetReadDeadline(time.Time{}) // the server's read timeout would end the request's context
	if err := out.write("retry: %d\n\n", reconnectAfter.Milliseconds()); err != nil {
		return nil // the browser has left
	}
	s.follow(c, l, out)
	return nil
}

// follow writes hints and heartbeats until there is a reason to end.
func (s *Server) follow(c call, l *listener, out eventWriter) {
	ctx := c.Request().Context()
	heartbeat := time.NewTicker(s.config.Heartbeat)
	defer heartbeat.Stop()
	expiry := time.NewTimer(c.session.ExpiresAt.Sub(s.config.Now()))
	defer expiry.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case _, more := <-l.wake:
			if !more {
				return // the server ends; the browser comes again by itself
			}
			err = s.writeNews(l, out)
		case <-heartbeat.C:
			if s.standings.check(ctx, c.session) != nil {
				_ = out.write("event: bye\ndata: {}\n\n")
				return
			}
			err = out.write("event: heartbeat\ndata: {}\n\n")
		case <-expiry.C:
			_ = out.write("event: bye\ndata: {}\n\n")
			return
		}
		if err != nil {
			return
		}
	}
}

func (s *Server) writeNews(l *listener, out eventWriter) error {
	hints, lost := s.hub.news(l)
	if lost {
		return out.write("event: reset\nid: %s\ndata: {}\n\n", s.hub.heardAll(l))
	}
	for _, one := range hints {
		data, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if err := out.write("event: change\nid: %s\ndata: %s\n\n", s.hub.idOf(one.number), data); err != nil {
			return err
		}
	}
	return nil
}

// eventWriter writes each event at once, and gives up on a browser that does not take it.
type eventWriter struct {
	response *echo.Response
	control  *http.ResponseController
}

func (w eventWriter) write(format string, args ...any) error {
	_ = w.control.SetWriteDeadline(time.Now().Add(streamWriteTime)) //nolint:forbidigo // the kernel's clock, not ours
	if _, err := fmt.Fprintf(w.response, format, args...); err != nil {
		return err
	}
	return w.control.Flush()
}
