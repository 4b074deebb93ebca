package whatsapp

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"

	"switchboard.example/domain"
)

func testPool(t *testing.T) *Pool {
	t.Helper()
	counted, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return &Pool{cfg: Config{}.withDefaults(), metrics: counted, log: slog.New(slog.DiscardHandler)}
}

func TestAChoreIsAskedForAndComesAgainByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rests := []time.Duration{time.Minute, time.Minute, 0, 0}
		var rounds []time.Duration
		began := time.Now()
		c := testPool(t).chore(t.Context(), "test", func(context.Context) time.Duration {
			rounds = append(rounds, time.Since(began))
			return rests[len(rounds)-1]
		})
		c.ask()
		time.Sleep(90 * time.Second)
		c.ask() // and what the second round named is no more
		time.Sleep(time.Hour)
		c.ask()
		synctest.Wait()
		c.stop()
		c.ask()
		c.rest(time.Second)
		time.Sleep(time.Hour)
		if want := []time.Duration{0, time.Minute, 90 * time.Second, time.Hour + 90*time.Second}; !slices.Equal(rounds, want) {
			t.Errorf("there were rounds after %v", rounds)
		}
	})
}

// Whoever asks while a round is running, for something the round has passed already, gets another one.
func TestAChoreAskedForDuringARoundHasAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most, rounds atomic.Int32
		c := testPool(t).chore(t.Context(), "test", func(context.Context) time.Duration {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			rounds.Add(1)
			time.Sleep(time.Second)
			return 0
		})
		c.ask()
		synctest.Wait()
		c.ask()
		c.ask()
		time.Sleep(time.Minute)
		if rounds.Load() != 2 || most.Load() != 1 {
			t.Errorf("%d rounds, %d at once", rounds.Load(), most.Load())
		}
	})
}

func TestAChoreThatPanickedCanBeAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rounds, told := 0, false
		c := testPool(t).chore(t.Context(), "test", func(context.Context) time.Duration {
			if rounds++; rounds == 1 {
				panic("no")
			}
			return 0
		})
		c.failed = func(error) { told = true }
		c.ask()
		synctest.Wait()
		c.ask()
		synctest.Wait()
		if rounds != 2 || !told {
			t.Errorf("%d rounds, told of the panic: %v", rounds, told)
		}
	})
}

// What nobody recovers ends the process, and the trace has to say whose it was, also when a timer began the round.
func TestARoundSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	ctx := pprof.WithLabels(t.Context(), pprof.Labels(domain.CrashLabel, "w-of-the-round"))
	running, done := make(chan struct{}), make(chan struct{})
	c := testPool(t).chore(ctx, "test", func(context.Context) time.Duration {
		close(running)
		<-done
		return 0
	})
	c.rest(time.Nanosecond)
	<-running
	var all strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
	close(done)
	c.wait()
	if !strings.Contains(all.String(), "w-of-the-round") {
		t.Error("nothing says whose it is")
	}
}

// Stanzas are handled one after the other and in the order of their frames, however many have to wait.
func TestStanzasKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sent = 3000 // more than the library keeps in order
		p, handled := testPool(t), 0
		l := p.newLine(t.Context())
		l.client = p.newClient(t.Context(), &store.Device{}, func(any) bool { return true })
		l.handling = p.chore(t.Context(), "stanzas", l.handle)
		l.leaves = func(node *waBinary.Node) bool {
			time.Sleep(time.Millisecond)
			if id := node.Attrs["id"]; id != strconv.Itoa(handled) {
				t.Errorf("%v was handled after %d others", id, handled)
			}
			handled++
			return true
		}
		for i := range sent {
			frame, err := waBinary.Marshal(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"id": strconv.Itoa(i)}})
			if err != nil {
				t.Fatal(err)
			}
			l.frame(t.Context(), frame)
		}
		time.Sleep(time.Minute)
		l.handling.stop()
		l.handling.wait()
		if handled != sent {
			t.Errorf("%d were handled", handled)
		}
	})
}

// A session that does nothing does not have the room for what the library could have to remember.
func TestAClientTakesLittleRoom(t *testing.T) { //nolint:paralleltest // what others allocate would count
	p := testPool(t)
	clients := make([]*whatsmeow.Client, 200)
	before := liveHeap()
	for i := range clients {
		clients[i] = p.newClient(t.Context(), &store.Device{}, func(any) bool { return true })
	}
	each := (liveHeap() - before) / int64(len(clients))
	runtime.KeepAlive(clients)
	if each > 24<<10 {
		t.Errorf("a client takes %d bytes", each)
	}
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // finalizers hold things for one collection more
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
