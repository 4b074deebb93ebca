package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// pairTimeout bounds how long a phone waits for the device it links.
const pairTimeout = 20 * time.Second

// The first bytes of what is signed for a device identity, by who signs it.
var (
	accountPrefix       = []byte{6, 0} //nolint:gochecknoglobals // constants of the protocol
	devicePrefix        = []byte{6, 1} //nolint:gochecknoglobals // constants of the protocol
	hostedAccountPrefix = []byte{6, 5} //nolint:gochecknoglobals // constants of the protocol
)

// link ties the registering client to the phone: it is told its identity, signs it,
// is stored, and then told to log in.
func (s *Server) link(ctx context.Context, p *Phone, c *connection, advSecret []byte, method string) (Device, error) {
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	d, err := s.prepareCompanion(p, c)
	if err != nil {
		return Device{}, err
	}
	defer s.release(c)
	d.Method = method
	identity, signed, err := s.identityFor(p, d, advSecret)
	if err != nil {
		return Device{}, err
	}
	answer, err := c.ask(ctx, s.pairSuccess(p, d, identity))
	if err != nil {
		return Device{}, refuse(statusTimeout, "The device did not answer. Show a new code and scan again.")
	}
	if err := d.accept(answer, signed, p.identityKey()); err != nil {
		s.counters.add(countPairingsFailed, 1)
		return Device{}, err
	}
	return s.finishLink(ctx, c, d)
}

func (s *Server) prepareCompanion(p *Phone, c *connection) (*companion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.registration == nil || c.ctx.Err() != nil:
		return nil, refuse(statusGone, "That code is no longer shown. Show a new one and scan again.")
	case c.registration.taken:
		return nil, refuse(statusConflict, "That code is being used by another phone.")
	case len(p.devices) >= s.behaviour.MaxDevices:
		return nil, refuse(statusConflict, fmt.Sprintf("This phone has %d linked devices already. Unlink one first.", len(p.devices)))
	case p.record.NextDevice > 255:
		return nil, refuse(statusConflict, "This phone has used up its device numbers. Use another phone.")
	}
	d, err := c.registration.companion(p, p.record.NextDevice, s.now())
	if err != nil {
		return nil, refuse(statusUnprocessable, "The device's registration is incomplete.")
	}
	c.registration.taken = true
	p.record.NextDevice++
	var b vault.Batch
	put(&b, bucketPhones, p.Number(), p.record)
	s.vault.Submit(&b)
	return d, nil
}

func (s *Server) release(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.registration != nil {
		c.registration.taken = false
	}
}

// identityFor signs the device's identity with the phone's key. It returns the container
// for the device and the signed identity inside it.
func (s *Server) identityFor(p *Phone, d *companion, advSecret []byte) (container []byte, signed *waAdv.ADVSignedDeviceIdentity, err error) {
	kind, prefix := waAdv.ADVEncryptionType_E2EE, accountPrefix
	if s.Behaviour().Hosted {
		kind, prefix = waAdv.ADVEncryptionType_HOSTED, hostedAccountPrefix
	}
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: new(d.Registration), Timestamp: new(uint64(s.now().Unix())), //nolint:gosec // after 1970
		KeyIndex: new(uint32(d.KeyIndex)), AccountType: kind.Enum(), DeviceType: kind.Enum(), //nolint:gosec // 1 to 255
	})
	if err != nil {
		return nil, nil, fmt.Errorf("marshal a device identity: %w", err)
	}
	account := p.identity()
	signer := account.Key.Private
	if s.faults.take(faultWrongAccount, p.number) != nil {
		signer = [32]byte(randomBytes(32))
	}
	if s.faults.take(faultWrongHMAC, p.number) != nil {
		advSecret = randomBytes(32)
	}
	signed = &waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: account.Key.Public[:],
		AccountSignature: ratchet.Sign(signer, prefix, details, d.IdentityKey),
	}
	inner, err := proto.Marshal(signed)
	if err != nil {
		return nil, nil, fmt.Errorf("marshal a signed identity: %w", err)
	}
	mac := hmac.New(sha256.New, advSecret)
	if kind == waAdv.ADVEncryptionType_HOSTED {
		mac.Write(hostedAccountPrefix)
	}
	mac.Write(inner)
	container, err = proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{
		Details: inner, HMAC: mac.Sum(nil), AccountType: kind.Enum(),
	})
	return container, signed, err
}

func (s *Server) pairSuccess(p *Phone, d *companion, container []byte) stanza.Node {
	return stanza.Node{
		Tag:   "iq",
		Attrs: stanza.Attrs{"from": types.ServerJID, "type": "set", "id": randomText(10), "xmlns": "md", "t": s.unixNow()},
		Content: []stanza.Node{{Tag: "pair-success", Content: []stanza.Node{
			{Tag: "device-identity", Content: container},
			{Tag: "biz", Attrs: stanza.Attrs{"name": p.Name()}},
			{Tag: "device", Attrs: stanza.Attrs{
				"jid": d.jid(types.DefaultUserServer), "lid": d.jid(types.HiddenUserServer),
			}},
			{Tag: "platform", Attrs: stanza.Attrs{"name": "smba"}},
		}}},
	}
}

// accept checks the device's signature under its identity and keeps it.
func (d *companion) accept(answer *stanza.Node, offered *waAdv.ADVSignedDeviceIdentity, account [32]byte) error {
	if stanza.Text(answer, "type") != "result" {
		failure := stanza.First(answer)
		return refuse(statusUnprocessable, fmt.Sprintf("The device refused: %s (%s).",
			stanza.Text(&failure, "text"), stanza.Text(&failure, "code")))
	}
	node, _ := stanza.Child(answer, "pair-device-sign", "device-identity")
	var signed waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(stanza.Bytes(node), &signed); err != nil {
		return refuse(statusUnprocessable, "The device's signed identity cannot be read.")
	}
	signed.AccountSignatureKey = account[:]
	if string(signed.GetDetails()) != string(offered.GetDetails()) {
		return refuse(statusUnprocessable, "The device signed another identity than it was given.")
	}
	if err := verifyDevice(&signed, [32]byte(d.IdentityKey), account); err != nil {
		return refuse(statusUnprocessable, "The device's identity is not properly signed: "+err.Error()+".")
	}
	var err error
	d.DeviceIdentity, err = proto.Marshal(&signed)
	return err
}

func (s *Server) finishLink(ctx context.Context, c *connection, d *companion) (Device, error) {
	var b vault.Batch
	put(&b, bucketCompanions, d.key(), d.companionRecord)
	s.mu.Lock()
	s.adopt(d)
	ticket := s.vault.Submit(&b)
	others := s.deviceListChanged(d.phone, d)
	s.deliverLocked(&vault.Batch{}, others...)
	lag := s.behaviour.CloseLag
	s.mu.Unlock()
	if err := s.vault.Wait(ctx, ticket); err != nil {
		return Device{}, fmt.Errorf("store the link: %w", err)
	}
	s.counters.add(countPairings, 1)
	if f := s.faults.take(faultRestartLag, d.Phone); f != nil {
		lag = f.Milliseconds
	}
	c.sendLast(streamError(515), lag)
	s.hub.publish(d.Phone, "devices")
	return s.describeDevice(d), nil
}

// adopt makes a linked device known. Callers hold s.mu, or are alone.
func (s *Server) adopt(d *companion) {
	s.companions[d.key()] = d
	d.phone.devices[d.Device] = d
}

// ask sends an IQ to the client and waits for its answer.
func (c *connection) ask(ctx context.Context, iq stanza.Node) (*stanza.Node, error) {
	id := stanza.Text(&iq, "id")
	answer := make(chan *stanza.Node, 1)
	c.server.mu.Lock()
	c.answers[id] = answer
	c.server.mu.Unlock()
	defer func() {
		c.server.mu.Lock()
		delete(c.answers, id)
		c.server.mu.Unlock()
	}()
	c.send(iq)
	select {
	case node := <-answer:
		return node, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ctx.Done():
	}
	select {
	case node := <-answer: // its last words
		return node, nil
	default:
		return nil, c.ctx.Err()
	}
}

// answered hands a client's IQ answer to whoever asked.
func (c *connection) answered(node *stanza.Node) {
	c.server.mu.Lock()
	waiting := c.answers[stanza.Text(node, "id")]
	c.server.mu.Unlock()
	if waiting == nil {
		return
	}
	select {
	case waiting <- node:
	default:
	}
}

// verifyDevice checks that the account's phone vouches for the device and that the
// device holds its identity key.
func verifyDevice(signed *waAdv.ADVSignedDeviceIdentity, device, account [32]byte) error {
	var details waAdv.ADVDeviceIdentity
	if err := proto.Unmarshal(signed.GetDetails(), &details); err != nil {
		return fmt.Errorf("its details cannot be read")
	}
	prefix := accountPrefix
	if details.GetDeviceType() == waAdv.ADVEncryptionType_HOSTED {
		prefix = hostedAccountPrefix
	}
	if key := signed.GetAccountSignatureKey(); len(key) > 0 && string(key) != string(account[:]) {
		return fmt.Errorf("another account vouches for it")
	}
	if !ratchet.Verify(account, signed.GetAccountSignature(), prefix, signed.GetDetails(), device[:]) {
		return fmt.Errorf("the account's signature is wrong")
	}
	if !ratchet.Verify(device, signed.GetDeviceSignature(), devicePrefix, signed.GetDetails(), device[:], account[:]) {
		return fmt.Errorf("the device's signature is wrong")
	}
	return nil
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func itoa(n int) string { return strconv.Itoa(n) }
