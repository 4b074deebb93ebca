package match

// Clash says that a wording would be taken for another FAQ.
type Clash struct {
	FAQID      string // the FAQ that would win
	Question   string // its nearest wording
	Confidence float64
	Exact      bool // the wording is already one of its own
}

// clashConfidence is how sure another FAQ's win must be to warn about it.
const clashConfidence = 0.5

// Clash looks for an FAQ other than faqID (which may be empty for a new one) that a wording would be taken for.
func (x *Index) Clash(faqID, text string) (Clash, bool) {
	r := x.Match(text)
	if r.FAQID == "" || r.FAQID == faqID || r.Confidence <= clashConfidence {
		return Clash{}, false
	}
	return Clash{FAQID: r.FAQID, Question: r.Candidates[0].Question, Confidence: r.Confidence, Exact: r.Exact}, true
}
