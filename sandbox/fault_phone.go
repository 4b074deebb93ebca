package sandbox

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// exhaustPreKeys uses up the one-time keys of the phone's devices, as a crowd of new
// customers would. With notify the devices are told that none is left.
func (p *Phone) exhaustPreKeys(ctx context.Context, notify bool) error {
	s := p.server
	s.mu.Lock()
	var b vault.Batch
	var told []delivery
	for _, d := range s.companionsOf(p) {
		for len(d.preKeys) > 0 {
			s.bundle(d, &b)
		}
		if notify {
			told = append(told, preKeysLeft(d, s.unixNow()))
		}
	}
	ticket := s.deliverLocked(&b, told...)
	s.mu.Unlock()
	return s.vault.Wait(ctx, ticket)
}

// preKeysLeft tells a device how many one-time keys it has left.
func preKeysLeft(d *companion, at string) delivery {
	return delivery{to: d, node: stanza.Node{
		Tag:     "notification",
		Attrs:   stanza.Attrs{"from": types.ServerJID, "type": "encrypt", "id": randomText(12), "t": at},
		Content: []stanza.Node{{Tag: "count", Attrs: stanza.Attrs{"value": itoa(len(d.preKeys))}}},
	}}
}

// restrict keeps the account from beginning chats for a time, and tells its devices so
// now and when it is over.
func (p *Phone) restrict(seconds float64) {
	if seconds == 0 {
		seconds = 3600
	}
	s := p.server
	length := time.Duration(seconds * float64(time.Second))
	s.mu.Lock()
	until := s.now().Add(length)
	p.restrictedUntil = until
	s.tellRestriction(p, true)
	s.mu.Unlock()
	time.AfterFunc(length, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if p.restrictedUntil.Equal(until) {
			s.tellRestriction(p, false)
		}
	})
}

// restricted says if the account may not begin chats now. Callers hold s.mu.
func (p *Phone) restricted() bool { return p.server.now().Before(p.restrictedUntil) }

type timelock struct {
	Active bool   `json:"is_active"`                       //nolint:tagliatelle // the protocol's name
	Ends   string `json:"time_enforcement_ends,omitempty"` //nolint:tagliatelle // the protocol's name
	Kind   string `json:"enforcement_type,omitempty"`      //nolint:tagliatelle // the protocol's name
}

// timelock is the restriction as the protocol's JSON has it. Callers hold s.mu.
func (p *Phone) timelock(active bool) timelock {
	if !active {
		return timelock{}
	}
	return timelock{Active: true, Ends: strconv.FormatInt(p.restrictedUntil.Unix(), 10), Kind: "BIZ_QUALITY"}
}

// tellRestriction sends the account's devices the notification. Callers hold s.mu.
func (s *Server) tellRestriction(p *Phone, active bool) {
	content, err := json.Marshal(map[string]any{"data": map[string]any{"xwa2_notify_account_reachout_timelock": p.timelock(active)}})
	if err != nil {
		return
	}
	var told []delivery
	for _, d := range s.companionsOf(p) {
		told = append(told, delivery{to: d, node: stanza.Node{
			Tag:   "notification",
			Attrs: stanza.Attrs{"from": types.ServerJID, "type": "mex", "id": randomText(12), "t": s.unixNow()},
			Content: []stanza.Node{{
				Tag: "update", Attrs: stanza.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}, Content: content,
			}},
		}})
	}
	s.deliverLocked(&vault.Batch{}, told...)
}

// mexQuery answers the one question of this kind that is modelled: is the account
// restricted? Others get an empty answer.
func mexQuery(s *Server, c *connection, node *stanza.Node) *stanza.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := map[string]any{}
	if c.device != nil {
		data["xwa2_fetch_account_reachout_timelock"] = c.device.phone.timelock(c.device.phone.restricted())
	}
	content, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		return emptyAnswer(s, c, node)
	}
	return result(node, stanza.Node{Tag: "result", Content: content})
}
