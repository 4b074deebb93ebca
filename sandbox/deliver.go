package sandbox

import (
	"slices"
	"strconv"

	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// delivery is a stanza for a linked device that must be confirmed.
type delivery struct {
	to   *companion
	node stanza.Node
	from string // the number of the account it comes from, "" for the server
}

// deliver queues stanzas and submits the batch they belong to; those online get them
// as soon as the batch is durable.
func (s *Server) deliver(b *vault.Batch, deliveries ...delivery) vault.Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliverLocked(b, deliveries...)
}

func (s *Server) deliverLocked(b *vault.Batch, deliveries ...delivery) vault.Ticket {
	entries := make([]*queued, 0, len(deliveries))
	for _, d := range deliveries {
		if s.companions[d.to.key()] != d.to {
			entries = append(entries, nil) // unlinked meanwhile
			continue
		}
		entries = append(entries, s.enqueue(b, d))
	}
	ticket := s.vault.Submit(b)
	for i, q := range entries {
		if q == nil {
			continue
		}
		c := deliveries[i].to.conn //nolint:gosec // there is one entry per delivery
		if c != nil && c.active {
			s.transmit(c, q, ticket)
		}
	}
	return ticket
}

func (s *Server) enqueue(b *vault.Batch, d delivery) *queued {
	frame, err := stanza.Encode(d.node)
	if err != nil {
		s.config.Log.ErrorContext(s.ctx, "stanza not encoded", "tag", d.node.Tag, "error", err)
		return nil
	}
	q := &queued{
		queuedRecord: queuedRecord{ID: stanza.Text(&d.node, "id"), Class: d.node.Tag, Frame: frame, From: d.from},
		sequence:     s.nextSequence(),
	}
	d.to.queue = append(d.to.queue, q)
	put(b, bucketQueue, sequenceKey(d.to.key(), q.sequence), q.queuedRecord)
	return q
}

// transmit sends a queued stanza on a live connection, unless a fault or the limit of
// unconfirmed messages holds it back. Callers hold s.mu.
func (s *Server) transmit(c *connection, q *queued, ticket vault.Ticket) {
	if q.Class != "message" {
		s.write(c, q, ticket)
		return
	}
	if s.stalled(c) {
		return // settle sends it
	}
	if s.holdBack(c, q, ticket) {
		return
	}
	s.write(c, q, ticket)
	s.releaseHeld(c, q.From)
	s.disturb(c, c.device.Phone, DirectionIn)
}

func (s *Server) write(c *connection, q *queued, ticket vault.Ticket) {
	q.sentOn = c
	o := outgoing{frame: q.Frame, after: ticket, note: q.delivered(false)}
	if q.Class == "message" {
		o.harm = s.harm(c.device.Phone)
	}
	c.push(o)
	if s.behaviour.RedeliverAfter > 0 {
		s.redeliverLater(c, q)
	}
}

// stalled says if the device must confirm something before it gets more messages.
func (s *Server) stalled(c *connection) bool {
	if s.behaviour.StallAfter == 0 {
		return false
	}
	open := 0
	for _, q := range c.device.queue {
		open += oneIf(q.Class == "message" && q.sentOn == c)
	}
	return open >= s.behaviour.StallAfter
}

// flushOffline sends what waited, marked offline, framed by the announcement and the
// count, and lets live stanzas follow. Callers hold s.mu.
func (s *Server) flushOffline(c *connection) {
	counts := map[string]int{}
	for _, q := range c.device.queue {
		counts[q.Class]++
	}
	total := len(c.device.queue)
	c.device.held = nil
	c.sendLocked(announcement("offline_preview", stanza.Attrs{
		"count": strconv.Itoa(total), "message": strconv.Itoa(counts["message"]),
		"receipt": strconv.Itoa(counts["receipt"]), "notification": strconv.Itoa(counts["notification"]), "appdata": "0",
	}))
	for _, q := range c.device.queue {
		if q.Class == "message" && s.stalled(c) {
			continue
		}
		node, err := stanza.Decode(q.Frame)
		if err != nil {
			continue
		}
		node.Attrs["offline"] = "1"
		q.sentOn = c
		c.sendNoted(*node, q.delivered(true))
		s.counters.add(countOfflineDelivered, 1)
	}
	c.sendLocked(announcement("offline", stanza.Attrs{"count": strconv.Itoa(total)}))
	c.active = true
}

func announcement(tag string, attrs stanza.Attrs) stanza.Node {
	return stanza.Node{
		Tag: "ib", Attrs: stanza.Attrs{"from": types.ServerJID},
		Content: []stanza.Node{{Tag: tag, Attrs: attrs}},
	}
}

// settle takes the oldest sent stanza of this class and id off the device's queue.
func (s *Server) settle(c *connection, class, by string, ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.device == nil {
		return
	}
	var b vault.Batch
	for _, id := range ids {
		for i, q := range c.device.queue {
			if q.Class == class && q.ID == id && q.sentOn != nil {
				c.device.queue = append(c.device.queue[:i:i], c.device.queue[i+1:]...)
				b.Delete(bucketQueue, sequenceKey(c.device.key(), q.sequence))
				c.book.noteIn(&b, Entry{What: wasConfirmed, Class: class, ID: id, Type: by, Peer: q.From})
				break
			}
		}
	}
	ticket := s.vault.Submit(&b)
	if s.behaviour.StallAfter > 0 && c.active {
		s.resume(c, ticket)
	}
}

// resume sends what the limit of unconfirmed messages kept back.
func (s *Server) resume(c *connection, ticket vault.Ticket) {
	for _, q := range slices.Clone(c.device.queue) {
		if q.sentOn != c && !c.device.holds(q) {
			s.transmit(c, q, ticket)
		}
	}
}

// delivered is what the journal says when the stanza is written.
func (q *queued) delivered(offline bool) *Entry {
	return &Entry{What: wasDelivered, Class: q.Class, ID: q.ID, Peer: q.From, Offline: offline}
}

// noteReceived enters what a device sent into the journal.
func (s *Server) noteReceived(c *connection, node *stanza.Node) {
	peer := ""
	if to, ok := stanza.Address(node, "to"); ok {
		if p := s.byJID(to); p != nil {
			peer = p.number
		}
	}
	c.book.received(node, peer)
}

func (s *Server) unixNow() string { return strconv.FormatInt(s.now().Unix(), 10) }
