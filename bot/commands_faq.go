package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchboard.example/bot/match"
	"switchboard.example/commands"
	"switchboard.example/domain"
)

const faqsPerPage = 15

// faq is the FAQ that the command's first word names: "#3" or "3".
func (o order) faq() (domain.FAQ, bool) {
	if len(o.args) == 0 {
		return domain.FAQ{}, false
	}
	n, err := strconv.Atoi(strings.TrimPrefix(o.args[0], "#"))
	if err != nil {
		return domain.FAQ{}, false
	}
	return o.k.Numbered(n)
}

// noFAQ says that no FAQ was named, that none has that number, or what is missing besides.
func (o order) noFAQ(example string) commands.Outcome {
	if len(o.args) > 0 {
		if _, known := o.faq(); known {
			return o.unread(example)
		}
		if _, err := strconv.Atoi(strings.TrimPrefix(o.args[0], "#")); err == nil {
			return o.reply(fmt.Sprintf("⚙️ There is no FAQ #%s. Send *!faq* for the list.", strings.TrimPrefix(o.args[0], "#")))
		}
	}
	return o.unread(example)
}

func listFAQs(o order) commands.Outcome {
	const example = "!faq 2, or !help faq"
	page := 1
	if len(o.args) > 0 {
		var err error
		if page, err = strconv.Atoi(o.args[0]); err != nil {
			return o.unknownSecond(example)
		}
		if page < 1 || (page-1)*faqsPerPage >= max(1, len(o.k.All)) {
			return o.unread(example)
		}
	}
	lines := []string{fmt.Sprintf("⚙️ %d FAQs (%d on):", len(o.k.All), len(o.k.Enabled))}
	from := (page - 1) * faqsPerPage
	for _, f := range o.k.All[from:min(len(o.k.All), from+faqsPerPage)] {
		line := fmt.Sprintf("#%d %s", f.Number, clip(firstOf(f.Questions), 60))
		if !f.Enabled {
			line += " (off)"
		}
		lines = append(lines, line)
	}
	if from+faqsPerPage < len(o.k.All) {
		lines = append(lines, fmt.Sprintf("More: !faq %d", page+1))
	}
	return o.reply(strings.Join(lines, "\n"))
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func showFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	if !ok {
		return o.noFAQ("!faq show #3")
	}
	text := fmt.Sprintf("#%d %s\n", f.Number, firstOf(f.Questions))
	if len(f.Questions) > 1 {
		text += "Also: " + strings.Join(f.Questions[1:], " · ") + "\n"
	}
	text += "→ " + f.Answer + "\n"
	if f.PidginAnswer != "" {
		text += "→ In Pidgin: " + f.PidginAnswer + "\n"
	}
	return o.reply(text + fmt.Sprintf("Asked %d× in 30 days", o.facts.asked))
}

const addExample = "!faq add Do you deliver? | Yes, ₦1,500 in Lagos."

func addFAQ(o order) commands.Outcome {
	question, answer := o.fields()
	if question == "" || answer == "" {
		return o.unread(addExample)
	}
	draft := domain.FAQDraft{Questions: []string{question}, Answer: answer, Enabled: true}
	f := domain.FAQ{Questions: draft.Questions, Enabled: true}
	breaking := o.breaking(f)
	if !o.insists() {
		if _, clash, near := o.k.Clashing(domain.FAQ{}, f); near {
			other, _ := o.k.FAQ(domain.FAQID(clash.FAQID))
			return o.reply(fmt.Sprintf("⚠️ Very close to #%d %s.%s Send !faq add! … to add anyway, or !faq alias #%d …", other.Number, quoted(firstOf(other.Questions)), breaking, other.Number))
		}
	}
	if breaking != "" {
		return o.reply(fmt.Sprintf("⚠️%s Send !faq add! … to add anyway.", breaking))
	}
	outcome := o.does("", "the new FAQ")
	outcome.NewFAQ = &commands.NewFAQ{
		Draft: draft,
		Say: func(number int) string {
			return fmt.Sprintf("✅ FAQ #%d is live.\nTry it: !test %s", number, question)
		},
	}
	return outcome
}

// changes is an effect on an FAQ.
func (o order) changes(f domain.FAQ, decide func(domain.FAQ) ([]domain.Event, error)) commands.Effect {
	return commands.Change(domain.FAQStream(o.turn.About.WorkspaceID, f.ID), decide)
}

func editFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	_, answer := o.fields()
	if !ok || answer == "" {
		return o.noFAQ("!faq edit #3 | Yes, ₦2,000 in Lagos.")
	}
	text := fmt.Sprintf("✅ #%d updated. !undo within 10 min.", f.Number)
	return o.does(text, fmt.Sprintf("the answer of #%d", f.Number), o.changes(f, func(f domain.FAQ) ([]domain.Event, error) {
		return f.Change(o.turn.About.WorkspaceID, domain.FAQChange{Answer: &answer})
	}))
}

// pidginFAQ gives an FAQ a second answer, for who asks in Pidgin, or takes it away.
func pidginFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	_, answer := o.fields()
	off := len(o.args) == 2 && strings.EqualFold(o.args[1], "off")
	if !ok || answer == "" && !off {
		return o.noFAQ("!faq pidgin #3 | Na ₦1,500 for Lagos. (or !faq pidgin #3 off)")
	}
	text := fmt.Sprintf("✅ #%d answers Pidgin in Pidgin now. !undo within 10 min.", f.Number)
	if off {
		text = fmt.Sprintf("✅ #%d has one answer again. !undo within 10 min.", f.Number)
	}
	return o.does(text, fmt.Sprintf("the Pidgin answer of #%d", f.Number), o.changes(f, func(f domain.FAQ) ([]domain.Event, error) {
		return f.Change(o.turn.About.WorkspaceID, domain.FAQChange{PidginAnswer: &answer})
	}))
}

func aliasFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	wording := strings.TrimPrefix(unquote(afterWords(o.rest, 1)), "| ")
	if !ok || wording == "" {
		return o.noFAQ("!faq alias #3 how much to deliver")
	}
	breaking := ""
	if added, err := f.AddWording(o.turn.About.WorkspaceID, wording); err == nil { // else it is refused below
		breaking = o.breaking(f.After(added...))
	}
	if clash, near := o.k.Clash(f.ID, wording); near && (clash.Exact || !o.insists()) { // one wording cannot be two FAQs' own
		other, _ := o.k.FAQ(domain.FAQID(clash.FAQID))
		if clash.Exact {
			return o.reply(fmt.Sprintf("⚠️ #%d %s answers that already.", other.Number, quoted(firstOf(other.Questions))))
		}
		return o.reply(fmt.Sprintf("⚠️ Very close to #%d %s.%s Send !faq alias! #%d … to add anyway, or !faq alias #%d …",
			other.Number, quoted(firstOf(other.Questions)), breaking, f.Number, other.Number))
	}
	if breaking != "" {
		return o.reply(fmt.Sprintf("⚠️%s Send !faq alias! #%d … to add anyway.", breaking, f.Number))
	}
	text := "✅ Now also answers: " + quoted(wording)
	return o.does(text, fmt.Sprintf("the new wording of #%d", f.Number), o.changes(f, func(f domain.FAQ) ([]domain.Event, error) {
		return f.AddWording(o.turn.About.WorkspaceID, wording)
	}))
}

func switchFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	if !ok {
		return o.noFAQ(strings.TrimSuffix(o.name, "!") + " #3")
	}
	word := strings.Trim(strings.TrimPrefix(o.name, "!faq"), " !")
	on := word == "on"
	after := f
	after.Enabled = on
	if breaking := o.breaking(after); breaking != "" {
		return o.reply(fmt.Sprintf("⚠️%s Send !faq %s! #%d to do it anyway.", breaking, word, f.Number))
	}
	text := fmt.Sprintf("✅ #%d is %s.", f.Number, word)
	return o.does(text, fmt.Sprintf("#%d %s", f.Number, word), o.changes(f, func(f domain.FAQ) ([]domain.Event, error) {
		return f.Change(o.turn.About.WorkspaceID, domain.FAQChange{Enabled: &on})
	}))
}

func deleteFAQ(o order) commands.Outcome {
	f, ok := o.faq()
	if !ok {
		return o.noFAQ("!faq del #3")
	}
	breaking := o.breaking(f.After(domain.FAQRemoved{}))
	return o.asks(fmt.Sprintf("Delete #%d %s?%s Reply YES within 2 min.", f.Number, quoted(firstOf(f.Questions)), breaking), wordYes, actionDeleteFAQ, string(f.ID))
}

// insists says whether a command ends in "!": it is meant whatever it breaks.
func (o order) insists() bool { return strings.HasSuffix(o.name, "!") }

// breaking says which saved tests fail once an FAQ is as given, with a space before it; empty for none, and for who insists.
func (o order) breaking(after domain.FAQ) string {
	if o.insists() {
		return ""
	}
	return o.nowFail(after)
}

// nowFail says which saved tests fail once FAQs are as given, with a space before it; empty for none.
func (o order) nowFail(after ...domain.FAQ) string {
	var asked []string
	for _, t := range o.k.Breaks(o.turn.Workspace.Shift, after...) {
		asked = append(asked, t.Text)
	}
	if len(asked) == 0 {
		return ""
	}
	return " " + domain.NowFail(asked)
}

const maxTestShown = 200

func test(o order) commands.Outcome {
	if o.rest == "" {
		return o.unread("!test Do you deliver?")
	}
	trial := Try(o.turn.Workspace, o.k, o.rest, o.now)
	verdict := "Would pass to you"
	switch trial.Decided.Decision {
	case domain.DecideAnswer:
		verdict = "High"
	case domain.DecideChoices:
		verdict = "Would ask"
	case domain.DecideGreeting:
		verdict = "Would greet"
	case domain.DecideSilence:
		verdict = "Would say nothing"
	case domain.DecideFallback, domain.DecideAway, domain.DecideCommand:
	}
	if trial.Decided.Why == domain.ReasonOptingOut {
		verdict = "Would stop"
	}
	score := fmt.Sprintf("%.2f", trial.Seen.Confidence)
	if trial.Decided.Language == domain.Pidgin {
		score += " · in Pidgin, told by " + strings.Join(trial.Decided.Told, ", ")
	}
	return o.reply(fmt.Sprintf("🧪 %s · %s\n→ %s", verdict, score, clip(trial.Reply, maxTestShown)))
}

const maxMissedShown = 10

func missed(o order) commands.Outcome {
	if len(o.facts.missed) == 0 {
		return o.reply("✅ Every question had an answer.")
	}
	lines := []string{"❓ Not answered yet:"}
	var listed []string
	for i, m := range o.facts.missed[:min(maxMissedShown, len(o.facts.missed))] {
		line := fmt.Sprintf("%d. %s, %s", i+1, quoted(clip(oneLine(m.Question), 60)), people(m.People))
		if m.Reply != nil {
			line += fmt.Sprintf(", you replied: !answer %d", i+1)
		}
		lines = append(lines, line)
		listed = append(listed, m.Cluster)
	}
	outcome := o.reply(strings.Join(append(lines, "Answer one: !answer 1 | your answer"), "\n"))
	outcome.Done = &domain.CommandCarriedOut{ListedKind: "missed", Listed: listed}
	return outcome
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// answerMissed makes an FAQ of a missed question. Without an answer, it offers what a person replied to a customer.
func answerMissed(o order) commands.Outcome {
	number, answer := o.fields()
	id, ok := o.listed("missed", number)
	m, known := o.missed(id)
	reply := m.Reply
	switch {
	case answer == "" && (!ok || !known || reply == nil || strings.Contains(o.rest, "|")):
		return o.unread("!answer 1 | Yes, we do small chops.")
	case !ok || !known:
		return o.reply("⚙️ Send *!missed* first, then !answer with a number from its list.")
	case answer == "":
		text := fmt.Sprintf("Your reply to %s was:\n→ %s\n", reply.To.Shown(), reply.Text)
		if len(reply.Personal) > 0 {
			text += fmt.Sprintf("⚠️ Everybody will read: %s\n", strings.Join(reply.Personal, ", "))
		}
		if breaking := o.breaking(answering(m)); breaking != "" {
			text += fmt.Sprintf("⚠️%s\n", breaking)
		}
		text += fmt.Sprintf("Reply YES within 2 min to answer everybody so, or send !answer %s | another answer.", number)
		return o.asks(text, wordYes, actionAnswer, m.Cluster+" "+string(reply.ID))
	}
	if breaking := o.breaking(answering(m)); breaking != "" {
		return o.reply(fmt.Sprintf("⚠️%s Send !answer! %s | … to answer it anyway.", breaking, number))
	}
	return o.makesFAQ(m, answer)
}

// answerAsReplied makes an FAQ of the reply that was shown, and of no other that came since.
func (o order) answerAsReplied(subject string) commands.Outcome {
	cluster, reply, _ := strings.Cut(subject, " ")
	m, known := o.missed(cluster)
	if !known || m.Reply == nil || string(m.Reply.ID) != reply {
		return o.does("⚙️ There is another reply by now, or none. Nothing was changed; send *!missed* again.", "")
	}
	return o.makesFAQ(m, m.Reply.Text)
}

func (o order) missed(cluster string) (Missed, bool) {
	at := slices.IndexFunc(o.facts.missed, func(m Missed) bool { return m.Cluster == cluster })
	if at < 0 {
		return Missed{}, false
	}
	return o.facts.missed[at], true
}

// answering is the FAQ that would answer a missed question, as far as the matcher reads it.
func answering(m Missed) domain.FAQ {
	f := domain.FAQ{Enabled: true}
	for _, q := range distinct(m.Asked) {
		f.Questions = append(f.Questions, q.Text)
	}
	return f
}

// makesFAQ answers a missed question from now on. Its wordings are customers' words and stay theirs.
func (o order) makesFAQ(m Missed, answer string) commands.Outcome {
	asked := distinct(m.Asked)
	outcome := o.does("", "the new FAQ")
	outcome.NewFAQ = &commands.NewFAQ{
		Draft: domain.FAQDraft{Answer: answer}, Cluster: m.Cluster, Asked: asked,
		Say: func(n int) string {
			return fmt.Sprintf("✅ FAQ #%d made from %s.", n, countOf(len(asked), "question"))
		},
	}
	return outcome
}

// distinct keeps one of each wording that reads the same, and at most what an FAQ holds.
func distinct(asked []domain.LearnedWording) []domain.LearnedWording {
	var kept []domain.LearnedWording
	seen := map[string]bool{}
	for _, q := range asked {
		if key := match.Normalise(q.Text).Key; key != "" && !seen[key] && len(kept) < domain.MaxWordings {
			seen[key], kept = true, append(kept, q)
		}
	}
	return kept
}
