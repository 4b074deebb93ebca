package whatsapp

import (
	"strings"
	"testing"
	"unicode/utf8"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

func TestAnExcerptSaysWhatWhatsAppSaid(t *testing.T) {
	for want, node := range map[string]waBinary.Node{
		`<failure code="104" expire="86400" location="rva" reason="402"/>`: {
			Tag: "failure", Attrs: waBinary.Attrs{"reason": "402", "code": "104", "expire": "86400", "location": "rva"},
		},
		`<stream:error code="401"><conflict type="device_removed"/></stream:error>`: {
			Tag: "stream:error", Attrs: waBinary.Attrs{"code": "401"},
			Content: []waBinary.Node{{Tag: "conflict", Attrs: waBinary.Attrs{"type": "device_removed"}}},
		},
		`<failure logout_message_header="…" reason="403"/>`: {
			Tag: "failure", Attrs: waBinary.Attrs{"reason": "403", "logout_message_header": "Amaka, this number is locked"},
		},
	} {
		if got := excerpt(&node); got != want {
			t.Errorf("it says %s\nnot     %s", got, want)
		}
	}
}

// Whoever audits reads excerpts for ever, so nothing that is about somebody may be in one, wherever it was in the stanza.
func TestAnExcerptNamesNobody(t *testing.T) {
	jid := types.NewJID("2348031234567", types.DefaultUserServer)
	planted := []any{
		"2348031234567", "2348031234567@s.whatsapp.net", "2348031234567:3@s.whatsapp.net", jid, &jid, "198765432101234@lid",
		"+234 803 123 4567", "amaka okafor", "Amaka", "is it in stock", []byte("2348031234567"),
		[]byte{0x13, 0x37},
		"3EB0C767D097B8A8",
		"8f14e45fceea167a", 2348031234567, "number-2348031234567", strings.Repeat("a", 500),
	}
	telling := []string{"2348031234567", "234", "1234", "198765432101234", "maka", "stock", "3EB0", "8f14", "\x13\x37", "aaaaaaaa"}
	var places []waBinary.Node
	for _, secret := range planted {
		for _, name := range []string{"reason", "code", "expire", "type", "location", "jid", "from", "participant", "notify", "message", "id"} {
			places = append(places, waBinary.Node{Tag: "failure", Attrs: waBinary.Attrs{name: secret}})
		}
		places = append(places, waBinary.Node{Tag: "failure", Content: secret})
		if text, ok := secret.(string); ok {
			places = append(places, waBinary.Node{Tag: text}, waBinary.Node{Tag: "failure", Attrs: waBinary.Attrs{text: "1"}})
		}
	}
	for _, node := range places {
		for _, where := range []waBinary.Node{node, {Tag: "stream:error", Content: []waBinary.Node{{Tag: "conflict"}, node}}} {
			got := excerpt(&where)
			for _, secret := range telling {
				if strings.Contains(got, secret) {
					t.Errorf("%q is in %s", secret, got)
				}
			}
		}
	}
}

func TestAnExcerptIsShort(t *testing.T) {
	deep := waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"text": "hidden"}}
	for range 50 {
		deep = waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"text": "hidden"}, Content: []waBinary.Node{deep, deep}}
	}
	if got := excerpt(&deep); len(got) > excerptMost || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
