package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/test/rig"
)

func TestTheSameSeedDealsTheSameInExactShares(t *testing.T) {
	t.Parallel()
	p := plan{Attempts: 1000, Workspaces: 50, Seed: 7, Lost515: 0.1, Slow: 0.1, Expire: 0.05, Typed: 0.5}
	exported := cmp.AllowUnexported(try{})
	tries := deal(p)
	if diff := cmp.Diff(tries, deal(p), exported); diff != "" {
		t.Error(diff)
	}
	p.Seed = 8
	if cmp.Equal(tries, deal(p), exported) {
		t.Error("another seed deals the same")
	}
	counted, typed := map[string]int{}, 0
	for _, one := range tries {
		counted[one.happen]++
		if one.typed {
			typed++
		}
		if one.happen == slow && (one.pause < firstCode/2 || one.pause > firstCode+grace) {
			t.Errorf("a slow owner waits %v", one.pause)
		}
	}
	if diff := cmp.Diff(map[string]int{nothing: 750, lost515: 100, slow: 100, expire: 50}, counted); diff != "" || typed != 500 {
		t.Error(diff, typed)
	}
}

func TestAFewAttemptsHaveOneOfEachThatIsWanted(t *testing.T) {
	t.Parallel()
	counted := map[string]int{}
	for _, one := range deal(plan{Attempts: 4, Lost515: 0.1, Slow: 0.1, Expire: 0.05}) {
		counted[one.happen]++
	}
	if diff := cmp.Diff(map[string]int{nothing: 1, lost515: 1, slow: 1, expire: 1}, counted); diff != "" {
		t.Error(diff)
	}
}

func TestAnAttemptSucceedsWhenPhoneAndServerSaySo(t *testing.T) {
	t.Parallel()
	there, away := []rig.Device{{Online: true}}, []rig.Device{{}}
	for _, one := range []struct {
		status  string
		devices []rig.Device
		joined  bool
	}{
		{"connected", there, true},
		{"connected", away, false},
		{"connected", nil, false},
		{"connecting", there, false},
		{"connected", append(there, there...), false},
	} {
		if got := joined(rig.Connection{WhatsappConnectionStatus: one.status}, one.devices); got != one.joined {
			t.Errorf("%s with %+v: %v", one.status, one.devices, got)
		}
	}
}

func TestFivePercentOfFailuresAreTooMany(t *testing.T) {
	t.Parallel()
	outcomes := make([]outcome, 100)
	for i := range 4 {
		outcomes[i].failed = errNotShown
	}
	if err := scorecard(outcomes).Missed(); err != nil {
		t.Error(err)
	}
	outcomes[4].failed = errNotConnected
	if scorecard(outcomes).Missed() == nil {
		t.Error("95 of 100 are not more than 95 %")
	}
	if scorecard(nil).Missed() == nil {
		t.Error("no attempt at all is no success")
	}
}

// echo answers every line, until the test ends.
func echo(t *testing.T) string {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	return l.Addr().String()
}

func through(t *testing.T, share float64) (*cutter, net.Conn) {
	t.Helper()
	c, err := newCutter(context.WithoutCancel(t.Context()), echo(t), share, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.close() })
	var dialer net.Dialer
	line, err := dialer.DialContext(t.Context(), "tcp", c.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	return c, line
}

func TestAConnectionIsPassedOnOrReset(t *testing.T) {
	t.Parallel()
	_, spared := through(t, 0)
	_, err := io.WriteString(spared, "hello\n")
	answer, err2 := bufio.NewReader(spared).ReadString('\n')
	if err := errors.Join(err, err2); err != nil || answer != "hello\n" {
		t.Errorf("%q, %v", answer, err)
	}
	c, doomed := through(t, 1)
	_ = doomed.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := doomed.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) || c.cut.Load() != 1 {
		t.Errorf("it ended with %v, %d cut; it was to be reset", err, c.cut.Load())
	}
}

func TestAPlanThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--slow", "1.1"}, {"--resets", "-1"}, {"--slow", "0.6", "--expire", "0.6"}, {"--attempts", "0"}, {"--workspaces", "2", "--attempts", "1000"}} {
		if _, err := readPlan(args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
