package eval

import (
	"encoding/json"
	"fmt"
	"os"

	"switchboard.example/bot/match"
)

// Set is a file of FAQs with messages of which the right FAQ is known.
type Set struct {
	Name    string  `json:"name"`
	FAQs    []FAQ   `json:"faqs"`
	Queries []Query `json:"queries"`
}

// FAQ is one question in its wordings, best first.
type FAQ struct {
	ID        string   `json:"id"`
	Questions []string `json:"questions"`
}

// Query is a customer's message; FAQID is nil when no FAQ answers it.
type Query struct {
	Text  string  `json:"text"`
	FAQID *string `json:"faq_id"`
}

// Load reads a set from a file.
func Load(path string) (*Set, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, fmt.Errorf("load set: %w", err)
	}
	var s Set
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("load set %s: %w", path, err)
	}
	return &s, nil
}

// Workspace is the set as a business with k wordings per FAQ; k below one means all of them.
func (s *Set) Workspace(k int) match.Workspace {
	var w match.Workspace
	for _, f := range s.FAQs {
		questions := f.Questions
		if k > 0 && k < len(questions) {
			questions = questions[:k]
		}
		w.FAQs = append(w.FAQs, match.FAQ{ID: f.ID, Questions: questions, Enabled: true})
	}
	return w
}
