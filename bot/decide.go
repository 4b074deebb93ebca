package bot

import (
	"slices"
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Decide chooses what to do about a customer's burst of messages. It is pure: the same turn, knowledge and time give the
// same outcome, so that a decision can be explained and replayed.
func Decide(turn commands.Turn, messages []domain.TurnMessage, k *Knowledge, now time.Time) commands.Outcome {
	if why := silence(turn, messages, now); why != "" {
		return silent(why)
	}
	return talk{turn: turn, c: turn.Conversation, k: k, now: now}.decide(freshText(messages))
}

// silence is why the bot says nothing, before the words are even looked at; empty when it may speak.
func silence(turn commands.Turn, messages []domain.TurnMessage, now time.Time) domain.Reason {
	if why := turn.Workspace.Silence(now); why != "" {
		return why
	}
	fresh, words := false, false
	for _, m := range messages {
		fresh = fresh || m.Fresh()
		words = words || m.Fresh() && strings.TrimSpace(m.Text) != ""
	}
	switch {
	case !fresh:
		return domain.ReasonTooOld
	case !words:
		return domain.ReasonNotText
	case turn.Conversation.OptedOut && match.Classify(match.Normalise(lastText(messages))) == match.Start:
		return "" // the one thing an opted-out customer is heard on
	}
	return turn.Conversation.Silence(now)
}

func freshText(messages []domain.TurnMessage) []string {
	var texts []string
	for _, m := range messages {
		if text := strings.TrimSpace(m.Text); m.Fresh() && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

func lastText(messages []domain.TurnMessage) string {
	texts := freshText(messages)
	if len(texts) == 0 {
		return ""
	}
	return texts[len(texts)-1]
}

func silent(why domain.Reason) commands.Outcome {
	return commands.Outcome{Decided: domain.ReplyDecided{Decision: domain.DecideSilence, Why: why}}
}

// talk is one decision in the making.
type talk struct {
	turn commands.Turn
	c    domain.Conversation
	k    *Knowledge
	now  time.Time
}

func (t talk) decide(texts []string) commands.Outcome {
	if r := t.k.Match(strings.Join(texts, " ")); r.Exact {
		return t.answer(r) // a wording the owner wrote comes before small talk: "menu" may be one
	}
	last := texts[len(texts)-1]
	if n, ok := picked(t.c, last, t.now); ok {
		return t.pick(n)
	}
	kind := match.Classify(match.Normalise(last))
	if kind != match.NotSmallTalk && len(texts) > 1 && smallTalkOnly(texts) == "" {
		kind = match.NotSmallTalk // "how much is delivery?", "thanks": the question counts
	}
	if outcome, ok := t.smallTalk(kind); ok {
		return outcome
	}
	return t.question(texts)
}

func smallTalkOnly(texts []string) match.SmallTalk {
	for _, text := range texts {
		if match.Classify(match.Normalise(text)) == match.NotSmallTalk {
			return ""
		}
	}
	return match.Classify(match.Normalise(texts[len(texts)-1]))
}

// pick answers the FAQ that a number chose from the last list.
func (t talk) pick(n int) commands.Outcome {
	if n == 0 {
		if t.c.LastDecision == domain.DecideGreeting {
			return t.handOff()
		}
		return say(domain.DecideFallback, domain.ReasonUnsure, sayOtherWords)
	}
	f, ok := t.k.FAQ(t.c.Choices[n-1])
	if !ok { // removed since
		return t.unanswered(nil, match.Result{})
	}
	outcome := say(domain.DecideAnswer, domain.ReasonExact, f.Answer)
	outcome.Decided.FAQ, outcome.Decided.Revision, outcome.Decided.Score, outcome.Decided.Margin = f.ID, f.Revision, 1, 1
	return outcome
}

func (t talk) smallTalk(kind match.SmallTalk) (commands.Outcome, bool) {
	switch kind {
	case match.NotSmallTalk:
		return commands.Outcome{}, false
	case match.Greeting:
		return t.greet(), true
	case match.WantsMenu:
		return t.listing(sayMenu(t.menu())), true
	case match.WantsHuman:
		return t.handOff(), true
	case match.Stop:
		return t.with(domain.ConversationOptedOut{About: t.turn.About, At: t.now}, sayStopped), true
	case match.Start:
		if !t.c.OptedOut {
			return t.greet(), true
		}
		return t.with(domain.ConversationOptedIn{About: t.turn.About, At: t.now}, sayStarted), true
	case match.Thanks:
		if t.c.LastDecision == domain.DecideAnswer {
			return say(domain.DecideGreeting, domain.ReasonSmallTalk, sayWelcome), true
		}
	case match.Okay, match.Goodbye, match.Wordless:
	}
	return silent(domain.ReasonSmallTalk), true
}

const (
	greetAgainAfter = 14 * 24 * time.Hour
	helloAgainAfter = 6 * time.Hour
)

func (t talk) greet() commands.Outcome {
	since := t.now.Sub(t.c.GreetedAt)
	switch {
	case since >= greetAgainAfter:
		return t.listing(sayGreeting(t.turn.Workspace, t.menu()))
	case since >= helloAgainAfter:
		return say(domain.DecideGreeting, domain.ReasonGreeting, sayHelloAgain)
	}
	return silent(domain.ReasonGreeting)
}

// listing says text and lets a number pick from the menu.
func (t talk) listing(text string) commands.Outcome {
	outcome := say(domain.DecideGreeting, domain.ReasonGreeting, text)
	for _, f := range t.menu() {
		outcome.Decided.Candidates = append(outcome.Decided.Candidates, domain.Candidate{FAQ: f.ID})
	}
	return outcome
}

func (t talk) menu() []domain.FAQ { return t.k.Enabled[:min(maxMenu, len(t.k.Enabled))] }

func (t talk) handOff() commands.Outcome {
	handedOff := domain.ConversationHandedOff{About: t.turn.About, Reason: domain.ReasonHuman, At: t.now}
	outcome := t.with(handedOff, sayHandOff(t.turn.Workspace))
	outcome.Decided.Why = domain.ReasonHuman
	return outcome
}

func (t talk) with(e domain.ConversationEvent, reply string) commands.Outcome {
	outcome := say(domain.DecideFallback, domain.ReasonSmallTalk, reply)
	outcome.Also = append(outcome.Also, e)
	return outcome
}

func say(d domain.Decision, why domain.Reason, reply string) commands.Outcome {
	return commands.Outcome{Decided: domain.ReplyDecided{Decision: d, Why: why}, Reply: reply}
}

// question matches the words: each line and all of them together, taking the reading the matcher is surest of.
func (t talk) question(texts []string) commands.Outcome {
	best := t.k.Match(strings.Join(texts, " "))
	if len(texts) > 1 {
		for _, text := range texts {
			if r := t.k.Match(text); r.Confidence > best.Confidence {
				best = r
			}
		}
	}
	switch best.Decision {
	case match.Answer:
		return t.answer(best)
	case match.Choices:
		if t.c.LastDecision != domain.DecideChoices {
			return t.choices(best)
		}
	case match.Fallback:
	}
	return t.unanswered(texts, best)
}

func (t talk) answer(r match.Result) commands.Outcome {
	f, _ := t.k.FAQ(domain.FAQID(r.FAQID))
	why := domain.ReasonConfident
	if r.Exact {
		why = domain.ReasonExact
	}
	outcome := explained(say(domain.DecideAnswer, why, f.Answer), r)
	outcome.Decided.FAQ, outcome.Decided.Revision = f.ID, f.Revision
	return outcome
}

func (t talk) choices(r match.Result) commands.Outcome {
	var listed []domain.FAQ
	for _, c := range r.Choices()[:min(maxChoices, len(r.Choices()))] {
		if f, ok := t.k.FAQ(domain.FAQID(c.FAQID)); ok {
			listed = append(listed, f)
		}
	}
	outcome := explained(say(domain.DecideChoices, domain.ReasonUnsure, sayChoices(listed)), r)
	outcome.Decided.Candidates = outcome.Decided.Candidates[:0]
	for _, f := range listed {
		outcome.Decided.Candidates = append(outcome.Decided.Candidates, domain.Candidate{FAQ: f.ID, Score: scoreOf(r, f.ID)})
	}
	return outcome
}

func scoreOf(r match.Result, id domain.FAQID) float64 {
	for _, c := range r.Candidates {
		if c.FAQID == string(id) {
			return c.Score
		}
	}
	return 0
}

// unanswered records the question for the owner and says so; the second time in a row it hands over.
func (t talk) unanswered(texts []string, r match.Result) commands.Outcome {
	why := domain.ReasonNoMatch
	if len(t.k.Enabled) == 0 {
		why = domain.ReasonNoFAQs
	}
	outcome := explained(say(domain.DecideFallback, why, sayFallback), r)
	if t.c.Fallbacks > 0 {
		outcome = explained(t.handOff(), r)
	}
	if text := strings.Join(texts, "\n"); text != "" {
		outcome.Also = append(outcome.Also, domain.QuestionUnanswered{
			About: t.turn.About, Cluster: t.cluster(texts), InReplyTo: ids(t.c.Turn), AskedAt: t.now, Text: text,
		})
	}
	return outcome
}

// cluster groups questions that use the same words in any order.
func (t talk) cluster(texts []string) string {
	words := strings.Fields(match.Normalise(strings.Join(texts, " ")).Key)
	slices.Sort(words)
	return domain.DeriveID(string(t.turn.About.WorkspaceID), "cluster", strings.Join(slices.Compact(words), " "))
}

func ids(messages []domain.TurnMessage) []domain.MessageID {
	list := make([]domain.MessageID, len(messages))
	for i, m := range messages {
		list[i] = m.ID
	}
	return list
}

// explained adds what the matcher saw to a decision.
func explained(o commands.Outcome, r match.Result) commands.Outcome {
	o.Decided.Score, o.Decided.Margin = r.Confidence, r.Margin
	for _, c := range r.Candidates {
		o.Decided.Candidates = append(o.Decided.Candidates, domain.Candidate{FAQ: domain.FAQID(c.FAQID), Score: c.Score})
	}
	if len(r.Candidates) > 0 {
		o.Decided.Matched = r.Candidates[0].Matched
	}
	return o
}
