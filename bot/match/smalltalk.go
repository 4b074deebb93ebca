package match

import (
	"fmt"
	"strings"
)

// SmallTalk is what a message is when it is not a question for the FAQs.
type SmallTalk string

// The closed list of small talk, answered by the conversation rules before any matching.
const (
	NotSmallTalk SmallTalk = ""         // match it
	Greeting     SmallTalk = "greeting" // hello, how far
	Thanks       SmallTalk = "thanks"
	Okay         SmallTalk = "ok" // ok, noted, yes, no
	Goodbye      SmallTalk = "bye"
	WantsHuman   SmallTalk = "human" // 0, agent, I wan talk to person
	WantsMenu    SmallTalk = "menu"  // menu, help
	Stop         SmallTalk = "stop"  // no more messages
	Start        SmallTalk = "start" // messages again
	Wordless     SmallTalk = "wordless"
)

// Classify tells small talk from a question. It compares whole messages with a closed list and never guesses.
func Classify(n Normalised) SmallTalk {
	lex, err := shipped()
	if err != nil {
		return NotSmallTalk
	}
	if n.Clean == "" {
		return Wordless
	}
	for _, text := range []string{n.Clean, bare(n.Clean), strings.Join(n.Words, " "), bare(strings.Join(n.Words, " "))} {
		if kind, ok := lex.smallTalk[text]; ok {
			return kind
		}
	}
	return NotSmallTalk
}

func (lex *lexicon) readSmallTalk(text string) error {
	kind, messages, ok := strings.Cut(text, ":")
	if !ok || !knownSmallTalk(SmallTalk(kind)) {
		return fmt.Errorf("want kind: messages, got %q", text)
	}
	for message := range strings.SplitSeq(messages, "|") {
		key := Fold(message)
		if other, taken := lex.smallTalk[key]; taken && other != SmallTalk(kind) {
			return fmt.Errorf("%q is both %s and %s", key, other, kind)
		}
		lex.smallTalk[key] = SmallTalk(kind)
	}
	return nil
}

func knownSmallTalk(kind SmallTalk) bool {
	switch kind {
	case Greeting, Thanks, Okay, Goodbye, WantsHuman, WantsMenu, Stop, Start:
		return true
	case NotSmallTalk, Wordless:
	}
	return false
}

// bare drops words that only address somebody or add tone.
func bare(clean string) string {
	words := strings.Fields(clean)
	kept := words[:0:0]
	for _, w := range words {
		if !addresses(w) {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

func addresses(word string) bool {
	switch word {
	case "abeg", "pls", "plz", "please", "sir", "ma", "madam", "oga", "boss", "dear", "bro", "bros", "sis", "chief",
		"o", "oo", "oh", "na", "nau", "naw", "sha", "sef", "jare", "jor", "guys", "my", "there", "too", "ooo", "house", "fam":
		return true
	}
	return false
}
