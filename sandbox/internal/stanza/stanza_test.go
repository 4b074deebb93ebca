package stanza_test

import (
	"bytes"
	"compress/zlib"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/sandbox/internal/stanza"
)

func example() stanza.Node {
	return stanza.Node{
		Tag: "message", Attrs: stanza.Attrs{"id": "3EB0AA", "to": types.NewJID("2348020000001", types.DefaultUserServer)},
		Content: []stanza.Node{{Tag: "enc", Attrs: stanza.Attrs{"v": "2"}, Content: []byte{1, 2, 3}}},
	}
}

func TestAStanzaSurvivesEncoding(t *testing.T) {
	t.Parallel()
	data, err := stanza.Encode(example())
	if err != nil {
		t.Fatal(err)
	}
	node, err := stanza.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example(), *node); diff != "" {
		t.Error(diff)
	}
}

func TestACompressedStanzaIsRead(t *testing.T) {
	t.Parallel()
	data, _ := stanza.Encode(example())
	node, err := stanza.Decode(compressed(data[1:]))
	if err != nil || node.Tag != "message" {
		t.Errorf("read %v: %v", node, err)
	}
}

func TestAStanzaThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := stanza.Decode(compressed(make([]byte, stanza.MaxSize+2))); err == nil {
		t.Error("it was read")
	}
}

func TestWhatIsNoStanzaIsRefused(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"nothing": nil, "a flag only": {0}, "broken compression": {2, 1, 2, 3},
		"an endless list": append([]byte{0}, bytes.Repeat([]byte{248, 1}, 1000)...),
	} {
		t.Run(name, func(t *testing.T) {
			if node, err := stanza.Decode(data); err == nil {
				t.Errorf("it was read as %v", node)
			}
		})
	}
}

func compressed(data []byte) []byte {
	packed := bytes.NewBuffer([]byte{2})
	w := zlib.NewWriter(packed)
	_, _ = w.Write(data)
	_ = w.Close()
	return packed.Bytes()
}

func FuzzDecode(f *testing.F) {
	data, _ := stanza.Encode(example())
	f.Add(data)
	f.Add(compressed(data[1:]))
	f.Add([]byte{0, 248, 2, 255, 3})
	for _, tag := range []byte{0, 236, 237, 238, 239, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255} {
		f.Add([]byte{0, 248, 1, tag})               // each kind of token, with nothing behind it
		f.Add([]byte{0, 248, 3, 10, 3, tag, 0, 1})  // as an attribute
		f.Add([]byte{0, 249, 0, 2, 10, tag, 2, 65}) // as content
		f.Add([]byte{0, 248, 2, 10, tag, 255, 255, 255, 255})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		node, err := stanza.Decode(data)
		if err != nil {
			return
		}
		// What can be read can be looked at and written again.
		_ = stanza.Text(node, "id")
		_ = stanza.First(node)
		if _, err := stanza.Encode(*node); err != nil {
			t.Logf("not written again: %v", err)
		}
	})
}
