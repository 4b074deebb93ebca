package match

// A wrong answer hurts more than silence. What the regression says is honest, and stays so up to honestUpTo: the choices
// depend on it, and people read it. From there on it is said lower, so that the threshold of answers is reached where
// surelyRight are right, not where four of five are.

const (
	honestUpTo  = 0.70
	surelyRight = 0.88
)

// prudent is what is said of a probability.
func prudent(p float64) float64 {
	answer := DefaultThresholds().Answer
	switch {
	case p <= honestUpTo:
		return p
	case p < surelyRight:
		return honestUpTo + (p-honestUpTo)/(surelyRight-honestUpTo)*(answer-honestUpTo)
	default:
		return answer + (p-surelyRight)/(1-surelyRight)*(1-answer)
	}
}
