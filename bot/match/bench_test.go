package match_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard.example/bot/match"
)

// largeWorkspace is 500 FAQs with ten wordings each, put together from made-up subjects and ways of asking.
func largeWorkspace() match.Workspace {
	asks := []string{
		"how much is %s %s", "do you have %s %s", "where can i get %s %s", "please i want to change my %s %s", "when will my %s %s come",
		"i cannot find the %s %s on your page", "what happens if the %s %s is damaged", "can i cancel %s %s", "abeg wetin be %s %s", "is there any discount on %s %s today",
	}
	things := []string{
		"shoe", "laptop", "delivery", "wedding", "savings", "school", "hotel", "phone", "kitchen", "garden", "loan", "ticket", "salon",
		"generator", "medical", "printing", "travel", "printer", "football", "cinema", "mattress", "tailor", "bakery", "farm", "insurance",
	}
	kinds := []string{
		"repair", "warranty", "package", "account", "receipt", "voucher", "lesson", "battery", "cover", "booking", "size", "colour", "refill",
		"membership", "inspection", "transfer", "certificate", "reservation", "extension", "upgrade",
	}
	var w match.Workspace
	for i := range 500 {
		f := match.FAQ{ID: fmt.Sprint(i), Enabled: true}
		for _, ask := range asks {
			f.Questions = append(f.Questions, fmt.Sprintf(ask, things[i%len(things)], kinds[i/len(things)%len(kinds)]))
		}
		w.FAQs = append(w.FAQs, f)
	}
	return w
}

func BenchmarkBuildFiveHundredFAQs(b *testing.B) {
	w := largeWorkspace()
	for b.Loop() {
		newIndex(b, w)
	}
}

func BenchmarkMatchAmongFiveHundredFAQs(b *testing.B) {
	index := newIndex(b, largeWorkspace())
	messages := shopMessages()
	took := make([]time.Duration, 0, 1<<14)
	for i := 0; b.Loop(); i++ {
		started := time.Now()
		index.Match(messages[i%len(messages)][0] + " for my phone battery upgrade")
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkMatchInASmallShop(b *testing.B) {
	index := newShop(b)
	for b.Loop() {
		index.Match("abeg how much una dey collect for delivery")
	}
}

// TestALargeWorkspaceStaysQuickAndSmall holds the promises by processor time, with room for a slow or a busy machine; the
// benchmarks tell exactly.
func TestALargeWorkspaceStaysQuickAndSmall(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("builds 500 FAQs and looks at the processor's time")
	}
	const matches = 100
	w := largeWorkspace()
	before := heap()
	started := processorTime(t)
	index := newIndex(t, w)
	built := processorTime(t) - started
	started = processorTime(t)
	for range matches {
		index.Match("abeg how much be the laptop warranty transfer " + strings.Repeat("pls ", 10))
	}
	matched := (processorTime(t) - started) / matches
	used := int64(heap()) - int64(before)
	runtime.KeepAlive(index)
	t.Logf("built in %v, matched in %v, %d MB", built, matched, used>>20)
	if built > 9*time.Second || matched > 15*time.Millisecond || used > 40<<20 {
		t.Errorf("built in %v, matched in %v of the processor, %d MB: want 9 s, 15 ms and 40 MB at most", built, matched, used>>20)
	}
}

// processorTime is what the process has used so far: what others do on the machine does not count in it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
