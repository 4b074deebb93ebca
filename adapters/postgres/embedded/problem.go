package embedded

import "fmt"

// Problem is a reason why the server cannot start that a person can do something about.
type Problem struct {
	// Sentence says what is wrong and what to do, in one sentence.
	Sentence string
	// Cause is the fault behind it, for logs. It may be nil.
	Cause error
}

// Error is the sentence alone, fit to be printed.
func (p *Problem) Error() string { return p.Sentence }

// Unwrap returns the fault behind the problem.
func (p *Problem) Unwrap() error { return p.Cause }

func problem(cause error, format string, args ...any) *Problem {
	return &Problem{Sentence: fmt.Sprintf(format, args...), Cause: cause}
}
