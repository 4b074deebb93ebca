package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type connectRequest struct {
	Method domain.LinkMethod `json:"method"`
	Phone  string            `json:"phone"`
}

type disconnectRequest struct {
	Unlink bool `json:"unlink"`
}

type pauseRequest struct {
	Minutes *int `json:"minutes"`
}

type statusBody struct {
	WorkspaceID          domain.WorkspaceID      `json:"workspaceId"`
	Connected            bool                    `json:"whatsappConnected"`
	Status               domain.ConnectionStatus `json:"whatsappConnectionStatus"`
	Reason               domain.Reason           `json:"reason"`
	Phone                *string                 `json:"phone"`
	LastConnectedAt      *time.Time              `json:"lastConnectedAt"`
	LastDisconnectedAt   *time.Time              `json:"lastDisconnectedAt"`
	LastConnectionUpdate *time.Time              `json:"lastConnectionUpdate"`
	DisconnectReason     *domain.Reason          `json:"disconnectReason"`
	Attempt              int                     `json:"attempt"`
	NextAttemptAt        *time.Time              `json:"nextAttemptAt"`
	CatchingUp           int                     `json:"catchingUp"`
	BotPausedUntil       *time.Time              `json:"botPausedUntil"`
	LastHeardAt          *time.Time              `json:"lastHeardAt"`
	LastReplyAt          *time.Time              `json:"lastReplyAt"`
}

type linkCodeBody struct {
	Code        *string   `json:"code"`
	PairingCode *string   `json:"pairingCode"`
	Attempt     int       `json:"attempt"`
	Of          int       `json:"of"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

func (s *Server) connect(c call) error {
	body, err := readOptional[connectRequest](c)
	if err != nil {
		return err
	}
	position, err := s.config.Commands.ConnectWorkspace(c.Request().Context(), commands.ConnectWorkspace{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, Method: body.Method, Phone: digitsOf(body.Phone),
	})
	if err != nil {
		return err
	}
	return s.answerStatus(c, http.StatusAccepted, position)
}

// digitsOf drops what people put into phone numbers; anything else stays and is refused.
func digitsOf(phone string) string {
	phone = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "\u00a0", "").Replace(phone)
	return strings.TrimPrefix(phone, "+")
}

func (s *Server) disconnect(c call) error {
	body, err := readOptional[disconnectRequest](c)
	if err != nil {
		return err
	}
	position, err := s.config.Commands.DisconnectWorkspace(c.Request().Context(), commands.DisconnectWorkspace{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, Unlink: body.Unlink,
	})
	if err != nil {
		return err
	}
	return s.answerStatus(c, http.StatusAccepted, position)
}

const maxPauseMinutes = 7 * 24 * 60

func (s *Server) pauseBot(c call) error {
	body, err := readOptional[pauseRequest](c)
	if err != nil {
		return err
	}
	var until time.Time
	if body.Minutes != nil {
		if *body.Minutes < 1 || *body.Minutes > maxPauseMinutes {
			return domain.InvalidField("minutes", "minutes.invalid", "A pause can last from a minute to a week.")
		}
		until = s.config.Now().Add(time.Duration(*body.Minutes) * time.Minute)
	}
	position, err := s.config.Commands.PauseBot(c.Request().Context(), c.change(), until)
	if err != nil {
		return err
	}
	return s.answerStatus(c, http.StatusOK, position)
}

func (s *Server) resumeBot(c call) error {
	position, err := s.config.Commands.ResumeBot(c.Request().Context(), c.change())
	if err != nil {
		return err
	}
	return s.answerStatus(c, http.StatusOK, position)
}

func (s *Server) answerStatus(c call, status int, position int64) error {
	if err := s.wrote(c, position, modelStatus); err != nil {
		return err
	}
	return s.writeStatus(c, status)
}

func (s *Server) getStatus(c call) error { return s.writeStatus(c, http.StatusOK) }

// writeStatus shows a workspace that the read model does not know yet as one that was never linked, which it is.
func (s *Server) writeStatus(c call, code int) error {
	found, err := s.statusOf(c)
	if err != nil {
		return err
	}
	return writeJSON(c, code, s.newStatusBody(c.Request().Context(), c.session.Workspace, found))
}

func (s *Server) statusOf(c call) (found projections.Status, err error) {
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		status, ok, err := projections.StatusOf(c.Request().Context(), q, c.session.Workspace)
		if !ok {
			reason := domain.ReasonNeverLinked
			status = projections.Status{Status: domain.Disconnected, Reason: reason, DisconnectReason: &reason}
		}
		found = status.SeenBy(s.config.Witness(c.session.Workspace))
		return err
	})
	return found, err
}

func (s *Server) newStatusBody(ctx context.Context, w domain.WorkspaceID, st projections.Status) statusBody {
	body := statusBody{
		WorkspaceID: w, Connected: st.Connected, Status: st.Status, Reason: st.Reason, Phone: international(st.Phone),
		LastConnectedAt: inUTC(st.LastConnectedAt), LastDisconnectedAt: inUTC(st.LastDisconnectedAt),
		LastConnectionUpdate: inUTC(st.LastConnectionUpdate), DisconnectReason: st.DisconnectReason, Attempt: max(0, st.Attempt),
		NextAttemptAt: inUTC(st.NextAttemptAt), CatchingUp: st.CatchingUp, BotPausedUntil: s.pausedUntil(st),
		LastReplyAt: inUTC(st.LastReplyAt),
	}
	if heard := s.config.Heard(ctx, w); !heard.IsZero() {
		body.LastHeardAt = inUTC(&heard)
	}
	return body
}

// pausedUntil is nil when the bot is not paused, and the end of time when only somebody can end the pause.
func (s *Server) pausedUntil(st projections.Status) *time.Time {
	switch {
	case !st.BotPaused:
		return nil
	case st.BotPausedUntil == nil:
		forever := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		return &forever
	case !s.config.Now().Before(*st.BotPausedUntil):
		return nil
	}
	return inUTC(st.BotPausedUntil)
}

// international writes a number as people read it; nil when there is none.
func international(digits string) *string {
	if digits == "" {
		return nil
	}
	number := "+" + digits
	return &number
}

var errNoCode = domain.Refuse(domain.NotFound, "qr.none", "There is no code to scan right now. Ask for one.")

// getCode gives the code that is valid now, never an expired one, as JSON or as a picture.
func (s *Server) getCode(c call) error {
	// A code outlives its cancelling by the moment its owner needs to notice; nobody may scan it in that moment.
	if status, err := s.statusOf(c); err != nil || status.Status != domain.Connecting {
		return cmp.Or(err, error(errNoCode))
	}
	code, ok, err := s.config.Codes.Code(c.Request().Context(), c.session.Workspace)
	if err != nil {
		return err
	}
	if !ok || !s.config.Now().Before(code.ExpiresAt) {
		return errNoCode
	}
	c.Response().Header().Add("Vary", "Accept")
	if strings.HasPrefix(strings.TrimSpace(c.Request().Header.Get("Accept")), "image/png") {
		return writePicture(c, code.QR)
	}
	return writeJSON(c, http.StatusOK, linkCodeBody{
		Code: orNull(code.QR), PairingCode: orNull(code.PairingCode), Attempt: code.Attempt, Of: code.Of, ExpiresAt: code.ExpiresAt.UTC(),
	})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// A QR code needs a margin of four modules (ISO/IEC 18004) and modules that a phone's camera can tell apart.
const (
	quietModules = 4
	modulePixels = 8
)

func writePicture(c call, text string) error {
	if text == "" {
		return errNoCode
	}
	code, err := qr.Encode(text, qr.L, qr.Unicode)
	if err != nil {
		return errors.Join(errors.New("draw a qr code"), err)
	}
	modules := code.Bounds().Dx()
	side := (modules + 2*quietModules) * modulePixels
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			mx, my := x/modulePixels-quietModules, y/modulePixels-quietModules
			if mx >= 0 && my >= 0 && mx < modules && my < modules && isDark(code.At(mx, my)) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/png", file.Bytes())
}

func isDark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r == 0
}
