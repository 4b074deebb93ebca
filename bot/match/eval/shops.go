package eval

import (
	"fmt"
	"strings"
)

// shopWordings is how many of a topic's wordings are the FAQ's; the others are messages.
const shopWordings = 3

// ReadShops reads sets written by hand: "shop NAME" and below it lines of "topic: wording | wording". The first three
// wordings are the FAQ's, the others messages; those of the topic "-" are for no FAQ.
func ReadShops(text string) ([]*Set, error) {
	var sets []*Set
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "shop "); ok {
			sets = append(sets, &Set{Name: name})
			continue
		}
		topic, list, ok := strings.Cut(line, ": ")
		if !ok || len(sets) == 0 {
			return nil, fmt.Errorf("line %d: want shop NAME, then topic: wording | wording", n+1)
		}
		sets[len(sets)-1].addTopic(topic, strings.Split(list, " | "))
	}
	return sets, nil
}

func (s *Set) addTopic(topic string, texts []string) {
	if topic == "-" {
		for _, text := range texts {
			s.Queries = append(s.Queries, Query{Text: text})
		}
		return
	}
	kept := min(shopWordings, len(texts))
	s.FAQs = append(s.FAQs, FAQ{ID: topic, Questions: texts[:kept]})
	for _, text := range texts[kept:] {
		s.Queries = append(s.Queries, Query{Text: text, FAQID: &topic})
	}
}
