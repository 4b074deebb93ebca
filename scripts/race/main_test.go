package main

import "testing"

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
