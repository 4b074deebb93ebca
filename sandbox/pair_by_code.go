package sandbox

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/stanza"
)

const codeIterations = 131072

// codeRequest is a device that waits for its code to be typed on a phone.
type codeRequest struct {
	phone   *Phone
	ref     string
	wrapped []byte // the device's ephemeral key under the code
	server  []byte // its Noise key
}

// linkCode serves the device's two steps of pairing by code.
func (s *Server) linkCode(c *connection, node *stanza.Node) {
	step := stanza.First(node)
	switch stanza.Text(&step, "stage") {
	case "companion_hello":
		s.codeHello(c, node, &step)
	case "companion_finish":
		s.mu.Lock()
		var waiting chan *stanza.Node
		if c.registration != nil {
			waiting = c.registration.finish
		}
		s.mu.Unlock()
		c.send(stanza.Result(stanza.Text(node, "id")))
		if waiting != nil {
			waiting <- &step
		}
	default:
		c.send(stanza.Failure(stanza.Text(node, "id"), 400, "bad-request"))
	}
}

func (s *Server) codeHello(c *connection, iq, step *stanza.Node) {
	jid, _ := stanza.Address(step, "jid")
	wrapped, _ := stanza.Child(step, "link_code_pairing_wrapped_companion_ephemeral_pub")
	key, _ := stanza.Child(step, "companion_server_auth_key_pub")
	s.mu.Lock()
	p := s.phones[jid.User]
	valid := p != nil && c.registration != nil && len(stanza.Bytes(wrapped)) == 80
	ref := "3@" + randomText(24)
	if valid {
		c.registration.byCode = &codeRequest{phone: p, ref: ref, wrapped: stanza.Bytes(wrapped), server: stanza.Bytes(key)}
	}
	s.mu.Unlock()
	id := stanza.Text(iq, "id")
	if !valid {
		c.send(stanza.Failure(id, 404, "item-not-found"))
		return
	}
	c.send(stanza.Result(id, stanza.Node{
		Tag: "link_code_companion_reg", Attrs: stanza.Attrs{"stage": "companion_hello"},
		Content: []stanza.Node{{Tag: "link_code_pairing_ref", Content: []byte(ref)}},
	}))
	s.hub.publish(p.Number(), "code-asked")
}

// EnterCode types the code a device shows ("ABCD-EFGH") on the phone and links it.
func (p *Phone) EnterCode(ctx context.Context, code string) (Device, error) {
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	if p.Offline() {
		return Device{}, refuse(statusConflict, "This phone is offline.")
	}
	code, err := normalizeCode(code)
	if err != nil {
		return Device{}, err
	}
	waiting := p.server.codeRequests(p)
	if len(waiting) == 0 {
		return Device{}, refuse(statusNotFound, "No device is waiting for a code from this number. Ask for a new code.")
	}
	for _, c := range waiting {
		var secret []byte
		if secret, err = p.exchange(ctx, c, code); err == nil {
			return p.server.link(ctx, p, c, secret, "code")
		}
	}
	return Device{}, err
}

func normalizeCode(code string) (string, error) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(code) != 8 {
		return "", refuse(statusUnprocessable, "A code has eight letters and digits.")
	}
	return code, nil
}

func (s *Server) codeRequests(p *Phone) []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []*connection
	for c := range s.connections {
		if c.registration != nil && c.registration.byCode != nil && c.registration.byCode.phone == p && !c.registration.taken {
			waiting = append(waiting, c)
		}
	}
	return waiting
}

// exchange proves to each other that device and phone know the code, and returns the
// secret that authenticates the pairing.
func (p *Phone) exchange(ctx context.Context, c *connection, code string) ([]byte, error) {
	request, finish := p.server.awaitFinish(c)
	if request == nil {
		return nil, refuse(statusGone, "The device is gone. Ask for a new code.")
	}
	theirs, err := unwrap(code, request.wrapped)
	if err != nil {
		return nil, err
	}
	ephemeral, err := noise.NewPair()
	if err != nil {
		return nil, err
	}
	wrapped, err := wrap(code, ephemeral.Public[:])
	if err != nil {
		return nil, err
	}
	identity := p.identity().Key
	c.send(primaryHello(request.ref, wrapped, identity.Public, p.server.unixNow()))
	select {
	case step := <-finish:
		return openBundle(step, request, ephemeral, identity, theirs)
	case <-c.ctx.Done():
		return nil, refuse(statusGone, "The device is gone. Ask for a new code.")
	case <-ctx.Done():
		return nil, refuse(statusTimeout, "The device did not answer. Ask for a new code.")
	}
}

func (s *Server) awaitFinish(c *connection) (*codeRequest, chan *stanza.Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.registration == nil {
		return nil, nil
	}
	c.registration.finish = make(chan *stanza.Node, 4)
	return c.registration.byCode, c.registration.finish
}

func primaryHello(ref string, wrapped []byte, identity [32]byte, at string) stanza.Node {
	return stanza.Node{
		Tag: "notification",
		Attrs: stanza.Attrs{
			"type": "link_code_companion_reg", "from": types.ServerJID, "id": randomText(12), "t": at,
		},
		Content: []stanza.Node{{
			Tag: "link_code_companion_reg", Attrs: stanza.Attrs{"stage": "primary_hello"},
			Content: []stanza.Node{
				{Tag: "link_code_pairing_ref", Content: []byte(ref)},
				{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: wrapped},
				{Tag: "primary_identity_pub", Content: identity[:]},
			},
		}},
	}
}

// openBundle reads the device's answer; it opens only if both sides used the same code.
func openBundle(step *stanza.Node, request *codeRequest, ephemeral, identity noise.Pair, theirs [32]byte) ([]byte, error) {
	wrong := refuse(statusUnprocessable, "That code is not right. Check it and type it again.")
	bundleNode, _ := stanza.Child(step, "link_code_pairing_wrapped_key_bundle")
	refNode, _ := stanza.Child(step, "link_code_pairing_ref")
	bundle := stanza.Bytes(bundleNode)
	if len(bundle) < 44 || string(stanza.Bytes(refNode)) != request.ref {
		return nil, wrong
	}
	shared, err := noise.Shared(ephemeral.Private, theirs)
	if err != nil {
		return nil, wrong
	}
	key, err := hkdf.Key(sha256.New, shared, bundle[:32], "link_code_pairing_key_bundle_encryption_key", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the bundle key: %w", err)
	}
	plain, err := openGCM(key, bundle[32:44], bundle[44:])
	if err != nil || len(plain) != 96 || !bytes.Equal(plain[32:64], identity.Public[:]) {
		return nil, wrong
	}
	fixed, err := noise.Shared(identity.Private, [32]byte(plain[:32]))
	if err != nil {
		return nil, wrong
	}
	secret, err := hkdf.Key(sha256.New, slices.Concat(shared, fixed, plain[64:]), nil, "adv_secret", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the pairing secret: %w", err)
	}
	return secret, nil
}

// wrap hides a public key under the code: salt, iv and the encrypted key.
func wrap(code string, public []byte) ([]byte, error) {
	wrapped := make([]byte, 48, 80)
	if _, err := rand.Read(wrapped); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	hidden, err := underCode(code, wrapped[:32], wrapped[32:48], public)
	return append(wrapped, hidden...), err
}

func unwrap(code string, wrapped []byte) (public [32]byte, err error) {
	plain, err := underCode(code, wrapped[:32], wrapped[32:48], wrapped[48:80])
	if err != nil {
		return public, err
	}
	return [32]byte(plain), nil
}

func underCode(code string, salt, iv, data []byte) ([]byte, error) {
	key, err := pbkdf2.Key(sha256.New, code, salt, codeIterations, 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key from the code: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare a cipher: %w", err)
	}
	out := make([]byte, len(data))
	cipher.NewCTR(block, iv).XORKeyStream(out, data)
	return out, nil
}
