package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEverySecretInALogIsFound(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"how can i pay": "a customer's words", "2@abcdefghijklmnop": "a code to link with"}
	for line, want := range map[string]string{
		`level=INFO msg="connection changed" workspace_id=01a220a7-076b-7e92-b789-92e9cd993afb`: "",
		`level=WARN msg=x from=2349003000015@s.whatsapp.net`:                                    "a phone number",
		`level=WARN msg=x name="Shop 1 ` + marker(7, 1) + `"`:                                   "a customer's or a workspace's word",
		`level=WARN msg=x text="how can i pay"`:                                                 "a customer's words",
		`level=DEBUG msg=2@abcdefghijklmnop`:                                                    "a code to link with",
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte("first\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		found, lines, err := leaks(path, secrets)
		if err != nil || lines != 2 {
			t.Fatal(lines, err)
		}
		if (want == "") != (len(found) == 0) || want != "" && !strings.HasPrefix(found[0], want) {
			t.Errorf("%s: found %v, want %q", line, found, want)
		}
	}
}

func TestALieIsTimedFromWhenItBeganToBeOne(t *testing.T) {
	t.Parallel()
	s := &site{history: newHistory(), shops: []*shop{{number: shopA}}}
	h := newHonesty(s)
	at := func(seconds int) { s.history.begin = time.Now().Add(-time.Duration(seconds) * time.Second) }
	for _, look := range []struct {
		at     int
		shown  string
		online bool
	}{
		{0, "connected", true}, {2, "connected", false}, {4, "connected", false}, {5, "reconnecting", false}, // wrong for 3 s
		{6, "reconnecting", true}, {7, "reconnecting", false}, // wrong for 1 s, and then right because the truth came back
		{8, "reconnecting", true}, {20, "reconnecting", true}, // goes on
	} {
		at(look.at)
		h.note(0, look.shown, look.online)
	}
	at(40) // nobody looked any more
	lies, looks := h.told()
	var took []int
	for _, l := range lies {
		took = append(took, int(l.Took.Round(time.Second).Seconds()))
	}
	if len(took) != 3 || took[0] != 3 || took[1] != 1 || took[2] != 12 || looks != 8 {
		t.Errorf("lies of %v s in %d looks", took, looks)
	}
}

func TestABatchIsWrittenByCustomersOfItsOwn(t *testing.T) {
	t.Parallel()
	p := minute(7)
	p.Batch = 50
	others := map[string]bool{}
	for _, a := range compose(p) {
		others[a.customer] = true
	}
	n := 0
	for _, asks := range composeBatch(p) {
		for _, a := range asks {
			if n++; a.customer != asks[0].customer || a.shop != asks[0].shop || others[a.customer] {
				t.Errorf("%+v is not %+v", a, asks[0])
			}
		}
	}
	if n != p.Batch {
		t.Errorf("%d messages", n)
	}
}
