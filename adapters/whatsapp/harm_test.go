package whatsapp

import (
	"bytes"
	"compress/zlib"
	"math/rand/v2"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

func deflate(plain []byte) []byte {
	out := bytes.NewBuffer([]byte{2})
	w := zlib.NewWriter(out)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

// message is a stanza as WhatsApp sends them.
func message(tb testing.TB) []byte {
	tb.Helper()
	jid := types.NewJID("2348030000001", types.DefaultUserServer)
	frame, err := waBinary.Marshal(waBinary.Node{
		Tag: "message", Attrs: waBinary.Attrs{"from": jid, "id": "3EB0", "t": "1", "participant": types.NewADJID("1234", 0, 7)},
		Content: []waBinary.Node{
			{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "pkmsg"}, Content: []byte("sealed")},
			{Tag: "meta", Attrs: waBinary.Attrs{"hex": "AB12", "nibbles": "12-3.4"}},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return frame
}

func TestWhatWouldHarmTheLibraryIsToldApart(t *testing.T) {
	t.Parallel()
	nested := bytes.Repeat([]byte{248, 2, 5, 248, 1}, 500_000)
	for name, c := range map[string]struct {
		frame []byte
		why   string
	}{
		"a message":                   {message(t), ""},
		"a message, deflated":         {deflate(message(t)[1:]), ""},
		"a message cut short":         {message(t)[:20], ""},
		"nothing":                     {nil, "empty"},
		"a stanza of nothing":         {[]byte{0}, ""},
		"deflated nonsense":           {[]byte{2, 1, 2, 3}, ""},
		"a tag that is no word":       {[]byte{0, 248, 1, 0}, "malformed"},
		"half a digit of none":        {[]byte{0, 248, 1, 255, 0x80}, "malformed"},
		"an address in an address":    {[]byte{0, 248, 1, 247, 0, 0, 247, 0, 0, 5}, "malformed"},
		"five hundred thousand deep":  {append([]byte{0}, nested...), "nested"},
		"addresses a million deep":    {append([]byte{0, 248, 1}, bytes.Repeat([]byte{250}, 1<<20)...), "nested"},
		"the same, deflated":          {deflate(nested), "nested"},
		"much room for few bytes":     {append([]byte{0}, bytes.Repeat([]byte{248, 2, 5, 249, 0xff, 0xff}, 2000)...), "crowded"},
		"a gigabyte in a few bytes":   {deflate(make([]byte, 17<<20)), "inflates"},
		"a list longer than the rest": {[]byte{0, 248, 2, 5, 249, 0xff, 0xff}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if why := harm(c.frame); why != c.why {
				t.Errorf("said %q, want %q", why, c.why)
			}
		})
	}
}

// What passes must not panic where the library reads it.
func TestWhatPassesDoesNotPanic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	passed, withheld := 0, 0
	whole := message(t)
	for range 20_000 {
		frame := bytes.Clone(whole)
		for range 1 + random.IntN(6) {
			frame[random.IntN(len(frame))] = byte(random.IntN(256))
		}
		if harm(frame) != "" {
			withheld++
			continue
		}
		passed++
		stanza, err := waBinary.Unpack(frame)
		if err == nil {
			_, _ = waBinary.Unmarshal(stanza)
		}
	}
	if withheld == 0 || passed == 0 {
		t.Errorf("%d passed, %d were withheld", passed, withheld)
	}
}

func FuzzHarm(f *testing.F) {
	f.Add(message(f))
	f.Add([]byte{0, 248, 1, 0})
	f.Add(deflate(message(f)[1:]))
	f.Fuzz(func(_ *testing.T, frame []byte) {
		if harm(frame) == "" {
			if stanza, err := waBinary.Unpack(frame); err == nil {
				_, _ = waBinary.Unmarshal(stanza)
			}
		}
	})
}
