package httpapi

import (
	"net/http"
	"time"

	"switchboard.example/commands"
)

// pushBody is whether this browser is told of alerts while the dashboard is closed, and what it needs for that.
type pushBody struct {
	PublicKey *string `json:"publicKey"`
	On        bool    `json:"on"`
}

type switchPushOnRequest struct {
	Endpoint string        `json:"endpoint"`
	Keys     pushKeysInput `json:"keys"`
}

type pushKeysInput struct {
	P256DH string `json:"p256dh"`
	Auth   string `json:"auth"`
}

// pushCookie tells a browser that is told of alerts from all others, so that signing out there ends it there.
const (
	pushCookie = "sb_push"
	pushLife   = 400 * 24 * time.Hour // browsers keep none for longer
)

func (s *Server) getPush(c call) error {
	body := pushBody{PublicKey: orNull(s.config.PushKey)}
	if id := cookieOf(c, pushCookie); id != "" && s.config.Browsers != nil {
		var err error
		if body.On, err = s.config.Browsers.Has(c.Request().Context(), id, c.session.Workspace, c.session.Member); err != nil {
			return err
		}
	}
	return writeJSON(c, http.StatusOK, body)
}

// switchPushOn is asked again whenever the dashboard is opened, so that a browser that got another endpoint is told there.
func (s *Server) switchPushOn(c call) error {
	body, err := read[switchPushOnRequest](c)
	if err != nil {
		return err
	}
	id, err := s.config.Commands.SwitchPushOn(c.Request().Context(), commands.SwitchPushOn{
		WorkspaceID: c.session.Workspace, MemberID: c.session.Member,
		Endpoint: body.Endpoint, P256DH: body.Keys.P256DH, Auth: body.Keys.Auth,
	})
	if err != nil {
		return err
	}
	if old := cookieOf(c, pushCookie); old != "" && old != id && s.config.Browsers != nil {
		if err := s.config.Browsers.Remove(c.Request().Context(), old); err != nil {
			return err
		}
	}
	s.setCookie(c, pushCookie, id, pushLife)
	return writeJSON(c, http.StatusOK, pushBody{PublicKey: orNull(s.config.PushKey), On: true})
}

// switchPushOff is fine where it is off already.
func (s *Server) switchPushOff(c call) error {
	if err := s.forgetBrowser(c); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// forgetBrowser ends what this browser is told, whoever it was told for.
func (s *Server) forgetBrowser(c call) error {
	id := cookieOf(c, pushCookie)
	if id == "" || s.config.Browsers == nil {
		return nil
	}
	s.setCookie(c, pushCookie, "", 0)
	return s.config.Browsers.Remove(c.Request().Context(), id)
}
