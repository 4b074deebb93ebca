package bot

import (
	"strings"
	"time"

	"switchboard.example/domain"
)

var picks = map[string]int{ //nolint:gochecknoglobals // a constant table
	"0": 0, "zero": 0, "1": 1, "one": 1, "first": 1, "2": 2, "two": 2, "second": 2, "3": 3, "three": 3, "third": 3,
	"4": 4, "four": 4, "fourth": 4, "5": 5, "five": 5, "fifth": 5,
}

// picked reads a number that answers the last list of choices: "1", "1.", "one", "the first", "number 1".
func picked(c domain.Conversation, text string, now time.Time) (int, bool) {
	if len(c.Choices) == 0 || now.After(c.ChoicesAt.Add(domain.ChoicesValid)) {
		return 0, false
	}
	words := strings.Fields(strings.ToLower(strings.Trim(strings.TrimSpace(text), ".!,)*")))
	if len(words) == 2 && (words[0] == "number" || words[0] == "the" || words[0] == "no") {
		words = words[1:]
	}
	if len(words) != 1 {
		return 0, false
	}
	n, ok := picks[words[0]]
	return n, ok && n <= len(c.Choices)
}
