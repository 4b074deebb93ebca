package whatsapp

import (
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Every message and every try to send comes by here, also where nobody follows them.
func TestWithoutAFollowerNothingIsSpent(t *testing.T) {
	c, x, o := followed(nil)
	now := time.Now()
	spent := testing.AllocsPerRun(1000, func() {
		c.follow("3A1", stored{isMessage, o.ref.CustomerID}, now, now, nil)
		x.follow(o, span{began: now, ended: now}, outcome{}, nil)
	})
	if spent != 0 {
		t.Errorf("%v allocations", spent)
	}
}

func BenchmarkWithoutAFollower(b *testing.B) {
	c, x, o := followed(nil)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		c.follow("3A1", stored{isMessage, o.ref.CustomerID}, now, now, nil)
		x.follow(o, span{began: now, ended: now}, outcome{}, nil)
	}
}

func TestAFollowerIsToldOfCustomersMessagesAndTheirRepliesOnly(t *testing.T) {
	var told follower
	c, x, o := followed(&told)
	now := time.Now()
	for _, got := range []stored{{isMessage, "ada"}, {isOwner, "ada"}, {isSelfChat, "shop"}, {isEdit, "ada"}, {isIgnored, ""}} {
		c.follow("3A1", got, now, now, nil)
	}
	c.follow("3A2", stored{}, now, now, errClosed) // before anybody knew what it is
	x.follow(o, span{}, outcome{}, nil)
	o.message = answered(domain.PendingReply{InReplyTo: []domain.MessageID{"3A1", "3A2"}, Command: true})
	x.follow(o, span{}, outcome{}, nil)
	if len(told.in) != 2 || told.in[0].CustomerID != "ada" || told.in[1].MessageID != "3A2" || len(told.out) != 1 || told.out[0].MessageID != "3A2" {
		t.Errorf("%+v", told)
	}
}

func followed(by Follower) (*conn, *sender, *outgoing) {
	s := &session{observer: &observer{epoch: 1}, pool: &Pool{cfg: Config{Follow: by}}}
	o := &outgoing{ref: commands.ReplyRef{CustomerID: "ada"}, message: answered(domain.PendingReply{InReplyTo: []domain.MessageID{"3A1", "3A2"}})}
	return &conn{session: s}, &sender{session: s}, o
}

type follower struct {
	in  []Arrival
	out []Try
}

func (f *follower) Received(a Arrival) { f.in = append(f.in, a) }
func (f *follower) Tried(t Try)        { f.out = append(f.out, t) }
