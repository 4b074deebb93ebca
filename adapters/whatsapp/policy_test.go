package whatsapp

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mau.fi/util/jsontime"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var policySends = flag.Int("policy-sends", 60_000, "how many sends the sending policy is proved with")

// mostPerMinute is what the token bucket lets through in a minute.
const mostPerMinute = 60*sendsPerSecond + sendBurst

// referee stands for the log and for WhatsApp at once: it hands out replies, refuses some, and judges every send.
type referee struct {
	Commands // the rest is not asked for

	t       *testing.T
	random  *rand.Rand
	session *session
	waiting map[domain.ReplyID]domain.PendingReply

	sends       int
	last        [mostPerMinute + 1]time.Time // a ring of the last sends
	stopped     time.Time                    // until when no chat may begin, as WhatsApp said
	refused     map[domain.ReplyID]int
	begun, held int
	retried     int
	limits      int
}

func (r *referee) Epoch(domain.WorkspaceID) (int64, bool) { return 1, true }
func (r *referee) Acquire(context.Context, int, ...domain.WorkspaceID) (map[domain.WorkspaceID]int64, error) {
	return nil, nil
}
func (r *referee) Release(context.Context, domain.WorkspaceID) error { return nil }
func (r *referee) Others() int                                       { return 0 }

func (r *referee) WantedReply(_ context.Context, ref commands.ReplyRef) (domain.PendingReply, bool, error) {
	reply, ok := r.waiting[ref.ReplyID]
	return reply, ok, nil
}

func (r *referee) ReleaseReply(ctx context.Context, ref commands.ReplyRef) (domain.PendingReply, bool, error) {
	return r.WantedReply(ctx, ref)
}

func (r *referee) CancelReply(_ context.Context, ref commands.ReplyRef, why domain.Reason) error {
	if r.waiting[ref.ReplyID].Invited || why != domain.ReasonNewChatsStopped {
		r.t.Errorf("cancelled because of %s: %+v", why, r.waiting[ref.ReplyID])
	}
	r.held++
	delete(r.waiting, ref.ReplyID)
	return nil
}

func (r *referee) ReplyRetried(_ context.Context, ref commands.ReplyRef, _ string) error {
	reply := r.waiting[ref.ReplyID]
	reply.Retried = true
	r.waiting[ref.ReplyID] = reply
	r.retried++
	return nil
}

func (r *referee) ReplySent(_ context.Context, ref commands.ReplyRef, _ time.Time) error {
	delete(r.waiting, ref.ReplyID)
	return nil
}

func (r *referee) ReplyFailed(_ context.Context, ref commands.ReplyRef, _ string) error {
	delete(r.waiting, ref.ReplyID)
	return nil
}

// transmit judges a send and answers for WhatsApp: now and then a chat takes nothing, or the number may begin none.
func (r *referee) transmit(_ *conn, _ types.JID, reply domain.PendingReply, _ time.Duration) (time.Duration, error) {
	now := time.Now()
	if first := r.last[r.sends%len(r.last)]; r.sends >= len(r.last) && now.Sub(first) < time.Minute {
		r.t.Errorf("send %d: more than %d within a minute", r.sends, mostPerMinute)
	}
	r.last[r.sends%len(r.last)] = now
	r.sends++
	if !reply.Invited {
		r.begun++
		if now.Before(r.stopped) {
			r.t.Errorf("send %d begins a chat %v before WhatsApp allows it", r.sends, r.stopped.Sub(now))
		}
	}
	switch n := r.random.IntN(2000); {
	case n < 2:
		r.stop(now)
	case n < 10 && reply.Invited, n < 1000 && r.refused[reply.ReplyID] > 0:
	default:
		return 0, nil
	}
	if r.refused[reply.ReplyID]++; r.refused[reply.ReplyID] > 2 || r.refused[reply.ReplyID] > 1 && !reply.Invited {
		r.t.Errorf("send %d: a reply that was refused %d times", r.sends, r.refused[reply.ReplyID])
	}
	if now.After(r.stopped) { // whatever 463 meant, a number that is told so begins no chats for a day
		r.stopped = now.Add(unknownLimit)
	}
	return 0, fmt.Errorf("%w %d", whatsmeow.ErrServerReturnedError, newChatsLimit)
}

// stop has WhatsApp stop new chats: it says until when in half of the cases, and the others last a day.
func (r *referee) stop(now time.Time) {
	r.limits++
	if r.random.IntN(2) == 0 {
		return
	}
	r.stopped = now.Add(time.Duration(1+r.random.IntN(48)) * time.Hour).Truncate(time.Second)
	r.session.newChats(&events.NotifyAccountReachoutTimelock{IsActive: true, TimeEnforcementEnds: jsontime.UnixString{Time: r.stopped}}, domain.Evidence{})
}

// queue adds replies, every third of which begins a chat.
func (r *referee) queue(x *sender, n int) {
	for range n {
		id := strconv.Itoa(len(r.waiting)) + "/" + strconv.FormatUint(r.random.Uint64(), 36)
		chat := strconv.Itoa(1000000 + r.random.IntN(3000))
		reply := domain.PendingReply{
			ReplyID: domain.ReplyID(id), WhatsAppID: domain.MessageID(id), To: chat + "@lid", Text: "hello", Invited: r.random.IntN(3) > 0,
		}
		r.waiting[reply.ReplyID] = reply
		x.add(commands.ReplyRef{CustomerID: domain.CustomerID(chat), ReplyID: reply.ReplyID})
	}
}

// The sender itself, in virtual time: however much is queued, no minute has more sends than the limit, a refusal is followed by
// one retry at most, and no chat is begun before WhatsApp allows it again.
func TestNoMinuteHasMoreSendsThanTheLimitAndNoChatBeginsBeforeItsTime(t *testing.T) {
	t.Parallel()
	client := whatsmeow.NewClient(store.NoopDevice, nil)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		counted, err := newMetrics(prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		r := &referee{t: t, random: rand.New(rand.NewPCG(seed, 0)), waiting: map[domain.ReplyID]domain.PendingReply{}, refused: map[domain.ReplyID]int{}}
		pool := &Pool{
			cfg: Config{Pacing: true, Commands: r, Leases: r, Rand: r.random.Float64}.withDefaults(), metrics: counted, log: slog.New(slog.DiscardHandler),
		}
		s := &session{observer: &observer{epoch: 1, log: pool.log}, pool: pool, log: pool.log, facts: make(chan domain.ConnectionEvent, 1)}
		s.sender, r.session = newSender(s), s
		s.sender.transmit = r.transmit
		s.sender.use(&conn{session: s, client: client, ctx: t.Context()})
		for r.sends < *policySends && !t.Failed() {
			r.queue(s.sender, 1+r.random.IntN(200))
			for len(r.waiting) > 0 {
				if rest := s.sender.round(t.Context()); rest > 0 {
					time.Sleep(rest)
				}
			}
			if r.random.IntN(4) == 0 { // a quiet time fills the bucket
				time.Sleep(time.Duration(r.random.IntN(7200)) * time.Second)
			}
		}
		if r.begun == 0 || r.held == 0 || r.retried == 0 || r.limits == 0 {
			t.Errorf("proved nothing: %d begun, %d held, %d retried, %d limits", r.begun, r.held, r.retried, r.limits)
		}
		t.Logf("%d sends, %d of them begin chats, %d held, %d tried again, %d limits", r.sends, r.begun, r.held, r.retried, r.limits)
	})
}
