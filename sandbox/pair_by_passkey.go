package sandbox

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/stanza"
)

// passkeyExchange is a pairing that asks the account's owner for a passkey behind the scan.
type passkeyExchange struct {
	challenge []byte
	ref       string
	steps     chan stanza.Node // what the client sends, in order
}

// passkeyOptionsJSON is what an authenticator is asked.
func (x *passkeyExchange) options() []byte {
	options, err := json.Marshal(map[string]any{
		"challenge": base64.RawURLEncoding.EncodeToString(x.challenge), "timeout": 60_000, "rpId": "web.whatsapp.com",
		"allowCredentials": []any{}, "userVerification": "required", "extensions": map[string]any{},
	})
	if err != nil {
		return nil
	}
	return options
}

// startPasskey begins the exchange and asks the client for the owner's passkey.
func (s *Server) startPasskey(c *connection) (*passkeyExchange, error) {
	x := &passkeyExchange{challenge: randomBytes(32), ref: "4@" + randomText(24), steps: make(chan stanza.Node, 4)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.registration == nil {
		return nil, refuse(statusGone, "That code is no longer shown. Show a new one and scan again.")
	}
	c.registration.passkey = x
	c.sendLocked(stanza.Node{
		Tag:     "notification",
		Attrs:   stanza.Attrs{"from": types.ServerJID, "type": "passkey_prologue_request", "id": randomText(12), "t": s.unixNow()},
		Content: []stanza.Node{{Tag: "passkey_request_options", Content: x.options()}},
	})
	return x, nil
}

// passkeyOf finds the exchange a client is in, nil if it is in none.
func (s *Server) passkeyOf(c *connection) *passkeyExchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.registration == nil {
		return nil
	}
	return c.registration.passkey
}

func passkeyOptions(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	x := s.passkeyOf(c)
	if x == nil {
		answer := stanza.Failure(stanza.Text(node, "id"), 404, "item-not-found")
		return &answer
	}
	return result(node, stanza.Node{Tag: "passkey_request_options", Content: x.options()})
}

func companionRef(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	x := s.passkeyOf(c)
	if x == nil {
		answer := stanza.Failure(stanza.Text(node, "id"), 404, "item-not-found")
		return &answer
	}
	return result(node, stanza.Node{Tag: "ref", Content: []byte(x.ref)})
}

// passkeyStep hands a client's step to the phone that waits for it.
func passkeyStep(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	if x := s.passkeyOf(c); x != nil {
		select {
		case x.steps <- stanza.First(node):
			return result(node)
		default:
		}
	}
	answer := stanza.Failure(stanza.Text(node, "id"), 400, "bad-request")
	return &answer
}

func (x *passkeyExchange) step(ctx context.Context, c *connection, tag string) (stanza.Node, error) {
	select {
	case node := <-x.steps:
		if node.Tag != tag {
			return node, refuse(statusUnprocessable, "The device answered the passkey question out of order.")
		}
		return node, nil
	case <-c.ctx.Done():
		return stanza.Node{}, refuse(statusGone, "The device is gone. Show a new code and scan again.")
	case <-ctx.Done():
		return stanza.Node{}, refuse(statusTimeout, "The device did not answer the passkey question.")
	}
}

// passkey goes through the exchange and returns the secret that authenticates the pairing
// and the code that phone and device show.
func (s *Server) passkey(ctx context.Context, c *connection, scannedSecret []byte) (secret []byte, code string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	x, err := s.startPasskey(c)
	if err != nil {
		return nil, "", err
	}
	prologue, err := x.step(ctx, c, "passkey_prologue")
	if err != nil {
		return nil, "", err
	}
	claim, err := x.readPrologue(&prologue, scannedSecret)
	if err != nil {
		return nil, "", err
	}
	ephemeral, err := noise.NewPair()
	if err != nil {
		return nil, "", err
	}
	nonce := randomBytes(32)
	identity, err := proto.Marshal(&waCompanionReg.PrimaryEphemeralIdentity{PublicKey: ephemeral.Public[:], Nonce: nonce})
	if err != nil {
		return nil, "", fmt.Errorf("marshal the phone's ephemeral identity: %w", err)
	}
	c.send(stanza.Node{
		Tag:     "notification",
		Attrs:   stanza.Attrs{"from": types.ServerJID, "type": "crsc_continuation", "id": randomText(12), "t": s.unixNow()},
		Content: []stanza.Node{{Tag: "primary_ephemeral_identity", Content: identity}},
	})
	opened, err := x.step(ctx, c, "companion_nonce")
	if err != nil {
		return nil, "", err
	}
	if err := claim.open(stanza.Bytes(opened)); err != nil {
		return nil, "", err
	}
	request, err := x.step(ctx, c, "encrypted_pairing_request")
	if err != nil {
		return nil, "", err
	}
	secret, err = x.readRequest(c, claim, ephemeral, stanza.Bytes(request))
	return secret, confirmationCode(nonce, claim.nonce, ephemeral.Public), err
}

// passkeyClaim is what the device committed to.
type passkeyClaim struct {
	identity   *waCompanionReg.CompanionEphemeralIdentity
	serialized []byte
	commitment []byte
	nonce      []byte
}

// readPrologue checks that the authenticator answered this challenge and that the device
// is the one whose code was scanned.
func (x *passkeyExchange) readPrologue(step *stanza.Node, scannedSecret []byte) (*passkeyClaim, error) {
	wrong := refuse(statusUnprocessable, "The passkey does not belong to this pairing.")
	assertion, _ := stanza.Child(step, "webauthn_assertion")
	payload, _ := stanza.Child(step, "prologue_payload")
	proof, proven := stanza.Child(step, "pairing_handoff_proof")
	if !x.answered(stanza.Bytes(assertion)) {
		return nil, wrong
	}
	if proven {
		key, err := hkdf.Key(sha256.New, scannedSecret, nil, "shortcake-passkey-handoff-v1", 32)
		if err != nil {
			return nil, fmt.Errorf("derive the hand-off key: %w", err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(stanza.Bytes(payload))
		if !hmac.Equal(mac.Sum(nil), stanza.Bytes(proof)) {
			return nil, wrong
		}
	}
	var prologue waCompanionReg.ProloguePayload
	claim := &passkeyClaim{identity: &waCompanionReg.CompanionEphemeralIdentity{}}
	if proto.Unmarshal(stanza.Bytes(payload), &prologue) != nil ||
		proto.Unmarshal(prologue.GetCompanionEphemeralIdentity(), claim.identity) != nil ||
		len(claim.identity.GetPublicKey()) != 32 || claim.identity.GetRef() != x.ref {
		return nil, wrong
	}
	claim.serialized, claim.commitment = prologue.GetCompanionEphemeralIdentity(), prologue.GetCommitment().GetHash()
	return claim, nil
}

// answered says if the assertion is about this exchange's challenge.
func (x *passkeyExchange) answered(assertion []byte) bool {
	var answer struct {
		Response struct {
			ClientDataJSON string `json:"clientDataJSON"` //nolint:tagliatelle // the standard's name
		} `json:"response"`
	}
	if json.Unmarshal(assertion, &answer) != nil {
		return false
	}
	data, err := base64.RawURLEncoding.DecodeString(answer.Response.ClientDataJSON)
	if err != nil {
		return false
	}
	var client struct {
		Challenge string `json:"challenge"`
	}
	return json.Unmarshal(data, &client) == nil && client.Challenge == base64.RawURLEncoding.EncodeToString(x.challenge)
}

// open checks the nonce against what the device committed to before it saw the phone's key.
func (c *passkeyClaim) open(nonce []byte) error {
	hash := sha256.Sum256(slices.Concat(c.serialized, nonce))
	if !bytes.Equal(hash[:], c.commitment) {
		return refuse(statusUnprocessable, "The device does not keep to what it committed to.")
	}
	c.nonce = nonce
	return nil
}

// readRequest opens the device's request and checks that its keys are the connection's.
func (x *passkeyExchange) readRequest(c *connection, claim *passkeyClaim, ephemeral noise.Pair, wrapped []byte) ([]byte, error) {
	wrong := refuse(statusUnprocessable, "The device's pairing request cannot be read.")
	shared, err := noise.Shared(ephemeral.Private, [32]byte(claim.identity.GetPublicKey()))
	if err != nil {
		return nil, wrong
	}
	salt := fmt.Sprintf("Companion Pairing %d with ref %s", claim.identity.GetDeviceType(), x.ref)
	key, err := hkdf.Key(sha256.New, shared, []byte(salt), "Pairing Information Encryption Key", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the request's key: %w", err)
	}
	var sealed waCompanionReg.EncryptedPairingRequest
	if proto.Unmarshal(wrapped, &sealed) != nil || len(sealed.GetIV()) != 12 {
		return nil, wrong
	}
	plain, err := openGCM(key, sealed.GetIV(), sealed.GetEncryptedPayload())
	if err != nil {
		return nil, wrong
	}
	var request waCompanionReg.PairingRequest
	if proto.Unmarshal(plain, &request) != nil || len(request.GetAdvSecret()) != 32 ||
		!bytes.Equal(request.GetCompanionPublicKey(), c.registration.noiseKey[:]) ||
		!bytes.Equal(request.GetCompanionIdentityKey(), c.registration.keys().GetEIdent()) {
		return nil, wrong
	}
	return request.GetAdvSecret(), nil
}

// confirmationCode is what phone and device show, for people to compare.
func confirmationCode(phoneNonce, deviceNonce []byte, phoneKey [32]byte) string {
	digest := sha256.Sum256(slices.Concat(deviceNonce, phoneKey[:]))
	mixed := make([]byte, 5)
	for i := range mixed {
		mixed[i] = phoneNonce[i] ^ digest[i]
	}
	code := base32.NewEncoding("123456789ABCDEFGHJKLMNPQRSTVWXYZ").EncodeToString(mixed)
	return code[:4] + "-" + code[4:]
}

func openGCM(key, nonce, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, nonce, sealed, nil)
}
