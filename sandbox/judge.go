package sandbox

import "time"

// The outcomes of a ciphertext that arrived at a phone.
const (
	outcomeDecrypted = "decrypted"
	outcomeFailed    = "failed"
	outcomeRepeated  = "repeated" // an id the phone knew already
)

// Arrival is one time a message came to a phone.
type Arrival struct {
	At         time.Time `json:"at"`
	Connection uint64    `json:"connection"` // of the sending device
	Outcome    string    `json:"outcome"`    // decrypted, failed, repeated
	Error      string    `json:"error,omitempty"`
}

// maxArrivals bounds what is kept of one message; the first ones tell the story.
const maxArrivals = 32

func (m *Message) arrived(a Arrival) {
	if len(m.Arrivals) < maxArrivals {
		m.Arrivals = append(m.Arrivals, a)
	}
}

// Judgement is what the sandbox itself saw of an account: a checker needs to trust nobody else.
type Judgement struct {
	Phone       string       `json:"phone"`
	Totals      Totals       `json:"totals"`
	Messages    []Verdict    `json:"messages"`
	Connections []Connection `json:"connections"` // of its linked devices, oldest first
	Journal     []Entry      `json:"journal"`     // what went over them, in order
	Dropped     int64        `json:"dropped"`     // journal entries that are no longer kept
	// Unknown are stanzas of any client that nobody modelled; it must be empty.
	Unknown map[string]int64 `json:"unknown"`
}

// Totals counts messages from the phone's side.
type Totals struct {
	Sent          int `json:"sent"`          // by the phone itself
	SentByDevices int `json:"sentByDevices"` // by its linked devices, as its own handset saw them
	Delivered     int `json:"delivered"`     // of those it sent: confirmed by a device of the other side
	Read          int `json:"read"`
	Received      int `json:"received"`      // ids
	Decrypted     int `json:"decrypted"`     // of those: readable in the end
	Failed        int `json:"failed"`        // of those: never readable
	FailedOnce    int `json:"failedOnce"`    // had to be asked for again
	ReceivedTwice int `json:"receivedTwice"` // came again after they had been read
}

// Verdict is one message with every step of its way that the sandbox saw.
type Verdict struct {
	ID          string     `json:"id"`
	Direction   string     `json:"direction"`
	Peer        string     `json:"peer"`
	Type        string     `json:"type"`
	Device      int        `json:"device"`
	Status      string     `json:"status"`
	At          time.Time  `json:"at"`
	DecryptedAt *time.Time `json:"decryptedAt,omitempty"`
	DeliveredAt *time.Time `json:"deliveredAt,omitempty"`
	ReadAt      *time.Time `json:"readAt,omitempty"`
	Copies      int        `json:"copies"`
	Retries     int        `json:"retries"`
	// Arrivals are the times it came to this phone, with the connection it came from.
	Arrivals []Arrival `json:"arrivals"`
	// Deliveries and Confirmations are the times it was written to the other side's linked
	// devices, and settled by them.
	Deliveries    []Entry `json:"deliveries"`
	Confirmations []Entry `json:"confirmations"`
}

// Judge gathers what the sandbox saw of an account.
func (p *Phone) Judge() Judgement {
	s := p.server
	v := Judgement{Phone: p.number, Messages: []Verdict{}, Connections: []Connection{}, Journal: []Entry{}, Unknown: s.Stats().Unknown}
	entries, connections, dropped := s.journal.read(s.ctx, p.lid)
	v.Journal, v.Connections, v.Dropped = append(v.Journal, entries...), append(v.Connections, connections...), dropped
	steps := map[string]map[string][]Entry{} // by peer and message id
	for _, m := range p.Messages() {
		if steps[m.Peer] == nil {
			steps[m.Peer] = s.stepsOf(m.Peer, p.number)
		}
		v.Messages = append(v.Messages, verdictOn(m, steps[m.Peer][m.ID]))
		v.Totals.add(m)
	}
	return v
}

// stepsOf collects what happened at the peer's linked devices to messages of this sender.
func (s *Server) stepsOf(peer, sender string) map[string][]Entry {
	all := map[string][]Entry{}
	p := s.find(peer)
	if p == nil {
		return all
	}
	entries, _, _ := s.journal.read(s.ctx, p.lid)
	for _, e := range entries {
		if e.Class == "message" && e.Peer == sender && (e.What == wasDelivered || e.What == wasConfirmed) {
			all[e.ID] = append(all[e.ID], e)
		}
	}
	return all
}

func verdictOn(m Message, steps []Entry) Verdict {
	v := Verdict{
		ID: m.ID, Direction: m.Direction, Peer: m.Peer, Type: m.Type, Device: m.Device, Status: m.Status, At: m.At,
		DecryptedAt: m.DecryptedAt, DeliveredAt: m.DeliveredAt, ReadAt: m.ReadAt, Copies: m.Copies, Retries: m.Retries,
		Arrivals: append([]Arrival{}, m.Arrivals...), Deliveries: []Entry{}, Confirmations: []Entry{},
	}
	if m.Direction != DirectionOut || m.Device != 0 {
		return v
	}
	for _, e := range steps {
		if e.What == wasDelivered {
			v.Deliveries = append(v.Deliveries, e)
		} else {
			v.Confirmations = append(v.Confirmations, e)
		}
	}
	return v
}

func (t *Totals) add(m Message) {
	if m.Type == typeCall {
		return
	}
	if m.Direction == DirectionOut {
		if m.Device != 0 {
			t.SentByDevices++
		} else {
			t.Sent++
		}
		t.Delivered += oneIf(m.Status == StatusDelivered || m.Status == StatusRead)
		t.Read += oneIf(m.Status == StatusRead)
		return
	}
	t.Received++
	t.Decrypted += oneIf(m.Status != StatusFailed)
	t.Failed += oneIf(m.Status == StatusFailed)
	failed, repeated := false, false
	for _, a := range m.Arrivals {
		failed = failed || a.Outcome == outcomeFailed
		repeated = repeated || a.Outcome == outcomeRepeated
	}
	t.FailedOnce += oneIf(failed)
	t.ReceivedTwice += oneIf(repeated)
}

func oneIf(holds bool) int {
	if holds {
		return 1
	}
	return 0
}
