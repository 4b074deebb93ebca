package whatsapp

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/binary/token"
)

// What a stanza may be at most. Real ones are a few kilobytes and some ten levels.
const (
	stanzaMost  = 16 << 20 // bytes, inflated
	stanzaDepth = 64
	stanzaItems = 1 << 17 // nodes and attributes
)

// harm says why an opened frame must not reach the library; empty when it may. What the library itself refuses in good
// order may pass.
func harm(plain []byte) (why string) {
	if len(plain) == 0 {
		return "empty"
	}
	stanza := plain[1:]
	if plain[0]&2 != 0 {
		var err error
		if stanza, err = inflate(stanza); errors.Is(err, errBomb) {
			return "inflates"
		} else if err != nil {
			return ""
		}
	}
	walk := walker{rest: stanza}
	if err := walk.node(0); errors.Is(err, errTooDeep) {
		return "nested"
	} else if errors.Is(err, errTooMany) {
		return "crowded"
	}
	defer func() {
		if recover() != nil {
			why = "malformed"
		}
	}()
	_, _ = waBinary.Unmarshal(stanza) // the very thing the library is about to do
	return ""
}

var (
	errBomb    = errors.New("it inflates beyond measure")
	errTooDeep = errors.New("it is nested too deep")
	errTooMany = errors.New("it has too many parts")
)

func inflate(packed []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	stanza, err := io.ReadAll(io.LimitReader(r, stanzaMost+1))
	if len(stanza) > stanzaMost {
		return nil, errBomb
	}
	return stanza, err
}

// walker goes through a stanza as the library's decoder does, but builds nothing and knows where to stop: the decoder
// makes room for as many nodes as a list says it has, and calls itself for each level.
type walker struct {
	rest  []byte
	items int
}

func (w *walker) number(bytes int) (int, error) {
	if len(w.rest) < bytes {
		return 0, io.EOF
	}
	n := 0
	for _, b := range w.rest[:bytes] {
		n = n<<8 | int(b)
	}
	w.rest = w.rest[bytes:]
	return n, nil
}

func (w *walker) skip(n int) error {
	if len(w.rest) < n {
		return io.EOF
	}
	w.rest = w.rest[n:]
	return nil
}

func (w *walker) count(n int) error {
	if w.items += n; w.items > stanzaItems {
		return errTooMany
	}
	return nil
}

func (w *walker) size(tag int) (int, error) {
	switch tag {
	case token.List8:
		return w.number(1)
	case token.List16:
		return w.number(2)
	}
	return 0, nil
}

func (w *walker) node(depth int) error {
	tag, err := w.number(1)
	if err != nil {
		return err
	}
	size, err := w.size(tag)
	if err != nil {
		return err
	}
	attributes := max(0, size-1) / 2
	if err := w.count(attributes); err != nil {
		return err
	}
	values := 1 + 2*attributes
	if size%2 == 0 {
		values++ // the content
	}
	for range values {
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) value(depth int) error {
	if depth > stanzaDepth {
		return errTooDeep
	}
	tag, err := w.number(1)
	if err != nil {
		return err
	}
	switch tag {
	case token.List8, token.List16:
		return w.list(tag, depth)
	case token.Binary8:
		return w.bytes(1, 0xff)
	case token.Binary20:
		return w.bytes(3, 0xfffff)
	case token.Binary32:
		return w.bytes(4, 0xffffffff)
	case token.Nibble8, token.Hex8:
		return w.bytes(1, 0x7f)
	case token.Dictionary0, token.Dictionary1, token.Dictionary2, token.Dictionary3:
		return w.skip(1)
	case token.JIDPair:
		return w.address(depth, 0, 0, 2)
	case token.ADJID:
		return w.address(depth, 2, 0, 1)
	case token.FBJID:
		return w.address(depth, 0, 2, 2)
	case token.InteropJID:
		return w.address(depth, 0, 4, 2)
	}
	return nil
}

func (w *walker) list(tag, depth int) error {
	size, err := w.size(tag)
	if err != nil {
		return err
	}
	if err := w.count(size); err != nil {
		return err
	}
	for range size {
		if err := w.node(depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) bytes(width, mask int) error {
	n, err := w.number(width)
	if err != nil {
		return err
	}
	return w.skip(n & mask)
}

// address is one or two values with numbers before or after the first.
func (w *walker) address(depth, before, after, values int) error {
	if err := w.skip(before); err != nil {
		return err
	}
	if err := w.value(depth + 1); err != nil {
		return err
	}
	if err := w.skip(after); err != nil {
		return err
	}
	if values == 1 {
		return nil
	}
	return w.value(depth + 1)
}
