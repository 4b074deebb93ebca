package bot

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

const (
	contextFor   = 10 * time.Minute // how long an answer is the topic of what follows
	followUpSure = 0.80             // what a follow-up must reach together with its topic
	maxFollowUp  = 4                // words
	maxAnswers   = 2                // in one message
)

// question matches the words: each line and all of them together, taking the reading the matcher is surest of. Two lines that
// ask two things are both answered.
func (t talk) question(texts []string) commands.Outcome {
	best, answered := t.match(strings.Join(texts, " ")), ""
	if len(texts) > 1 {
		sure, first := make([]match.Result, 0, maxAnswers), ""
		for _, text := range texts {
			r := t.match(text)
			if r.Decision == match.Answer && len(sure) < maxAnswers && !slices.ContainsFunc(sure, func(s match.Result) bool { return s.FAQID == r.FAQID }) {
				sure = append(sure, r)
				first = cmp.Or(first, text)
			}
			if r.Confidence > best.Confidence {
				best, answered = r, text
			}
		}
		if len(sure) == maxAnswers {
			return t.quoting(texts, first, t.both(sure[0], sure[1]))
		}
	}
	if best.Decision != match.Answer && len(texts) == 1 {
		if r, ok := t.followUp(texts[0], best); ok {
			return t.explainedAs(domain.ReasonFollowUp, r)
		}
	}
	switch best.Decision {
	case match.Answer:
		return t.quoting(texts, answered, t.explainedAs(reasonOf(best), best))
	case match.Choices:
		if !t.c.AskedBack {
			return t.quoting(texts, answered, t.choices(best))
		}
		return t.unanswered(texts, best, domain.ReasonUnclear)
	case match.Fallback:
	}
	return t.unanswered(texts, best, domain.ReasonNoMatch)
}

// quoting shows the reply with the line it answers, when the customer asked more than one thing and could wonder which.
func (t talk) quoting(texts []string, answered string, o commands.Outcome) commands.Outcome {
	asked := 0
	for _, text := range texts {
		if strings.HasSuffix(text, "?") || t.match(text).Decision == match.Answer {
			asked++
		}
	}
	if asked < 2 {
		return o
	}
	for _, m := range t.messages {
		if answered != "" && strings.TrimSpace(m.Text) == answered {
			o.Quotes = m.ID
		}
	}
	return o
}

func reasonOf(r match.Result) domain.Reason {
	if r.Exact {
		return domain.ReasonExact
	}
	return domain.ReasonConfident
}

// followUp reads a short question together with what was answered just before it: "and Ibadan?" after the delivery fee. Words that
// alone point to another FAQ are not bent back to that answer.
func (t talk) followUp(text string, alone match.Result) (match.Result, bool) {
	topic, known := t.k.FAQ(t.c.LastFAQ)
	if !known || t.now.Sub(t.c.LastAnswerAt) > contextFor || !followsUp(text) {
		return match.Result{}, false
	}
	r := t.match(topic.Questions[0] + " " + goingOn.ReplaceAllString(text, ""))
	if r.FAQID == string(topic.ID) && alone.Decision == match.Choices && alone.FAQID != r.FAQID {
		return match.Result{}, false
	}
	return r, r.Confidence >= followUpSure && !r.Dismissed && r.Decision == match.Answer
}

// goingOn is how a follow-up begins that has nothing to do with what it is about: "and what about Ibadan?".
var goingOn = regexp.MustCompile(`(?i)^\s*(?:(?:and|also|plus)\s+)?(?:(?:what|how)\s+(?:of|about)\s+)?`)

func followsUp(text string) bool {
	words := strings.Fields(match.Fold(text))
	if len(words) == 0 || len(words) > maxFollowUp {
		return false
	}
	if strings.HasSuffix(strings.TrimSpace(text), "?") {
		return true
	}
	return slices.Contains([]string{"and", "what", "how", "for", "to", "if", "plus", "also", "wetin", "which", "when", "where", "on", "in"}, words[0])
}

// leaning says whether the turn is a few words that go on from what was answered just before, and say too little to tell their
// language by themselves: "and on Sunday?", "how much?", "what of Ibadan". Whether they are also read with it is another question.
func (t talk) leaning() bool {
	if len(t.words) != 1 || t.c.LastFAQ == "" || t.now.Sub(t.c.LastAnswerAt) > contextFor || !followsUp(t.words[0]) {
		return false
	}
	words := strings.Fields(match.Fold(t.words[0]))
	switch words[0] {
	case "and", "for", "to", "if", "plus", "also", "on", "in":
		return true
	case "what", "how", "wetin":
		return len(words) < 3 || words[1] == "of" || words[1] == "about"
	}
	return len(words) < 3
}

// explainedAs answers what the matcher is sure of.
func (t talk) explainedAs(why domain.Reason, r match.Result) commands.Outcome {
	f, _ := t.k.FAQ(domain.FAQID(r.FAQID))
	return t.explained(t.answer(f, why, wordingOf(r)), r)
}

// wordingOf is the wording that a text was read as; empty for none.
func wordingOf(r match.Result) string {
	if len(r.Candidates) == 0 {
		return ""
	}
	return r.Candidates[0].Question
}

// worded is an FAQ's answer in the language the customer writes, where it has one in Pidgin too, and the words that told. A
// choice from a list and words that lean on those before go by those, too; a word that Nigerian English borrows counts when the
// wording it was read as is Pidgin.
func (t talk) worded(f domain.FAQ, why domain.Reason, wording string) (answer string, in domain.Language, told []string) {
	if f.PidginAnswer == "" {
		return f.Answer, "", nil
	}
	words := strings.Join(t.words, "\n")
	if why == domain.ReasonPicked || t.leaning() {
		words = t.c.LastAsked + "\n" + words
	}
	told, pidgin := match.Pidgin(words)
	if !pidgin && len(told) > 0 {
		_, pidgin = match.Pidgin(wording)
	}
	if pidgin {
		answer, in = f.AnswerIn(domain.Pidgin)
		return answer, in, told
	}
	answer, in = f.AnswerIn(domain.English)
	return answer, in, nil
}

// answer says an FAQ's answer, verbatim; asked again soon, that it is all there is, and then leaves it to a person. The wording
// is what the question was read as.
func (t talk) answer(f domain.FAQ, why domain.Reason, wording string) commands.Outcome {
	if repeats, again := t.asked(f); again {
		return t.again(f, repeats)
	}
	text, in, told := t.worded(f, why, wording)
	outcome := say(domain.DecideAnswer, why, text)
	outcome.Decided.FAQ, outcome.Decided.Revision, outcome.Decided.Language, outcome.Decided.Told = f.ID, f.Revision, in, told
	return outcome
}

// asked says whether the customer asks again for what they were answered of late, and how often they did before.
func (t talk) asked(f domain.FAQ) (repeats int, again bool) {
	repeats, again = t.c.AskedBefore(f.ID, t.now)
	return repeats, again && !t.turn.Unpaced
}

func (t talk) again(f domain.FAQ, repeats int) commands.Outcome {
	outcome := silent(domain.ReasonRepeat)
	switch repeats {
	case 0:
		outcome = say(domain.DecideAnswer, domain.ReasonRepeat, sayThatsAll)
	case 1:
		outcome = t.handOff(domain.ReasonRepeat)
	}
	outcome.Decided.FAQ, outcome.Decided.Revision = f.ID, f.Revision
	return outcome
}

// both answers two questions of one burst in one message. Both asked again are a repeat of the one asked more often.
func (t talk) both(a, b match.Result) commands.Outcome {
	first, _ := t.k.FAQ(domain.FAQID(a.FAQID))
	second, _ := t.k.FAQ(domain.FAQID(b.FAQID))
	one, in, told := t.worded(first, reasonOf(a), wordingOf(a))
	two, alsoIn, alsoTold := t.worded(second, reasonOf(b), wordingOf(b))
	outcome := say(domain.DecideAnswer, reasonOf(a), one+"\n\n"+two)
	outcome.Decided.Language, outcome.Decided.Told = cmp.Or(in, alsoIn), told
	if in != domain.Pidgin && alsoIn == domain.Pidgin {
		outcome.Decided.Language, outcome.Decided.Told = alsoIn, alsoTold
	}
	n, again := t.asked(first)
	if m, too := t.asked(second); again && too {
		outcome = t.again(first, max(n, m))
	}
	outcome.Decided.FAQ, outcome.Decided.Revision, outcome.Decided.Also = first.ID, first.Revision, []domain.FAQID{second.ID}
	return t.explained(outcome, a)
}

func (t talk) choices(r match.Result) commands.Outcome {
	var listed []domain.FAQ
	for _, c := range r.Choices()[:min(maxChoices, len(r.Choices()))] {
		if f, ok := t.k.FAQ(domain.FAQID(c.FAQID)); ok {
			listed = append(listed, f)
		}
	}
	outcome := say(domain.DecideChoices, domain.ReasonUnsure, sayChoices(listed))
	for _, f := range listed {
		outcome.Decided.Candidates = append(outcome.Decided.Candidates, domain.Candidate{FAQ: f.ID, Score: scoreOf(r, f.ID)})
	}
	return t.explained(outcome, r)
}

func scoreOf(r match.Result, id domain.FAQID) float64 {
	for _, c := range r.Candidates {
		if c.FAQID == string(id) {
			return c.Score
		}
	}
	return 0
}

// unanswered records the question for the owner. The first time in a session it says so, the second time it hands over, and
// then it is silent.
func (t talk) unanswered(texts []string, r match.Result, why domain.Reason) commands.Outcome {
	if len(t.k.Enabled) == 0 {
		why = domain.ReasonNoFAQs
	}
	var outcome commands.Outcome
	switch t.c.Fallbacks {
	case 0:
		outcome = say(domain.DecideFallback, why, sayFallback)
	case 1:
		outcome = t.handOff(domain.ReasonGaveUp)
	default:
		outcome = silent(why)
	}
	if text := strings.Join(texts, "\n"); text != "" {
		outcome.Also = append(outcome.Also, domain.QuestionUnanswered{
			About: t.turn.About, Cluster: t.cluster(texts), InReplyTo: ids(t.messages), SentAt: t.written(), AskedAt: t.now, Text: text,
		})
	}
	return t.explained(outcome, r)
}

// written is when the newest message of the turn was, by WhatsApp's clock.
func (t talk) written() time.Time {
	newest := time.Time{}
	for _, m := range t.messages {
		if m.SentAt.After(newest) {
			newest = m.SentAt
		}
	}
	return newest
}

// cluster groups questions that use the same words in any order.
func (t talk) cluster(texts []string) string {
	words := strings.Fields(match.Normalise(strings.Join(texts, " ")).Key)
	slices.Sort(words)
	return domain.DeriveID(string(t.turn.About.WorkspaceID), "cluster", strings.Join(slices.Compact(words), " "))
}
