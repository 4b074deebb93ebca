package sandbox

import (
	"errors"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/stanza"
)

// registration is a connection whose client has no account yet.
type registration struct {
	noiseKey [32]byte
	payload  *waWa6.ClientPayload
	expires  map[string]time.Time // by QR reference
	byCode   *codeRequest
	finish   chan *stanza.Node // the client's companion_finish, while a code is being entered
	passkey  *passkeyExchange
	taken    bool // a phone is linking it
}

// offerCodes gives the client its QR references, one after the other scannable, and
// closes the connection when they ran out.
func (s *Server) offerCodes(c *connection) {
	if !c.registration.genuine() {
		s.counters.add(countSignaturesRefused, 1)
		c.sendLast(loginFailure("400", nil), s.Behaviour().CloseLag)
		return
	}
	s.counters.add(countRegistrations, 1)
	refs, lasts := s.issueRefs(c)
	content := make([]stanza.Node, 0, len(refs))
	for _, ref := range refs {
		content = append(content, stanza.Node{Tag: "ref", Content: []byte(ref)})
	}
	c.send(stanza.Node{
		Tag:     "iq",
		Attrs:   stanza.Attrs{"from": types.ServerJID, "type": "set", "id": randomText(10), "xmlns": "md"},
		Content: []stanza.Node{{Tag: "pair-device", Content: content}},
	})
	time.AfterFunc(lasts, func() { s.expireRegistration(c) })
}

func (s *Server) issueRefs(c *connection) (refs []string, lasts time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	c.registration.expires = map[string]time.Time{}
	for i := range s.behaviour.QRCodes {
		if i == 0 {
			lasts = milliseconds(s.behaviour.QRFirst)
		} else {
			lasts += milliseconds(s.behaviour.QRNext)
		}
		ref := "2@" + randomText(48)
		refs = append(refs, ref)
		s.refs[ref] = c
		c.registration.expires[ref] = now.Add(lasts + milliseconds(s.behaviour.QRGrace))
	}
	return refs, lasts
}

func (s *Server) expireRegistration(c *connection) {
	s.mu.Lock()
	idle := c.registration != nil && !c.registration.taken
	s.mu.Unlock()
	if idle {
		s.counters.add(countRegistrationsExpired, 1)
		c.push(outgoing{end: &ending{}})
	}
}

// keys are the registration's public keys, nil if they are not all there.
func (r *registration) keys() *waWa6.ClientPayload_DevicePairingRegistrationData {
	data := r.payload.GetDevicePairingData()
	if len(data.GetEIdent()) != 32 || len(data.GetESkeyVal()) != 32 ||
		len(data.GetESkeySig()) != 64 || len(data.GetERegid()) != 4 || len(data.GetESkeyID()) != 3 {
		return nil
	}
	return data
}

// genuine says if the keys are all there and the identity signed the prekey.
func (r *registration) genuine() bool {
	data := r.keys()
	return data != nil && signedBy(data.GetEIdent(), data.GetESkeyVal(), data.GetESkeySig())
}

// describe names the device as the phone's list of linked devices shows it.
func (r *registration) describe() (name, platform string) {
	var props waCompanionReg.DeviceProps
	if proto.Unmarshal(r.payload.GetDevicePairingData().GetDeviceProps(), &props) != nil {
		return "", ""
	}
	return props.GetOs(), props.GetPlatformType().String()
}

// companion turns the registration into a linked device.
func (r *registration) companion(p *Phone, device int, now time.Time) (*companion, error) {
	data := r.keys()
	if data == nil {
		return nil, errors.New("the device's registration is incomplete")
	}
	registrationID, _ := strconv.ParseUint(hexOf(data.GetERegid()), 16, 32)
	signedID, _ := strconv.ParseUint(hexOf(data.GetESkeyID()), 16, 32)
	name, platform := r.describe()
	return &companion{phone: p, companionRecord: companionRecord{
		Phone: p.Number(), Device: device, KeyIndex: device, NoiseKey: r.noiseKey[:], IdentityKey: data.GetEIdent(),
		Registration: uint32(registrationID), SignedID: uint32(signedID),
		Signed: data.GetESkeyVal(), SignedSignature: data.GetESkeySig(),
		Name: name, Platform: platform, LinkedAt: now, LastSeen: now,
	}}, nil
}
