package main

import (
	"testing"

	"switchboard.example/domain"
)

func TestWhoseCrashItWas(t *testing.T) {
	t.Parallel()
	const shop = "0192d3a4-0000-7000-8000-000000000001"
	const frames = "go.mau.fi/whatsmeow/binary.(*binaryDecoder).readByte(0x0)\n\t/go/decoder.go:12 +0x20\n\ngoroutine 1 [running, labels:{workspace: \"0192d3a4-0000-7000-8000-00000000dead\"}]:\n"
	for name, c := range map[string]struct {
		trace, of, place string
	}{
		"a panic in a labelled goroutine": {
			"panic: a customer's words (here)\n\ngoroutine 55 gp=0x1 m=3 mp=0x2 [running, labels:{workspace: \"" + shop + "\"}]:\npanic({0x1, 0x2})\n\t/go/panic.go:1\n" + frames,
			shop, "go.mau.fi/whatsmeow/binary.(*binaryDecoder).readByte",
		},
		"a fault that is no panic": {
			"fatal error: concurrent map writes\n\ngoroutine 7 [running labels:{other: x, workspace: " + shop + "}]:\nruntime.throw(0x1)\n\t/go/map.go:1\n" + frames,
			shop, "go.mau.fi/whatsmeow/binary.(*binaryDecoder).readByte",
		},
		"nobody's goroutine": {"panic: x\n\ngoroutine 9 [running]:\n" + frames, "", "go.mau.fi/whatsmeow/binary.(*binaryDecoder).readByte"},
		"want of memory":     {"fatal error: runtime: out of memory\n\ngoroutine 7 [running, labels:{workspace: \"" + shop + "\"}]:\n" + frames, "", ""},
		"asked for a trace":  {"SIGQUIT: quit\nPC=0x1\n\ngoroutine 7 [running, labels:{workspace: \"" + shop + "\"}]:\n" + frames, "", ""},
		"cut off":            {"panic: x", "", "unknown"},
		"nothing":            {"", "", ""},
	} {
		if of, place := culprit([]byte(c.trace)); of != domain.WorkspaceID(c.of) || place != c.place {
			t.Errorf("%s: %q at %q", name, of, place)
		}
	}
}
