package eval

import (
	"math/rand/v2"

	"switchboard.example/bot/match"
)

// mostWordings is how many wordings an FAQ may learn up to.
const mostWordings = 20

// Lessons says how Teach plays the member's part.
type Lessons struct {
	Wordings    int    // per FAQ at the start
	Corrections int    // messages assigned before measuring
	Dismiss     bool   // also mark off-topic messages that were answered, or offered choices, as not for the bot
	Seed        uint64 // order of the messages
}

// Teach replays a shop's first weeks: whenever a message is not answered rightly the member assigns it to its FAQ
// and the index is rebuilt. After the corrections, or half of the messages, the rest is predicted. It returns that
// rest, the predictions for it and how many corrections there were.
func Teach(model *match.Model, s *Set, l Lessons) (*Set, []Prediction, int) {
	queries := shuffled(s.Queries, l.Seed)
	w := s.Workspace(l.Wordings)
	index := model.NewIndex(w)
	at, corrected := 0, 0
	for ; at < len(queries)/2 && corrected < l.Corrections; at++ {
		q := queries[at]
		p := predict(index, q.Text)
		switch {
		case q.FAQID != nil && !answers(p, *q.FAQID):
			assign(&w, *q.FAQID, q.Text)
			corrected++
		case q.FAQID == nil && l.Dismiss && (p.FAQID != nil || len(p.Choices) > 0):
			w.Dismissed = append(w.Dismissed, q.Text)
		default:
			continue
		}
		index = model.NewIndex(w)
	}
	rest := &Set{Name: s.Name, FAQs: s.FAQs, Queries: queries[at:]}
	return rest, predictAll(index, rest.Queries), corrected
}

func answers(p Prediction, id string) bool { return p.FAQID != nil && *p.FAQID == id }

func shuffled(queries []Query, seed uint64) []Query {
	out := append([]Query(nil), queries...)
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // repeatable on purpose
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// assign adds a wording, to a copy of the FAQ's list because the set's own must stay.
func assign(w *match.Workspace, id, text string) {
	for i, f := range w.FAQs {
		if f.ID == id && len(f.Questions) < mostWordings {
			w.FAQs[i].Questions = append(append([]string(nil), f.Questions...), text)
		}
	}
}
