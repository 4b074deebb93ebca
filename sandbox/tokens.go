package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// token is what an account gives another so that it may write: a trusted-contact token.
type token struct {
	Value []byte    `json:"value"`
	At    time.Time `json:"at"`
}

// IssueToken gives the account of a number a token with this time, as phones do to whom
// they write; its linked devices attach it to what they send to this phone.
func (p *Phone) IssueToken(ctx context.Context, to string, at time.Time) error {
	peer := p.server.find(to)
	if peer == nil {
		return refuse(statusNotFound, "There is no phone with the number "+to+" here.")
	}
	s := p.server
	s.mu.Lock()
	ticket := s.issueToken(p, peer, at)
	s.mu.Unlock()
	return s.vault.Wait(ctx, ticket)
}

// giveToken gives the account a token if it has none yet and the switch wants it.
func (p *Phone) giveToken(to *Phone) {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, given := p.tokens[to.number]; s.behaviour.IssueTokens && !given && to != p {
		s.issueToken(p, to, s.now())
	}
}

// issueToken makes a token and tells the receiving account's devices. Callers hold s.mu.
func (s *Server) issueToken(p, to *Phone, at time.Time) vault.Ticket {
	given := token{Value: randomBytes(16), At: at}
	p.tokens[to.number] = given
	s.counters.add(countTokensIssued, 1)
	var b vault.Batch
	put(&b, bucketTokens, p.number+"|"+to.number, given)
	var told []delivery
	for _, d := range s.companionsOf(to) {
		told = append(told, delivery{to: d, from: p.number, node: stanza.Node{
			Tag: "notification",
			Attrs: stanza.Attrs{
				"from": p.jid(types.DefaultUserServer, 0), "sender_lid": p.jid(types.HiddenUserServer, 0),
				"type": "privacy_token", "id": randomText(12), "t": s.unixNow(),
			},
			Content: []stanza.Node{{Tag: "tokens", Content: []stanza.Node{{
				Tag: "token", Attrs: stanza.Attrs{"type": "trusted_contact", "t": strconv.FormatInt(at.Unix(), 10)}, Content: given.Value,
			}}}},
		}})
	}
	return s.deliverLocked(&b, told...)
}

// takeTokens issues the tokens a device gives to its contacts.
func takeTokens(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	list, _ := stanza.Child(node, "tokens")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range list.GetChildrenByTag("token") {
		jid, _ := stanza.Address(&asked, "jid")
		if peer := s.byJIDLocked(jid); peer != nil && c.device != nil {
			s.issueToken(c.device.phone, peer, time.Unix(int64(stanza.Number(&asked, "t")), 0).UTC())
			if peer.distrusts[c.device.Phone] {
				delete(peer.distrusts, c.device.Phone)
				s.issueToken(peer, c.device.phone, s.now())
			}
		}
	}
	return result(node)
}

// admitted says if a device may send this to the account: with a token where one is
// wanted, and not to strangers while it is restricted. It returns the error code if not.
// Callers hold s.mu.
func (s *Server) admitted(d *companion, to *Phone, node *stanza.Node, known bool) (code int) {
	if to == nil || to == d.phone {
		return 0
	}
	sent, attached := stanza.Child(node, "tctoken")
	given, exists := to.tokens[d.Phone]
	valid := exists && bytes.Equal(stanza.Bytes(sent), given.Value) && s.now().Before(given.At.Add(milliseconds(s.behaviour.TokenLasts)))
	switch {
	case attached && valid:
		s.counters.add(countTokensValid, 1)
	case attached:
		s.counters.add(countTokensRefused, 1)
	}
	if d.phone.restricted() && !known || to.distrusts[d.Phone] || s.behaviour.RequireToken && !valid {
		return codeMayNotWrite
	}
	return 0
}

// distrust has the account refuse what the device's account writes, until it gets a fresh token.
func (s *Server) distrust(d *companion, to *Phone) {
	if to == nil || to == d.phone {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to.distrusts[d.Phone] = true
}

// codeMayNotWrite refuses a message to somebody who did not write first.
const codeMayNotWrite = 463

func (s *Server) loadToken(key string, value []byte) error {
	number, to, _ := strings.Cut(key, "|")
	var t token
	if err := json.Unmarshal(value, &t); err != nil {
		return err
	}
	if p := s.phones[number]; p != nil {
		p.tokens[to] = t
	}
	return nil
}
