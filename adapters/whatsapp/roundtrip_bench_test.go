package whatsapp_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
)

// BenchmarkRoundTrip measures a customer's message until the customer's phone has decrypted the reply, over 100 connected
// workspaces with 20 messages a second among them. The bot's place is taken by an echo.
func BenchmarkRoundTrip(b *testing.B) {
	const workspaces, perSecond = 100, 20
	w := newWorld(b)
	byID := map[domain.WorkspaceID]*shop{}
	var shops []*shop
	began := time.Now()
	for i := range workspaces {
		s := w.newShop(fmt.Sprintf("23480300%05d", i))
		s.connect("", "")
		s.scan(s.phone)
		byID[s.id] = s
		shops = append(shops, s)
	}
	b.Logf("linked %d workspaces in %s", workspaces, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	w.stopPool()
	w.startPool()
	w.eventually("all are connected again", func() bool { return w.server.Stats().Online == workspaces })
	b.Logf("restarted them in %s", time.Since(began).Round(time.Millisecond))
	customers := make([]*sandbox.Phone, workspaces)
	for i := range customers {
		phone, err := w.server.AddPhone(sandbox.NewPhone{Number: fmt.Sprintf("23490300%05d", i)})
		w.must(err)
		customers[i] = phone
	}
	w.hooks.onMessage(func(cmd commands.ReceiveMessage, id domain.CustomerID) {
		about := domain.About{WorkspaceID: cmd.WorkspaceID, CustomerID: id}
		byID[cmd.WorkspaceID].reply(domain.MessageReceived{About: about, MessageID: cmd.MessageID, ReplyTo: cmd.ReplyTo}, "re: "+cmd.Text)
	})
	trip := func(i, n int) time.Duration {
		words := fmt.Sprintf("%d to %d", n, i)
		started := time.Now()
		w.send(customers[i], text(shops[i], words))
		w.reads(customers[i], "re: "+words)
		return time.Since(started)
	}
	for i := range workspaces {
		trip(i, -1) // the first contact makes sessions and keys
	}
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	b.ResetTimer()
	for n := range b.N {
		<-tick.C
		all.Go(func() {
			d := trip(n%workspaces, n)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, d)
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
