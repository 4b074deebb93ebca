package whatsapp

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	waBinary "go.mau.fi/whatsmeow/binary"

	"switchboard.example/domain"
)

// saw is the evidence of what the library told on this connection; nil where it told nothing.
func (c *conn) saw(event any) domain.Evidence { return c.session.seen(c.seq, event) }

// evident completes the verdict on this connection with what is kept for whoever audits it.
func (c *conn) evident(v *verdict) *verdict {
	v.how = domain.Evidence{ConnSeq: c.seq, LibraryEvent: v.signal, ReasonCode: v.code, RawExcerpt: c.line.excerpt()}
	return v
}

// because is the evidence of what follows from a verdict.
func (s *session) because(v *verdict) domain.Evidence {
	how := v.how
	how.Epoch = s.epoch
	return how
}

const (
	excerptMost  = 200 // bytes
	excerptDepth = 4
	hidden       = "…"
)

// What of a stanza may be kept: what it is made of, and of its values only codes and words from WhatsApp's own vocabulary. Whatever
// else it says, or a name that is none, could be somebody's number, address, words or key.
var (
	stanzaName = regexp.MustCompile(`^[a-z]+([_:-][a-z]+)*$`)
	keptValues = map[string]*regexp.Regexp{
		"code": regexp.MustCompile(`^[0-9]{1,4}$`), "reason": regexp.MustCompile(`^[0-9]{1,4}$`), "expire": regexp.MustCompile(`^[0-9]{1,9}$`),
		"type": stanzaName, "location": regexp.MustCompile(`^[a-z]{1,4}$`),
	}
)

const nameMost = 32 // bytes

// excerpt is what a stanza says, without anything that is about somebody.
func excerpt(node *waBinary.Node) string {
	var out strings.Builder
	writeExcerpt(&out, node, excerptDepth)
	text := out.String()
	if len(text) <= excerptMost {
		return text
	}
	end := excerptMost - len(hidden)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + hidden
}

func writeExcerpt(out *strings.Builder, node *waBinary.Node, depth int) {
	if out.Len() > excerptMost {
		return
	}
	tag := keptName(node.Tag)
	out.WriteString("<" + tag)
	for _, name := range slices.Sorted(maps.Keys(node.Attrs)) {
		out.WriteString(" " + keptName(name) + `="` + keptValue(name, node.Attrs[name]) + `"`)
	}
	children := node.GetChildren()
	if len(children) == 0 || depth == 0 {
		out.WriteString("/>")
		return
	}
	out.WriteString(">")
	for i := range children {
		writeExcerpt(out, &children[i], depth-1)
	}
	out.WriteString("</" + tag + ">")
}

func keptName(name string) string {
	if len(name) > nameMost || !stanzaName.MatchString(name) {
		return hidden
	}
	return name
}

func keptValue(name string, value any) string {
	text, ok := value.(string)
	if kept := keptValues[name]; !ok || kept == nil || len(text) > nameMost || !kept.MatchString(text) {
		return hidden
	}
	return text
}
