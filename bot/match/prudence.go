package match

// A wrong answer hurts more than silence. What the regressions say is honest, and stays so up to honestUpTo: the choices
// depend on it, and people read it. From there on it is said lower, so that the threshold of answers is reached where so many are
// right as surelyRight says, not where four of five are.

const (
	honestUpTo = 0.70
	// With one wording per FAQ the surest are less often right than they look, with many hardly so.
	surelyRightFew, surelyRightMany = 0.92, 0.87
)

// surelyRight is how many of a hundred are to be right where an answer is given, by how many wordings the FAQs have; see measureDepth.
func surelyRight(depth float64) float64 {
	return surelyRightFew + (surelyRightMany-surelyRightFew)*depth
}

// prudent is what is said of a probability.
func prudent(p, depth float64) float64 {
	answer, sure := DefaultThresholds().Answer, surelyRight(depth)
	switch {
	case p <= honestUpTo:
		return p
	case p < sure:
		return honestUpTo + (p-honestUpTo)/(sure-honestUpTo)*(answer-honestUpTo)
	default:
		return answer + (p-sure)/(1-sure)*(1-answer)
	}
}
