package match

// FAQ is what the matcher needs to know of one question and answer.
type FAQ struct {
	ID        string
	Questions []string // wordings, best first
	// OnlyWhenSure holds this FAQ back until the careful threshold is reached.
	OnlyWhenSure bool
	// Enabled FAQs are matched; others are as if they were not there.
	Enabled bool
	// Negatives are messages a member said this FAQ must not answer.
	Negatives []string
}

// Workspace is everything one business taught the matcher.
type Workspace struct {
	FAQs []FAQ
	// Dismissed are messages a member marked as not for the bot.
	Dismissed []string
	// Careful asks for the careful threshold everywhere.
	Careful bool
	// Words are the owner's own readings, tried before the shipped ones: "aza" to "account number".
	Words map[string]string
}

// Candidate is one FAQ that may have been meant.
type Candidate struct {
	FAQID    string
	Question string   // the wording nearest to the message
	Score    float64  // confidence of the first; of the others their share next to it, 0 to 1
	Matched  []string // the customer's words this FAQ also uses, as read
}

// Decision is what to do with a message.
type Decision string

// The three decisions.
const (
	Answer   Decision = "answer"   // sure enough to answer
	Choices  Decision = "choices"  // ask which of up to three was meant
	Fallback Decision = "fallback" // hand over and record as unanswered
)

// Thresholds are the confidences at which decisions change.
type Thresholds struct {
	Answer  float64
	Careful float64
	Choices float64
	Shift   float64 // already in the confidences: see Index.MatchShifted
}

// DefaultThresholds are the measured ones.
func DefaultThresholds() Thresholds { return Thresholds{Answer: 0.80, Careful: 0.90, Choices: 0.35} }

// Result is a decision with its reasons.
type Result struct {
	Decision   Decision
	FAQID      string  // the best FAQ, also when it is not sure enough to answer; empty when nothing is near
	Confidence float64 // probability that FAQID is what was asked; near an answer said lower: see prudent
	Margin     float64 // confidence less the share of the best other FAQ
	Candidates []Candidate
	Exact      bool // the message is one of the wordings
	Dismissed  bool // held back because a member said such messages are not for the bot, or not for this FAQ
	Thresholds Thresholds
}
