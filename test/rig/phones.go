package rig

import (
	"context"
	"net/http"
	"time"
)

// Sandbox is a running local WhatsApp, spoken to by its control API.
type Sandbox struct{ api api }

// NewSandbox speaks to the sandbox at host:port.
func NewSandbox(addr string) *Sandbox {
	return &Sandbox{api{base: "http://" + addr + "/sandbox/api", client: newClient(nil)}}
}

// RootKey returns the certificate root in hex.
func (s *Sandbox) RootKey(ctx context.Context) (string, error) {
	key, err := s.api.send(ctx, http.MethodGet, "/root-key", "", nil)
	return string(key), err
}

// Message is what a phone sent or decrypted, with the sandbox's own times.
type Message struct {
	ID          string
	Direction   string // in or out
	Peer        string // the other side's number
	Text        string
	At          time.Time // when the sandbox took it
	Status      string
	Copies      int // how often this id arrived
	Error       string
	DecryptedAt *time.Time
}

// AddPhone makes a phone of kind owner or customer.
func (s *Sandbox) AddPhone(ctx context.Context, number, name, kind string) error {
	return s.api.call(ctx, http.MethodPost, "/phones", "", map[string]any{"phone": number, "name": name, "kind": kind}, nil)
}

// Scan links the device whose QR code says code.
func (s *Sandbox) Scan(ctx context.Context, number, code string) error {
	return s.api.call(ctx, http.MethodPost, "/phones/"+number+"/scan", "", map[string]any{"code": code}, nil)
}

// Send writes from one phone to another, addressed by "phone" or "lid".
func (s *Sandbox) Send(ctx context.Context, from, to, text, address string) (m Message, err error) {
	body := map[string]any{"to": to, "text": text, "address": address}
	return m, s.api.call(ctx, http.MethodPost, "/phones/"+from+"/messages", "", body, &m)
}

// Messages lists a phone's messages in the order they came.
func (s *Sandbox) Messages(ctx context.Context, number string) (all []Message, err error) {
	return all, s.api.call(ctx, http.MethodGet, "/phones/"+number+"/messages", "", nil, &all)
}

// Devices counts the devices linked to a phone.
func (s *Sandbox) Devices(ctx context.Context, number string) (int, error) {
	var phone struct{ Devices []any }
	err := s.api.call(ctx, http.MethodGet, "/phones/"+number, "", nil, &phone)
	return len(phone.Devices), err
}

// Line is one connection of a linked device as the sandbox saw it.
type Line struct {
	ID       uint64
	OpenedAt time.Time
	ClosedAt *time.Time
}

// Frame is one line of the sandbox's journal: what a connection brought or took.
type Frame struct {
	At         time.Time
	Connection uint64
	What       string // logged-in, closed, delivered, confirmed, received
	Class      string
}

// Record is what the sandbox saw of the devices linked to a phone.
type Record struct {
	Connections []Line // oldest first
	Journal     []Frame
	Dropped     int64
}

// Judge reads the sandbox's own record of a phone.
func (s *Sandbox) Judge(ctx context.Context, number string) (r Record, err error) {
	return r, s.api.call(ctx, http.MethodGet, "/phones/"+number+"/judge", "", nil, &r)
}

// Forgive ends every fault that was ordered.
func (s *Sandbox) Forgive(ctx context.Context) error {
	return s.api.call(ctx, http.MethodDelete, "/faults", "", nil, nil)
}

// Fault orders a fault, as the local WhatsApp's list of faults describes it.
func (s *Sandbox) Fault(ctx context.Context, order map[string]any) error {
	return s.api.call(ctx, http.MethodPost, "/faults", "", order, nil)
}
