package main

import (
	"fmt"
	"slices"
	"strings"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// leastCount is how often a stem must occur to be kept: rarer ones may be names.
const leastCount = 2

// countBackground lists in how many texts of the sets each stem occurs.
func countBackground(sets []*eval.Set) string {
	counts, texts := map[string]int{}, 0
	for _, s := range sets {
		for _, text := range textsOf(s) {
			texts++
			for _, stem := range match.Stems(text) {
				counts[stem]++
			}
		}
	}
	lines := make([]string, 0, len(counts))
	for stem, n := range counts {
		if n >= leastCount {
			lines = append(lines, fmt.Sprintf("%s %d", stem, n))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("# texts %d\n%s\n", texts, strings.Join(lines, "\n"))
}

func textsOf(s *eval.Set) []string {
	var out []string
	for _, f := range s.FAQs {
		out = append(out, f.Questions...)
	}
	for _, q := range s.Queries {
		out = append(out, q.Text)
	}
	return out
}
