package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func minute(seed uint64, faults ...string) plan {
	return plan{Workspaces: 50, Rate: 20, Duration: time.Minute, Seed: seed, Faults: faults}
}

func TestTheSameSeedDoesTheSame(t *testing.T) {
	t.Parallel()
	all := allFaults()
	if diff := cmp.Diff(schedule(minute(7, all...)), schedule(minute(7, all...))); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(schedule(minute(7, all...)), schedule(minute(8, all...))) {
		t.Error("another seed strikes the same")
	}
	exported := cmp.AllowUnexported(ask{}, lesson{})
	if diff := cmp.Diff(compose(minute(7)), compose(minute(7)), exported); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(compose(minute(7)), compose(minute(8)), exported) {
		t.Error("another seed writes the same")
	}
}

func TestLeavingAFaultOutLeavesTheOthersAsTheyWere(t *testing.T) {
	t.Parallel()
	both := schedule(minute(7, faultKill, faultPostgres))
	kills := slices.DeleteFunc(both, func(s strike) bool { return s.Fault != faultKill })
	if diff := cmp.Diff(kills, schedule(minute(7, faultKill))); diff != "" || len(kills) == 0 {
		t.Error(diff, len(kills))
	}
}

func TestEveryStrikeIsInTimeAndInOrder(t *testing.T) {
	t.Parallel()
	p := minute(1, allFaults()...)
	struck, before := map[string]int{}, time.Duration(0)
	for _, s := range schedule(p) {
		if s.At < before || s.At >= p.Duration || s.Shop >= p.Workspaces {
			t.Errorf("%+v after %v", s, before)
		}
		before = s.At
		struck[s.Fault]++
	}
	for _, r := range rhythms() {
		if least := int(p.Duration / r.every[1]); struck[r.fault] < least {
			t.Errorf("%s strikes %d times, want %d", r.fault, struck[r.fault], least)
		}
	}
	if share := float64(struck[faultDrop]) / float64(60*p.Workspaces); share < dropsPerSecond/2 || share > 2*dropsPerSecond {
		t.Errorf("a share of %.3f is dropped in a second", share)
	}
}

func TestAFaultMayStrikeAtARhythmOfItsOwn(t *testing.T) {
	t.Parallel()
	p, err := readPlan([]string{"--faults", "kill,close", "--every", "kill=5s", "--duration", "1m"})
	if err != nil {
		t.Fatal(err)
	}
	var kills []time.Duration
	for _, s := range schedule(p) {
		if s.Fault == faultKill {
			kills = append(kills, s.At)
		}
	}
	for i, at := range kills {
		if i > 0 && at-kills[i-1] != 5*time.Second {
			t.Errorf("killed at %v and at %v", kills[i-1], at)
		}
	}
	if len(kills) != 12 {
		t.Errorf("killed %d times", len(kills))
	}
	again, err := readPlan(strings.Fields(strings.TrimPrefix(p.command(), "go run ./test/chaos ")))
	if err != nil || !cmp.Equal(schedule(p), schedule(again)) {
		t.Errorf("the command that is printed does something else: %v", err)
	}
	for _, wrong := range []string{"kill", "kill=0s", "drop=5s"} {
		if _, err := readPlan([]string{"--every", wrong}); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

func TestAPlanWithAnUnknownFaultIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := readPlan([]string{"--faults", "kill,flood"}); err == nil {
		t.Error("accepted")
	}
	p, err := readPlan([]string{"--faults", "kill,drop", "--seed", "9"})
	if err != nil || !p.has(faultDrop) || p.has(faultPostgres) || p.Seed != 9 {
		t.Error(p, err)
	}
}
