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

// EnterCode links the device whose pairing code is typed.
func (s *Sandbox) EnterCode(ctx context.Context, number, code string) error {
	return s.api.call(ctx, http.MethodPost, "/phones/"+number+"/enter-code", "", map[string]any{"code": code}, nil)
}

// Unlink removes every device from the phone, as its owner can.
func (s *Sandbox) Unlink(ctx context.Context, number string) error {
	return s.api.call(ctx, http.MethodPost, "/phones/"+number+"/unlink", "", map[string]any{}, nil)
}

// Behave changes what the local WhatsApp does by assumption, by the names of its switches.
func (s *Sandbox) Behave(ctx context.Context, switches map[string]any) error {
	return s.api.call(ctx, http.MethodPatch, "/behaviour", "", switches, nil)
}

// Stats is what the local WhatsApp holds now.
type Stats struct {
	Online int // linked devices that take messages
	Queued int // stanzas that no device has confirmed
}

// Stats counts.
func (s *Sandbox) Stats(ctx context.Context) (n Stats, err error) {
	return n, s.api.call(ctx, http.MethodGet, "/stats", "", nil, &n)
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

// Device is one linked to a phone.
type Device struct{ Online bool }

// Linked lists the devices linked to a phone.
func (s *Sandbox) Linked(ctx context.Context, number string) ([]Device, error) {
	var phone struct{ Devices []Device }
	err := s.api.call(ctx, http.MethodGet, "/phones/"+number, "", nil, &phone)
	return phone.Devices, err
}

// Devices counts the devices linked to a phone.
func (s *Sandbox) Devices(ctx context.Context, number string) (int, error) {
	all, err := s.Linked(ctx, number)
	return len(all), err
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
	ID         string
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
