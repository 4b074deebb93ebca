package bot

import (
	"slices"
	"strings"
	"time"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

// nonTextAgainAfter is how long a chat gets no second line about voice notes, about pictures and the like, or about messages
// that cannot be opened.
const nonTextAgainAfter = 30 * time.Minute

// wordless answers a burst without words by the most telling thing in it.
func (t talk) wordless() commands.Outcome {
	has := func(kinds ...domain.MessageKind) bool {
		return slices.ContainsFunc(t.messages, func(m domain.TurnMessage) bool { return m.Fresh() && slices.Contains(kinds, m.Kind) })
	}
	switch {
	case has(domain.KindVoice):
		return t.nonText(domain.ReasonNotText, sayVoice, t.c.VoiceAt)
	case has(domain.KindImage):
		return t.nonText(domain.ReasonNotText, sayGot("picture"), t.c.PictureAt)
	case has(domain.KindVideo):
		return t.nonText(domain.ReasonNotText, sayGot("video"), t.c.PictureAt)
	case has(domain.KindDocument):
		return t.nonText(domain.ReasonNotText, sayGot("document"), t.c.PictureAt)
	case has(domain.KindLocation):
		for _, claimed := range []string{"location", "delivery"} {
			if r := t.match(claimed); r.Exact {
				return t.explainedAs(domain.ReasonExact, r)
			}
		}
		return silent(domain.ReasonNotText)
	case has(domain.KindContact, domain.KindPoll, domain.KindCall, domain.KindOther):
		return silent(domain.ReasonNotText)
	case has(domain.KindUnreadable):
		return t.nonText(domain.ReasonUnreadable, sayUnreadable, t.c.UnreadableAt)
	case has(domain.KindSticker, domain.KindReaction, domain.KindText):
		return silent(domain.ReasonSmallTalk)
	}
	return silent(domain.ReasonTooOld)
}

func (t talk) nonText(why domain.Reason, text string, last time.Time) commands.Outcome {
	if t.now.Sub(last) < nonTextAgainAfter {
		return silent(why)
	}
	return say(domain.DecideFallback, why, text)
}

// unseen says whether words came with something that only a person can look at or listen to, such as a receipt.
func (t talk) unseen() bool {
	return len(t.words) > 0 && slices.ContainsFunc(t.messages, func(m domain.TurnMessage) bool {
		return strings.TrimSpace(m.Text) == "" && slices.Contains([]domain.MessageKind{
			domain.KindVoice, domain.KindImage, domain.KindVideo, domain.KindDocument, domain.KindContact, domain.KindOther,
		}, m.Kind)
	})
}

// late answers the newest question of messages that were some minutes old when they came: one sure answer, or nothing.
func (t talk) late() commands.Outcome {
	for _, m := range slices.Backward(t.messages) {
		text := strings.TrimSpace(m.Text)
		if !m.Late() || m.Edited || text == "" || match.Classify(match.Normalise(text)) != match.NotSmallTalk {
			continue
		}
		r := t.match(text)
		switch {
		case t.c.LastOwnerAt.After(m.SentAt):
			return t.explained(silent(domain.ReasonOwnerActive), r)
		case m.SentAt.Before(t.c.DecidedUpTo) && !t.turn.Unpaced:
			return t.explained(silent(domain.ReasonOutOfOrder), r)
		case m.SentAt.Before(t.turn.LinkedAt.Truncate(time.Second)): // WhatsApp tells of whole seconds
			return t.explained(silent(domain.ReasonTooOld), r)
		case m.SentAt.Before(t.turn.Workspace.RenewedAt.Truncate(time.Second)):
			return t.explained(silent(domain.ReasonPlanEnded), r)
		case r.Decision != match.Answer, t.now.Sub(t.c.LateAt) < domain.ReplyDeadline:
			return t.explained(silent(domain.ReasonTooOld), r)
		}
		outcome := t.explainedAs(reasonOf(r), r)
		if outcome.Decided.Decision == domain.DecideAnswer && outcome.Decided.Why != domain.ReasonRepeat {
			outcome.Reply, outcome.Decided.Late = sayLate+"\n\n"+outcome.Reply, true
			return outcome
		}
		return t.explained(silent(domain.ReasonTooOld), r)
	}
	return silent(domain.ReasonTooOld)
}

// editsFor is how long after sending WhatsApp lets people edit.
const editsFor = 20 * time.Minute

func (t talk) onlyEdited() bool {
	return !slices.ContainsFunc(t.messages, func(m domain.TurnMessage) bool { return !m.Edited })
}

// edited is for words that were changed after they were decided on: a better answer is worth one more message.
func (t talk) edited() commands.Outcome {
	m := t.messages[len(t.messages)-1]
	text := strings.TrimSpace(m.Text)
	r := t.match(text)
	known := !m.Again && m.TouchedAt.Sub(m.SentAt) <= editsFor && t.now.Sub(m.TouchedAt) <= domain.FreshFor
	if !known || r.Decision != match.Answer || domain.FAQID(r.FAQID) == m.Answered || match.Classify(match.Normalise(text)) != match.NotSmallTalk {
		return t.explained(silent(domain.ReasonEdited), r)
	}
	f, _ := t.k.FAQ(domain.FAQID(r.FAQID))
	answer, in, told := t.worded(f, reasonOf(r), wordingOf(r))
	outcome := say(domain.DecideAnswer, reasonOf(r), sayUpdated+answer)
	outcome.Decided.FAQ, outcome.Decided.Revision, outcome.Decided.Language, outcome.Decided.Told = f.ID, f.Revision, in, told
	return t.explained(outcome, r)
}

// delicate leaves complaints to a person and stays calm under abuse. An FAQ the owner wrote about exactly these words has gone first.
func (t talk) delicate(texts []string) (commands.Outcome, bool) {
	joined := strings.Join(texts, " ")
	kind := delicacyOf(joined)
	if kind == "" {
		return commands.Outcome{}, false
	}
	if kind == domain.ReasonAbuse {
		return t.muted(say(domain.DecideFallback, domain.ReasonAbuse, sayCalm(t.turn.Workspace)), domain.ReasonAbuse, domain.MuteForRude), true
	}
	outcome := silent(domain.ReasonComplaint)
	outcome.Also = append(outcome.Also, domain.ConversationHandedOff{About: t.turn.About, Reason: domain.ReasonComplaint, At: t.now})
	return outcome, true
}

// delicacyOf says whether words are a complaint or abuse; neither is the empty reason.
func delicacyOf(text string) domain.Reason {
	words := strings.ReplaceAll(" "+match.Fold(text)+" ", " police station ", " ") // a place, not a threat
	for _, phrase := range complaints {
		if strings.Contains(words, " "+phrase+" ") {
			return domain.ReasonComplaint
		}
	}
	for _, phrase := range abuse {
		if strings.Contains(words, " "+phrase+" ") {
			return domain.ReasonAbuse
		}
	}
	return ""
}

// Phrases are compared as folded words, so that part of another word never counts.
var (
	complaints = []string{ //nolint:gochecknoglobals // a constant table
		"scam", "scammer", "scammers", "scammed", "fraud", "fraudster", "419", "thief", "thieves", "ole", "refund", "refunds", "refunded",
		"chargeback", "police", "efcc", "lawyer", "sue you", "take you to court", "no show", "stole my", "stolen", "my money back", "return my money",
		"report you", "food poisoning", "complain", "complaint", "una thief me", "una chop my money",
	}
	abuse = []string{ //nolint:gochecknoglobals // a constant table
		"idiot", "idiots", "stupid", "mumu", "olodo", "fool", "foolish", "bastard", "bastards", "fuck", "fuck you", "fucking", "bitch", "asshole",
		"werey", "oloshi", "useless people", "your papa", "your mama", "yeye people", "go to hell", "shut up", "moron",
	}
)
