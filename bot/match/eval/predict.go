package eval

import (
	"encoding/json"
	"fmt"
	"io"

	"switchboard.example/bot/match"
)

// Prediction is one line of the scorer's input. FAQID is nil when the bot would not answer.
type Prediction struct {
	FAQID      *string  `json:"faq_id"`
	Confidence float64  `json:"confidence"`
	Best       *string  `json:"best,omitempty"`
	Choices    []string `json:"choices,omitempty"`
}

// Predict answers a set's messages with the shipped model and k wordings per FAQ (all when k is below one).
func Predict(s *Set, k int) ([]Prediction, error) {
	model, err := match.ShippedModel()
	if err != nil {
		return nil, err
	}
	return PredictWith(model, s, k), nil
}

// PredictWith is Predict with a model of your own.
func PredictWith(model *match.Model, s *Set, k int) []Prediction {
	return predictAll(model.NewIndex(s.Workspace(k)), s.Queries)
}

func predictAll(index *match.Index, queries []Query) []Prediction {
	out := make([]Prediction, len(queries))
	for i, q := range queries {
		out[i] = predict(index, q.Text, 0)
	}
	return out
}

// predict answers one message as the bot would: small talk is not matched.
func predict(index *match.Index, text string, shift float64) Prediction {
	r := index.MatchShifted(text, shift)
	p := Prediction{Confidence: r.Confidence}
	if r.FAQID != "" {
		p.Best = &r.FAQID
	}
	if silenced(r, text) {
		p.Confidence = 0
		return p
	}
	if r.Decision == match.Answer {
		p.FAQID = p.Best
	}
	for _, c := range r.Choices() {
		p.Choices = append(p.Choices, c.FAQID)
	}
	return p
}

// silenced says whether the conversation rules would keep the message from the matcher, or a negative holds it back.
// An exact wording is matched even when it looks like small talk.
func silenced(r match.Result, text string) bool {
	smallTalk := match.Classify(match.Normalise(text)) != match.NotSmallTalk
	return r.Dismissed || smallTalk && !r.Exact
}

// Write writes predictions as the scorer's JSON lines.
func Write(w io.Writer, predictions []Prediction) error {
	enc := json.NewEncoder(w)
	for i, p := range predictions {
		if err := enc.Encode(p); err != nil {
			return fmt.Errorf("write prediction %d: %w", i+1, err)
		}
	}
	return nil
}
