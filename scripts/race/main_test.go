package main

import (
	"maps"
	"slices"
	"testing"
)

const ofTheLibrary = `WARNING: DATA RACE
Write at 0x00c00131f929 by goroutine 2843:
  go.mau.fi/util/exsync.(*Event).GetChan()
      event.go:39 +0x96

Previous write at 0x00c00131f929 by goroutine 2831:
  go.mau.fi/util/exsync.(*Event).GetChan()
      event.go:39 +0x96
  switchboard.example/sandbox/sandboxtest.(*Client).TrySendText()
      client.go:143 +0x2bd
`

const ofOurs = `WARNING: DATA RACE
Read at 0x00c00131f929 by goroutine 1:
  go.mau.fi/whatsmeow.(*Client).IsConnected()
      client.go:1 +0x1

Previous write at 0x00c00131f929 by goroutine 2:
  switchboard.example/adapters/whatsapp.(*session).run()
      session.go:1 +0x1
`

const ofAMap = `WARNING: DATA RACE
Write at 0x00c00131f929 by goroutine 1:
  runtime.mapassign_faststr()
      map.go:1 +0x1
  go.mau.fi/whatsmeow.(*Client).x()
      client.go:1 +0x1
`

func TestOnlyRacesInsideTheLibraryAreExcused(t *testing.T) {
	if !insideLibrary(ofTheLibrary) {
		t.Error("the library's own race was taken for ours")
	}
	if insideLibrary(ofOurs) || insideLibrary(ofAMap) || insideLibrary("WARNING: DATA RACE\n") {
		t.Error("a race that may be ours was excused")
	}
}

func TestReportsAndFailedPackagesAreFoundInTheOutput(t *testing.T) {
	out := "ok  \ta\t1s\n" + border + ofOurs + border + border + ofTheLibrary + border + "--- FAIL: TestX\nFAIL\nFAIL\tswitchboard.example/sandbox\t13.9s\nFAIL\n"
	if got := racesIn(out); len(got) != 2 || got[0] != ofOurs {
		t.Errorf("reports: %q", got)
	}
	if got := failedPackages(out); len(got) != 1 || got[0] != "switchboard.example/sandbox" {
		t.Errorf("packages: %q", got)
	}
}

func TestFailedTestsAreFoundByPackage(t *testing.T) {
	out := "--- FAIL: TestX (0.1s)\n    --- FAIL: TestX/sub (0.1s)\n--- FAIL: TestY (1s)\nFAIL\nFAIL\ta\t1s\nok  \tb\t1s\n--- FAIL: TestZ (1s)\nFAIL\nFAIL\tc\t1s\nFAIL\n"
	failed, named := failedTests(out)
	if !named || !maps.EqualFunc(failed, map[string][]string{"a": {"TestX", "TestY"}, "c": {"TestZ"}}, slices.Equal) {
		t.Errorf("got %v, %v", failed, named)
	}
	if _, named := failedTests("--- FAIL: TestX (0.1s)\nFAIL\nFAIL\ta\t1s\npanic: test timed out\nFAIL\tb\t540s\n"); named {
		t.Error("a package that ended without saying which test failed must not be excused")
	}
}
