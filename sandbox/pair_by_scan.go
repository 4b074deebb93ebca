package sandbox

import (
	"context"
	"encoding/base64"
	"strings"
)

// scanned is the text of a QR code, taken apart.
type scanned struct {
	ref                        string
	noise, identity, advSecret []byte
}

// Scan links the device whose QR code says code, as a phone's camera would. It returns
// once the device has signed its identity and was told to log in.
func (p *Phone) Scan(ctx context.Context, code string) (Device, error) {
	s := p.server
	if p.Offline() {
		return Device{}, refuse(statusConflict, "This phone is offline.")
	}
	qr, err := parseQR(code)
	if err != nil {
		return Device{}, err
	}
	c, err := s.ownerOf(qr)
	if err != nil {
		return Device{}, err
	}
	if s.Behaviour().Passkey {
		secret, shown, err := s.passkey(ctx, c, qr.advSecret)
		if err != nil {
			return Device{}, err
		}
		device, err := s.link(ctx, p, c, secret, "passkey")
		device.Code = shown
		return device, err
	}
	return s.link(ctx, p, c, qr.advSecret, "qr")
}

// parseQR reads both forms: the bare list, and the list behind a wa.me address.
func parseQR(code string) (scanned, error) {
	code = strings.TrimSpace(code)
	if _, list, found := strings.Cut(code, "#"); found {
		code = list
	}
	parts := strings.Split(code, ",")
	if len(parts) < 4 {
		return scanned{}, refuse(statusUnprocessable, "That is not a code for linking a device.")
	}
	qr := scanned{ref: parts[0]}
	for i, into := range []*[]byte{&qr.noise, &qr.identity, &qr.advSecret} {
		key, err := base64.StdEncoding.DecodeString(parts[i+1])
		if err != nil || len(key) != 32 {
			return scanned{}, refuse(statusUnprocessable, "That code is damaged. Show a new one and scan again.")
		}
		*into = key
	}
	return qr, nil
}

func (s *Server) ownerOf(qr scanned) (*connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.refs[qr.ref]
	switch {
	case c == nil || c.registration == nil:
		return nil, refuse(statusGone, "That code is no longer shown. Show a new one and scan again.")
	case s.config.Now().After(c.registration.expires[qr.ref]):
		return nil, refuse(statusGone, "That code has expired. Scan the one shown now.")
	case string(qr.noise) != string(c.registration.noiseKey[:]),
		string(qr.identity) != string(c.registration.keys().GetEIdent()):
		return nil, refuse(statusUnprocessable, "That code does not match the device that asked for it.")
	}
	return c, nil
}
