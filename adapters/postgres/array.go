package postgres

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// array writes a one-dimensional array in PostgreSQL's text form. It costs one pass and one buffer, where the driver's
// own helpers convert element by element through interfaces.
type array struct{ text []byte }

func (a *array) separate() {
	if len(a.text) == 0 {
		a.text = append(a.text, '{')
		return
	}
	a.text = append(a.text, ',')
}

// addWord adds an element without any character that needs quoting; anything else is quoted after all.
func (a *array) addWord(s string) {
	if !plainWord(s) {
		a.addText(s)
		return
	}
	a.separate()
	a.text = append(a.text, s...)
}

// addWordOrNull adds NULL for the empty string.
func (a *array) addWordOrNull(s string) {
	if s == "" {
		a.addNull()
		return
	}
	a.addWord(s)
}

// addText adds any text, quoted.
func (a *array) addText(s string) {
	a.separate()
	a.text = append(a.text, '"')
	for {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			break
		}
		a.text = append(a.text, s[:i]...)
		a.text = append(a.text, '\\', s[i])
		s = s[i+1:]
	}
	a.text = append(a.text, s...)
	a.text = append(a.text, '"')
}

// addBytes adds a bytea, or NULL for nil.
func (a *array) addBytes(b []byte) {
	if b == nil {
		a.addNull()
		return
	}
	a.separate()
	a.text = append(a.text, `"\\x`...)
	a.text = hex.AppendEncode(a.text, b)
	a.text = append(a.text, '"')
}

func (a *array) addInt(n int64) {
	a.separate()
	a.text = strconv.AppendInt(a.text, n, 10)
}

func (a *array) addNull() {
	a.separate()
	a.text = append(a.text, "NULL"...)
}

// param is the finished array as a statement's parameter.
func (a *array) param() string {
	if len(a.text) == 0 {
		return "{}"
	}
	return string(a.text) + "}"
}

// plainWord says whether s needs no quotes: letters, digits and a few signs, and not the word NULL.
func plainWord(s string) bool {
	if s == "" || len(s) == 4 && strings.EqualFold(s, "null") {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == ':', c == '+':
		default:
			return false
		}
	}
	return true
}
