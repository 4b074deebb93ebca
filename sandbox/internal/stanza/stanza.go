package stanza

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// MaxSize bounds a decompressed stanza in bytes; it also bounds how deep it can nest.
const MaxSize = 1 << 20

const zlibFlag = 2

// Node is an element.
type Node = waBinary.Node

// Attrs are an element's attributes: JIDs as types.JID, all else as text.
type Attrs = waBinary.Attrs

// Decode reads a decrypted frame. It never panics.
func Decode(plain []byte) (node *Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			node, err = nil, fmt.Errorf("the stanza broke the parser: %v", r)
		}
	}()
	if len(plain) == 0 {
		return nil, errors.New("an empty frame")
	}
	body := plain[1:]
	if plain[0]&zlibFlag != 0 {
		if body, err = inflate(body); err != nil {
			return nil, err
		}
	}
	if len(body) > MaxSize {
		return nil, fmt.Errorf("a stanza of %d bytes is over %d", len(body), MaxSize)
	}
	node, err = waBinary.Unmarshal(body)
	if err != nil {
		return nil, fmt.Errorf("parse a stanza: %w", err)
	}
	return node, nil
}

func inflate(data []byte) ([]byte, error) {
	reader, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("open a compressed stanza: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(reader, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("inflate a stanza: %w", err)
	}
	return plain, nil
}

// Encode writes a stanza as a plain frame, flag byte included.
func Encode(node Node) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			data, err = nil, fmt.Errorf("encode <%s>: %v", node.Tag, r)
		}
	}()
	return waBinary.Marshal(node)
}

// Text is an attribute as text; JIDs and numbers are printed.
func Text(node *Node, key string) string {
	switch value := node.Attrs[key].(type) {
	case string:
		return value
	case types.JID:
		return value.String()
	case nil:
		return ""
	default:
		return fmt.Sprint(value)
	}
}

// Number is an attribute as a whole number, 0 if it is none.
func Number(node *Node, key string) int {
	n, err := strconv.Atoi(Text(node, key))
	if err != nil {
		return 0
	}
	return n
}

// Address is a JID attribute; ok is false if it is missing or not a JID.
func Address(node *Node, key string) (jid types.JID, ok bool) {
	jid, ok = node.Attrs[key].(types.JID)
	return jid, ok
}

// Bytes is the content as bytes, nil if it is none.
func Bytes(node Node) []byte {
	switch content := node.Content.(type) {
	case []byte:
		return content
	case string:
		return []byte(content)
	default:
		return nil
	}
}

// Child finds a descendant by the tags of the path and says if it is there.
func Child(node *Node, path ...string) (Node, bool) { return node.GetOptionalChildByTag(path...) }

// First is the first child, an empty node if there is none.
func First(node *Node) Node {
	if children := node.GetChildren(); len(children) > 0 {
		return children[0]
	}
	return Node{}
}

// Result answers an IQ.
func Result(id string, content ...Node) Node {
	node := Node{Tag: "iq", Attrs: Attrs{"from": types.ServerJID, "type": "result", "id": id}}
	if len(content) > 0 {
		node.Content = content
	}
	return node
}

// Failure answers an IQ with an error.
func Failure(id string, code int, text string) Node {
	return Node{
		Tag: "iq", Attrs: Attrs{"from": types.ServerJID, "type": "error", "id": id},
		Content: []Node{{Tag: "error", Attrs: Attrs{"code": strconv.Itoa(code), "text": text}}},
	}
}
