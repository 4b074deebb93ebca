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
	t := newTalk(turn, messages, k.Shifted(turn.Workspace.Shift), now)
	outcome := t.choose()
	outcome.Decided.Unseen, outcome.Decided.Leaning = t.unseen() && t.silence() == "", t.leaning()
	if outcome.Decided.Thresholds == nil { // what the words alone would have come to; without any, what they would have been held against
		outcome = t.explained(outcome, t.match(strings.Join(t.words, " ")))
	}
	return outcome
}

// talk is one decision in the making.
type talk struct {
	turn     commands.Turn
	c        domain.Conversation
	k        *Knowledge
	now      time.Time
	messages []domain.TurnMessage
	words    []string // what every message says, oldest first
	fresh    []string // what those say that are young enough for a conversation, and new
	newest   time.Time
	seen     map[string]match.Result // texts are asked about more than once
}

func (t talk) match(text string) match.Result {
	r, ok := t.seen[text]
	if !ok {
		r = t.k.Match(text)
		t.seen[text] = r
	}
	return r
}

func newTalk(turn commands.Turn, messages []domain.TurnMessage, k *Knowledge, now time.Time) talk {
	t := talk{turn: turn, c: turn.Conversation, k: k, now: now, messages: messages, seen: map[string]match.Result{}}
	for _, m := range messages {
		text := strings.TrimSpace(m.Text)
		if text == "" {
			continue
		}
		t.words = append(t.words, text)
		if m.Fresh() && !m.Edited {
			t.fresh = append(t.fresh, text)
			if m.SentAt.After(t.newest) {
				t.newest = m.SentAt
			}
		}
	}
	return t
}

// choose goes through the rules in their order; the first that applies decides.
func (t talk) choose() commands.Outcome {
	why := t.silence()
	if outcome, ok := t.opting(why); ok {
		return outcome
	}
	if why != "" {
		return t.silentFor(why)
	}
	if outcome, ok := t.tooMuch(); ok {
		return outcome
	}
	outcome := t.speak()
	if t.soft() {
		outcome = soften(outcome)
	}
	if t.echoes(outcome) {
		return silent(domain.ReasonLoop)
	}
	return outcome
}

// silence is why the bot says nothing, whatever the words are; empty when it may speak.
func (t talk) silence() domain.Reason {
	if !t.anyYoung() {
		return domain.ReasonTooOld
	}
	if why := t.turn.Workspace.Silence(t.now); why != "" {
		return why
	}
	if why := t.turn.Workspace.LeavesAlone(t.turn.Customer); why != "" {
		return why
	}
	return t.c.Silence(t.turn.Workspace, t.now)
}

// silentFor says nothing; who was told to reply 0 for a person and does is passed on all the same.
func (t talk) silentFor(why domain.Reason) commands.Outcome {
	outcome := silent(why)
	if why == domain.ReasonAbuse && slices.ContainsFunc(t.fresh, func(text string) bool { return match.Classify(match.Normalise(text)) == match.WantsHuman }) {
		outcome.Also = append(outcome.Also, domain.ConversationHandedOff{About: t.turn.About, Reason: domain.ReasonHuman, At: t.now})
	}
	return outcome
}

func (t talk) anyYoung() bool {
	for _, m := range t.messages {
		if m.Fresh() || m.Late() || m.Edited {
			return true
		}
	}
	return false
}

// opting obeys STOP and START whatever else holds. It is confirmed once, and only where the bot may speak.
func (t talk) opting(why domain.Reason) (commands.Outcome, bool) {
	var stop, start bool
	for _, text := range t.words {
		switch match.Classify(match.Normalise(text)) {
		case match.Stop:
			stop, start = true, false
		case match.Start:
			stop, start = false, true
		case match.NotSmallTalk, match.Greeting, match.Thanks, match.Okay, match.Goodbye, match.WantsHuman, match.WantsMenu, match.Wordless:
		}
	}
	var outcome commands.Outcome
	switch {
	case stop && !t.c.OptedOut:
		outcome = with(domain.ConversationOptedOut{About: t.turn.About, At: t.now}, domain.ReasonOptingOut, sayStopped)
	case start && t.c.OptedOut:
		outcome = with(domain.ConversationOptedIn{About: t.turn.About, At: t.now}, domain.ReasonOptingIn, sayStarted)
		if why == domain.ReasonOptedOut {
			back := t.c.Evolve(domain.ConversationOptedIn{})
			why = back.Silence(t.turn.Workspace, t.now)
		}
	default:
		return commands.Outcome{}, false
	}
	if why != "" || t.soft() {
		outcome.Decided.Decision, outcome.Reply = domain.DecideSilence, ""
	}
	return outcome, true
}

// tooMuch mutes loops and keeps within the chat's limits.
func (t talk) tooMuch() (commands.Outcome, bool) {
	switch {
	case t.turn.Unpaced:
	case t.c.Looping(t.now):
		muted := t.muted(silent(domain.ReasonLoop), domain.ReasonLoop, domain.MuteForLoop)
		return t.alerting(muted, domain.AlertLoop, string(t.turn.About.CustomerID)+" "+t.now.UTC().Format(time.RFC3339)), true
	case t.c.OverLimit(t.now):
		return t.alerting(silent(domain.ReasonRateLimited), domain.AlertLimit, ""), true
	}
	return commands.Outcome{}, false
}

func (t talk) muted(o commands.Outcome, why domain.Reason, length time.Duration) commands.Outcome {
	o.Also = append(o.Also, domain.ConversationMuted{About: t.turn.About, Reason: why, Until: t.now.Add(length)})
	return o
}

// alerting tells the business besides.
func (t talk) alerting(o commands.Outcome, kind domain.AlertKind, subject string) commands.Outcome {
	o.Workspace = append(o.Workspace, t.turn.Workspace.Raise(domain.WorkspaceAlertRaised{
		Kind: kind, Subject: subject, CustomerID: t.turn.About.CustomerID, At: t.now,
	})...)
	return o
}

func (t talk) speak() commands.Outcome {
	switch {
	case len(t.fresh) > 0 && t.newest.Before(t.c.DecidedUpTo) && !t.turn.Unpaced: // without pacing each message is a turn of its own
		return silent(domain.ReasonOutOfOrder)
	case len(t.fresh) > 0:
		return t.reply(t.fresh)
	case t.onlyEdited():
		return t.edited()
	case len(t.words) > 0:
		return t.late()
	}
	return t.wordless()
}

// reply answers words that are part of a conversation going on.
func (t talk) reply(texts []string) commands.Outcome {
	if r := t.match(strings.Join(texts, " ")); r.Exact {
		return t.greeted(t.explainedAs(domain.ReasonExact, r)) // a wording the owner wrote comes before small talk: "menu" may be one
	}
	last := texts[len(texts)-1]
	if n, ok := picked(t.c, last, t.now); ok {
		return t.pick(n)
	}
	if id, ok := t.named(last); ok {
		return t.pickFAQ(id)
	}
	if outcome, ok := t.delicate(texts); ok {
		return outcome
	}
	questions := make([]string, 0, len(texts))
	for _, text := range texts {
		if t.match(text).Exact {
			questions = append(questions, text)
			continue
		}
		switch match.Classify(match.Normalise(text)) {
		case match.NotSmallTalk:
			questions = append(questions, text)
		case match.WantsHuman:
			return t.handOff(domain.ReasonHuman)
		case match.Greeting, match.Thanks, match.Okay, match.Goodbye, match.WantsMenu, match.Stop, match.Start, match.Wordless:
		}
	}
	if len(questions) == 0 {
		if outcome := t.wordless(); t.unseen() && (outcome.Reply != "" || t.smallTalk(telling(texts)).Reply == "") {
			return t.greeted(outcome)
		}
		return t.smallTalk(telling(texts))
	}
	return t.greeted(t.question(questions))
}

// soft says whether the bot answers only what it is sure of: a person wrote here within a day, or the chat is older than the link.
func (t talk) soft() bool { return t.c.SoftReturn(t.now) || t.turn.Customer.KnownBefore }

// soften keeps a sure answer and turns everything else into silence. What it would have recorded is still recorded.
func soften(o commands.Outcome) commands.Outcome {
	if o.Decided.Decision == domain.DecideSilence || o.Decided.Decision == domain.DecideAnswer && o.Decided.Why != domain.ReasonRepeat {
		return o
	}
	o.Decided.Decision, o.Decided.Why, o.Decided.Greeted, o.Reply = domain.DecideSilence, domain.ReasonSoftReturn, false, ""
	return o
}

// echoes says whether the customer only sent our own last words back, which deserves an answer but no chatter.
func (t talk) echoes(o commands.Outcome) bool {
	if o.Decided.Decision == domain.DecideAnswer || o.Decided.Decision == domain.DecideSilence || t.c.LastReplyText == "" {
		return false
	}
	return strings.TrimSpace(strings.Join(t.words, "\n")) == strings.TrimSpace(t.c.LastReplyText)
}

func silent(why domain.Reason) commands.Outcome {
	return commands.Outcome{Decided: domain.ReplyDecided{Decision: domain.DecideSilence, Why: why}}
}

func say(d domain.Decision, why domain.Reason, reply string) commands.Outcome {
	return commands.Outcome{Decided: domain.ReplyDecided{Decision: d, Why: why}, Reply: reply}
}

func with(e domain.ConversationEvent, why domain.Reason, reply string) commands.Outcome {
	outcome := say(domain.DecideFallback, why, reply)
	outcome.Also = append(outcome.Also, e)
	return outcome
}

func ids(messages []domain.TurnMessage) []domain.MessageID {
	list := make([]domain.MessageID, len(messages))
	for i, m := range messages {
		list[i] = m.ID
	}
	return list
}

// explained adds what the matcher saw to a decision, and what that was held against.
func (t talk) explained(o commands.Outcome, r match.Result) commands.Outcome {
	o.Decided.Score, o.Decided.Margin = r.Confidence, r.Margin
	o.Decided.Thresholds = &domain.Thresholds{Answer: r.Thresholds.Answer, Careful: r.Thresholds.Careful, Choices: r.Thresholds.Choices, Shift: r.Thresholds.Shift}
	o.Decided.Knowledge = int(t.k.Revision)
	if o.Decided.Candidates == nil {
		for _, c := range r.Candidates {
			o.Decided.Candidates = append(o.Decided.Candidates, domain.Candidate{FAQ: domain.FAQID(c.FAQID), Score: c.Score})
		}
	}
	if len(r.Candidates) > 0 {
		o.Decided.Matched = r.Candidates[0].Matched
	}
	return o
}
