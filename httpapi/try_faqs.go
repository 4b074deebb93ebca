package httpapi

import (
	"net/http"

	"switchboard.example/domain"
)

type testFAQsRequest struct {
	Text string `json:"text"`
}

type verdictBody struct {
	Decision   domain.Decision `json:"decision"`
	FAQID      *string         `json:"faqId"`
	Confidence float64         `json:"confidence"`
	Margin     float64         `json:"margin"`
	Candidates []candidateBody `json:"candidates"`
	Reply      *string         `json:"reply"`
	Why        string          `json:"why"`
	Revision   *int            `json:"revision"`
	Knowledge  int64           `json:"knowledge"`
	Thresholds *thresholdsBody `json:"thresholds"`
	Language   *string         `json:"language"`
	Told       []string        `json:"told"`
}

type thresholdsBody struct {
	Answer  float64 `json:"answer"`
	Careful float64 `json:"careful"`
	Choices float64 `json:"choices"`
	Shift   float64 `json:"shift"`
}

func newThresholdsBody(t *domain.Thresholds) *thresholdsBody {
	if t == nil {
		return nil
	}
	return &thresholdsBody{Answer: t.Answer, Careful: t.Careful, Choices: t.Choices, Shift: t.Shift}
}

type candidateBody struct {
	FAQID    domain.FAQID `json:"faqId"`
	Question string       `json:"question"`
	Score    float64      `json:"score"`
	Matched  []string     `json:"matched"`
}

const maxTestText = 2000

// testFAQs asks the live bot what it would do; it sends nothing and writes nothing.
func (s *Server) testFAQs(c call) error {
	body, err := read[testFAQsRequest](c)
	if err != nil {
		return err
	}
	if err := within("text", body.Text, 1, maxTestText); err != nil {
		return err
	}
	v, err := s.config.Matcher.Try(c.Request().Context(), c.session.Workspace, body.Text)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, newVerdictBody(v))
}

func newVerdictBody(v Verdict) verdictBody {
	body := verdictBody{
		Decision: v.Decision, FAQID: orNull(string(v.FAQ)), Confidence: share(v.Confidence), Margin: share(v.Margin),
		Candidates: []candidateBody{}, Reply: orNull(v.Reply), Why: v.Why.Sentence(),
		Knowledge: v.Knowledge, Thresholds: newThresholdsBody(v.Thresholds), Language: orNull(string(v.Language)), Told: append([]string{}, v.Told...),
	}
	if v.Revision > 0 {
		body.Revision = &v.Revision
	}
	for _, candidate := range v.Candidates {
		matched := candidate.Matched
		if matched == nil {
			matched = []string{}
		}
		body.Candidates = append(body.Candidates, candidateBody{
			FAQID: candidate.FAQ, Question: candidate.Question, Score: share(candidate.Score), Matched: matched,
		})
	}
	return body
}

// share keeps a number between 0 and 1.
func share(x float64) float64 { return min(1, max(0, x)) }
