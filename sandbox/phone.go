package sandbox

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/vault"
)

// The kinds of phones. They work alike; the page shows them differently.
const (
	KindOwner    = "owner"
	KindCustomer = "customer"
)

// Phone is a simulated handset with its own account, identity and messages.
type Phone struct {
	server *Server
	number string
	lid    string

	mu       sync.Mutex // taken before the server's lock
	sessions map[string][]byte
	oneTime  map[uint32][32]byte
	messages []*Message
	byID     map[string]*Message
	changed  chan struct{} // closed and replaced when messages change
	typing   map[string]time.Time
	offline  bool
	waiting  []waitingEntry // for when it is back

	// Guarded by the server's lock.
	record          phoneRecord
	devices         map[int]*companion
	restrictedUntil time.Time        // may not begin chats before
	tokens          map[string]token // by the number of the account it gave one to
	distrusts       map[string]bool  // by the number of the account that must give it a fresh one
	state           map[string]*collection
}

func newPhone(s *Server, record phoneRecord) *Phone {
	return &Phone{
		server: s, number: record.Number, lid: record.LID, record: record, offline: record.Offline,
		sessions: map[string][]byte{}, oneTime: map[uint32][32]byte{}, byID: map[string]*Message{},
		changed: make(chan struct{}), typing: map[string]time.Time{}, devices: map[int]*companion{}, tokens: map[string]token{}, distrusts: map[string]bool{}, state: map[string]*collection{},
	}
}

// Phone returns the phone with this number, making it a customer's if there is none.
func (s *Server) Phone(number, name string) (*Phone, error) {
	if p := s.find(number); p != nil {
		return p, nil
	}
	return s.AddPhone(NewPhone{Number: number, Name: name})
}

// NewPhone describes a phone to make.
type NewPhone struct {
	Number string // any spelling; its digits count
	Name   string // shown to others. Defaults to the number.
	LID    string // digits. Defaults to random ones.
	Kind   string // KindOwner or KindCustomer. Defaults to KindCustomer.
}

// AddPhone makes a phone. Its state is durable when AddPhone returns.
func (s *Server) AddPhone(n NewPhone) (*Phone, error) {
	record, err := n.record(s.now())
	if err != nil {
		return nil, err
	}
	var b vault.Batch
	put(&b, bucketPhones, record.Number, record)
	s.mu.Lock()
	if s.phones[record.Number] != nil || s.lids[record.LID] != nil {
		s.mu.Unlock()
		return nil, refuse(statusConflict, "There is a phone with this number already.")
	}
	p := newPhone(s, record)
	s.register(p)
	ticket := s.vault.Submit(&b)
	s.mu.Unlock()
	s.hub.publish(record.Number, "phones")
	return p, s.vault.Wait(s.ctx, ticket)
}

func (n NewPhone) record(now time.Time) (phoneRecord, error) {
	r := phoneRecord{Number: digits(n.Number), Name: strings.TrimSpace(n.Name), LID: digits(n.LID), Kind: n.Kind, NextDevice: 1, NextKey: 1, CreatedAt: now}
	if len(r.Number) < 7 || len(r.Number) > 15 {
		return r, refuse(statusUnprocessable, "A phone number has 7 to 15 digits, country code first.")
	}
	if r.Name == "" {
		r.Name = "+" + r.Number
	}
	if r.Kind == "" {
		r.Kind = KindCustomer
	}
	if r.Kind != KindOwner && r.Kind != KindCustomer {
		return r, refuse(statusUnprocessable, `The kind of a phone is "owner" or "customer".`)
	}
	var err error
	if r.LID == "" {
		if r.LID, err = randomLID(); err != nil {
			return r, err
		}
	}
	r.Identity, err = ratchet.NewIdentity()
	return r, err
}

func randomLID() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(9e14))
	if err != nil {
		return "", fmt.Errorf("draw a lid: %w", err)
	}
	return fmt.Sprint(n.Int64() + 1e14), nil
}

// register makes a phone known. Callers hold s.mu, or are alone.
func (s *Server) register(p *Phone) {
	s.phones[p.number] = p
	s.lids[p.lid] = p
}

// find returns the phone with this number or LID, in any spelling, or nil.
func (s *Server) find(number string) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lid, found := strings.CutSuffix(number, "@"+types.HiddenUserServer); found {
		return s.lids[lid]
	}
	number, _, _ = strings.Cut(number, "@")
	return s.phones[digits(number)]
}

// byJID returns the phone a JID belongs to, or nil.
func (s *Server) byJID(jid types.JID) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byJIDLocked(jid)
}

func (s *Server) byJIDLocked(jid types.JID) *Phone {
	switch jid.Server {
	case types.HiddenUserServer, types.HostedLIDServer:
		return s.lids[jid.User]
	case types.DefaultUserServer, types.HostedServer, types.LegacyUserServer:
		return s.phones[strings.TrimPrefix(jid.User, "+")]
	default:
		return nil
	}
}

// Number is the phone number, digits only.
func (p *Phone) Number() string { return p.number }

// LID is the account's hidden id, digits only.
func (p *Phone) LID() string { return p.lid }

// Name is what others see.
func (p *Phone) Name() string { return p.record.Name } // never changes

func (p *Phone) jid(server string, device int) types.JID {
	user := p.number
	if server == types.HiddenUserServer {
		user = p.lid
	}
	return types.JID{User: user, Server: server, Device: uint16(device)} //nolint:gosec // 0 to 255
}

// signalUser is the name all Signal sessions with this account go under: its LID,
// whatever address a stanza used.
func (p *Phone) signalUser() string { return p.jid(types.HiddenUserServer, 0).SignalAddressUser() }

func (p *Phone) identity() ratchet.Identity {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.record.Identity
}

func (p *Phone) identityKey() [32]byte { return p.identity().Key.Public }

// shelf keeps a phone's Signal state in its maps and writes changes to the batch that
// is open. The phone's lock is held throughout.
type shelf struct {
	phone *Phone
	batch *vault.Batch
}

func (h *shelf) Session(address string) []byte { return h.phone.sessions[address] }

func (h *shelf) PutSession(address string, session []byte) {
	if len(session) == 0 {
		delete(h.phone.sessions, address)
		h.batch.Delete(bucketSessions, h.phone.number+"|"+address)
		return
	}
	h.phone.sessions[address] = session
	h.batch.Put(bucketSessions, h.phone.number+"|"+address, session)
}

func (h *shelf) OneTimeKey(id uint32) ([32]byte, bool) {
	key, ok := h.phone.oneTime[id]
	return key, ok
}

func (h *shelf) RemoveOneTimeKey(id uint32) {
	delete(h.phone.oneTime, id)
	h.batch.Delete(bucketOneTime, oneTimeKey(h.phone.number, id))
}

// open returns the phone's box writing to a batch. Callers hold p.mu.
func (p *Phone) open(b *vault.Batch) *ratchet.Box {
	return ratchet.NewBox(p.identity(), &shelf{phone: p, batch: b})
}

// offerBundle makes a one-time key and offers a session with the phone itself.
func (p *Phone) offerBundle() (ratchet.Bundle, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	bundle, err := p.newBundle(&b)
	p.server.vault.Submit(&b)
	return bundle, err
}

// newBundle is offerBundle within an open batch. Callers hold p.mu.
func (p *Phone) newBundle(b *vault.Batch) (ratchet.Bundle, error) {
	key, err := noise.NewPair()
	if err != nil {
		return ratchet.Bundle{}, err
	}
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	id := p.record.NextKey
	p.record.NextKey = id%0xfffffe + 1
	var phone vault.Batch
	put(&phone, bucketPhones, p.number, p.record)
	s.vault.Submit(&phone)
	p.oneTime[id] = key.Private
	b.Put(bucketOneTime, oneTimeKey(p.number, id), key.Private[:])
	return p.record.Identity.Bundle(id, key.Public), nil
}

func oneTimeKey(number string, id uint32) string { return fmt.Sprintf("%s:%d", number, id) }

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
