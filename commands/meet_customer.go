package commands

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchboard.example/domain"
)

// met is a resolved customer, with what is to be appended about them.
type met struct {
	domain.About
	now    domain.Customer // as known once parts are appended
	parts  []Part
	merged []domain.CustomerID // who turned out to be this one
}

// meet resolves who wrote, and what was learned about them: first seen, a new name or number, a merge.
func (h *Handler) meet(ctx context.Context, w domain.WorkspaceID, from Sender, at time.Time, because domain.MessageID) (met, error) {
	resolved, err := h.Addresses.Resolve(ctx, w, from.Addresses, at)
	if err != nil {
		return met{}, fmt.Errorf("resolve the customer: %w", err)
	}
	m := met{About: domain.About{WorkspaceID: w, CustomerID: resolved.Customer}, merged: resolved.Merged}
	var known domain.Customer // of a new one nothing
	if !resolved.Created {
		if known, err = h.knownCustomer(ctx, m.About); err != nil {
			return met{}, err
		}
	}
	var events []domain.CustomerEvent
	m.now = known
	m.now.Phone, m.now.Name, m.now.KnownBefore = orElse(from.Phone, known.Phone), orElse(from.Name, known.Name), known.KnownBefore || from.KnownBefore
	if from.Saved != nil {
		m.now.Saved = *from.Saved
	}
	if resolved.Created || m.now != known {
		events = append(events, domain.CustomerSeen{
			About: m.About, SeenAt: h.Now(), Saved: from.Saved, KnownBefore: m.now.KnownBefore, Phone: m.now.Phone, Name: m.now.Name,
		})
	}
	if resolved.MergedFrom != "" {
		events = append(events, domain.CustomerMerged{About: m.About, Merged: resolved.MergedFrom})
		gone, _, err := load[domain.Customer, domain.CustomerEvent](ctx, h, domain.CustomerStream(w, resolved.MergedFrom))
		if err != nil {
			return met{}, err
		}
		events = append(events, known.Inherits(m.About, gone)...)
	}
	if resolved.MovedFrom != "" {
		events = append(events, domain.CustomerAddressMoved{About: m.About, From: resolved.MovedFrom, MovedAt: at, Phone: from.Phone})
	}
	m.parts = h.customerParts(m.About, string(because), events)
	return m, nil
}

func (h *Handler) customerParts(about domain.About, because string, events []domain.CustomerEvent) []Part {
	if len(events) == 0 {
		return nil
	}
	part := Part{Stream: domain.CustomerStream(about.WorkspaceID, about.CustomerID), Expected: AnyVersion}
	for _, e := range events {
		id := domain.DeriveID(string(about.CustomerID), e.EventType(), because)
		part.Events = append(part.Events, h.one(id, e)...)
	}
	return []Part{part}
}

func (h *Handler) knownCustomer(ctx context.Context, about domain.About) (domain.Customer, error) {
	if c, ok := h.seen.get(about.CustomerID); ok {
		return c, nil
	}
	c, _, err := load[domain.Customer, domain.CustomerEvent](ctx, h, domain.CustomerStream(about.WorkspaceID, about.CustomerID))
	return c, err
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// seenCustomers remembers what is recorded about recently met customers, so that each message need not load them.
type seenCustomers struct {
	mu   sync.Mutex
	last map[domain.CustomerID]domain.Customer
}

const maxSeenCustomers = 20_000

func (s *seenCustomers) get(id domain.CustomerID) (domain.Customer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.last[id]
	return c, ok
}

// drop forgets these customers, or all when none is named.
func (s *seenCustomers) drop(these []domain.CustomerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(these) == 0 {
		s.last = nil
	}
	for _, id := range these {
		delete(s.last, id)
	}
}

func (s *seenCustomers) put(id domain.CustomerID, c domain.Customer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || len(s.last) >= maxSeenCustomers {
		s.last = make(map[domain.CustomerID]domain.Customer) // forgotten all at once: it is only a cache
	}
	s.last[id] = c
}
