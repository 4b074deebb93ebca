package domain

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of an FAQ.
const (
	MaxWordings       = 20
	MaxWordingLength  = 300  // characters
	MaxAnswerLength   = 4096 // characters; WhatsApp's own limit is higher, phones are small
	minWordingLetters = 2
)

// FAQEvent is a fact about a set of question wordings and their answer.
//
//sumtype:decl
type FAQEvent interface {
	Event
	faqEvent()
}

// FAQAdded records a new FAQ.
type FAQAdded struct {
	WorkspaceID  WorkspaceID `json:"workspace_id"`
	FAQID        FAQID       `json:"faq_id"`
	Number       int         `json:"number"` // the owner's short name for it: #3
	Questions    []string    `json:"questions"`
	Answer       string      `json:"answer"`
	Enabled      bool        `json:"enabled"`
	OnlyWhenSure bool        `json:"only_when_sure"`
	PidginAnswer string      `json:"pidgin_answer,omitempty"` // for who asks in Pidgin
}

// FAQRevised records a changed FAQ; nil fields stay as they were.
type FAQRevised struct {
	WorkspaceID  WorkspaceID `json:"workspace_id"`
	FAQID        FAQID       `json:"faq_id"`
	Questions    []string    `json:"questions,omitempty"`
	Answer       *string     `json:"answer,omitempty"`
	OnlyWhenSure *bool       `json:"only_when_sure,omitempty"`
	PidginAnswer *string     `json:"pidgin_answer,omitempty"` // empty: there is none any more
}

// FAQWordingAdded records another way to ask. One learned from a customer keeps whose words it is and is sealed.
type FAQWordingAdded struct {
	WorkspaceID  WorkspaceID `json:"workspace_id"`
	FAQID        FAQID       `json:"faq_id"`
	FromCustomer CustomerID  `json:"from_customer,omitempty"`
	Wording      string      `json:"wording,omitempty"`
	Learned      string      `json:"learned,omitempty" personal:"true"` // the wording, when it is a customer's
}

// Customer names whose words they are; empty when the owner's.
func (e FAQWordingAdded) Customer() CustomerID { return e.FromCustomer }

// FAQWordingRemoved records that a way to ask was taken away, by its place in the list.
type FAQWordingRemoved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
	Index       int         `json:"index"`
}

// FAQEnabled records that the FAQ answers from now on.
type FAQEnabled struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
}

// FAQDisabled records that the FAQ no longer answers.
type FAQDisabled struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
}

// FAQRemoved records that the FAQ was deleted.
type FAQRemoved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
}

// FAQDismissed records that a cluster of unanswered questions is not for the bot.
type FAQDismissed struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Cluster     string      `json:"cluster"`
}

// FAQDismissalUndone records that a dismissed cluster is for the bot after all.
type FAQDismissalUndone struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	Cluster     string      `json:"cluster"`
}

// FAQPicked records that a customer chose this FAQ from a list after words the bot was not sure of.
type FAQPicked struct {
	WorkspaceID  WorkspaceID `json:"workspace_id"`
	FAQID        FAQID       `json:"faq_id"`
	FromCustomer CustomerID  `json:"from_customer"`
	Cluster      string      `json:"cluster"` // of the words; a hash, never the words
}

// FAQClusterAnswered records that a cluster of unanswered questions has its answer in this FAQ now.
type FAQClusterAnswered struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
	Cluster     string      `json:"cluster"`
}

// FAQReplyDeclined records that what a person replied to a customer's question of a cluster is no answer for everybody. The
// question stays without one.
type FAQReplyDeclined struct {
	WorkspaceID  WorkspaceID `json:"workspace_id"`
	Cluster      string      `json:"cluster"`
	FromCustomer CustomerID  `json:"from_customer"` // who asked
}

// Customer names who asked.
func (e FAQReplyDeclined) Customer() CustomerID { return e.FromCustomer }

// FAQTestSaved records words that the bot must go on answering with this FAQ, whatever is changed.
type FAQTestSaved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
	TestID      string      `json:"test_id"`
	Text        string      `json:"text"`
	Revision    int         `json:"revision"` // the FAQ's when it was saved
}

// FAQTestRemoved records that a saved test was given up.
type FAQTestRemoved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
	TestID      string      `json:"test_id"`
}

// FAQKnowledgeChanged records, beside what happened to an FAQ, that what was judged on the saved tests before is to be judged
// again: it reads otherwise, or a test of it was saved. All of a workspace's have one history, whose version every such
// judgement expects.
type FAQKnowledgeChanged struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	FAQID       FAQID       `json:"faq_id"`
	Events      int         `json:"events"` // how many next to it in the log belong to the change
}

// The stored names of FAQ events.
func (FAQAdded) EventType() string           { return "faq.added" }
func (FAQRevised) EventType() string         { return "faq.revised" }
func (FAQWordingAdded) EventType() string    { return "faq.wording_added" }
func (FAQWordingRemoved) EventType() string  { return "faq.wording_removed" }
func (FAQEnabled) EventType() string         { return "faq.enabled" }
func (FAQDisabled) EventType() string        { return "faq.disabled" }
func (FAQRemoved) EventType() string         { return "faq.removed" }
func (FAQPicked) EventType() string          { return "faq.picked" }
func (FAQClusterAnswered) EventType() string { return "faq.cluster_answered" }
func (FAQDismissed) EventType() string       { return "faq.dismissed" }
func (FAQDismissalUndone) EventType() string { return "faq.dismissal_undone" }
func (FAQReplyDeclined) EventType() string   { return "faq.reply_declined" }
func (FAQTestSaved) EventType() string       { return "faq.test_saved" }
func (FAQTestRemoved) EventType() string     { return "faq.test_removed" }

// EventType is the stored name.
func (FAQKnowledgeChanged) EventType() string { return "faq.knowledge_changed" }

func (FAQAdded) faqEvent()           {}
func (FAQRevised) faqEvent()         {}
func (FAQWordingAdded) faqEvent()    {}
func (FAQWordingRemoved) faqEvent()  {}
func (FAQEnabled) faqEvent()         {}
func (FAQDisabled) faqEvent()        {}
func (FAQRemoved) faqEvent()         {}
func (FAQPicked) faqEvent()          {}
func (FAQClusterAnswered) faqEvent() {}
func (FAQDismissed) faqEvent()       {}
func (FAQDismissalUndone) faqEvent() {}
func (FAQReplyDeclined) faqEvent()   {}
func (FAQTestSaved) faqEvent()       {}
func (FAQTestRemoved) faqEvent()     {}

func (FAQKnowledgeChanged) faqEvent() {}

var (
	_ = register[FAQAdded]()
	_ = register[FAQRevised]()
	_ = register[FAQWordingAdded]()
	_ = register[FAQWordingRemoved]()
	_ = register[FAQEnabled]()
	_ = register[FAQDisabled]()
	_ = register[FAQRemoved]()
	_ = register[FAQClusterAnswered]()
	_ = register[FAQDismissed]()
	_ = register[FAQDismissalUndone]()
	_ = register[FAQPicked]()
	_ = register[FAQReplyDeclined]()
	_ = register[FAQTestSaved]()
	_ = register[FAQTestRemoved]()
	_ = register[FAQKnowledgeChanged]()
)

// FAQ is question wordings and an answer, folded from events. The zero value does not exist.
type FAQ struct {
	ID           FAQID
	Number       int
	Questions    []string
	Answer       string
	PidginAnswer string // for who asks in Pidgin; empty: Answer is for everybody
	Enabled      bool
	OnlyWhenSure bool
	Removed      bool
	Revision     int                   // counts changes of wordings and answer, from 1
	Learned      []string              // those of Questions that are a customer's words
	LearnedFrom  map[string]CustomerID // whose they are
	Picks        map[string]CustomerID // who chose this FAQ after words of a cluster
	Tests        []FAQTest             // in the order they were saved
}

// Evolve returns the FAQ after e.
func (f FAQ) Evolve(e FAQEvent) FAQ {
	switch e := e.(type) {
	case FAQAdded:
		f = FAQ{
			ID: e.FAQID, Number: e.Number, Questions: e.Questions, Answer: e.Answer, PidginAnswer: e.PidginAnswer, Enabled: e.Enabled,
			OnlyWhenSure: e.OnlyWhenSure, Revision: 1,
		}
	case FAQRevised:
		f = f.evolveRevised(e)
	case FAQWordingAdded:
		f.Questions = append(slices.Clip(f.Questions), firstOf(e.Wording, e.Learned))
		if e.FromCustomer != "" {
			f.Learned = append(slices.Clip(f.Learned), e.Learned)
			f.LearnedFrom = with(f.LearnedFrom, e.Learned, e.FromCustomer)
		}
		f.Revision++
	case FAQWordingRemoved:
		if e.Index >= 0 && e.Index < len(f.Questions) {
			f.Questions = append(f.Questions[:e.Index:e.Index], f.Questions[e.Index+1:]...)
		}
		f.Revision++
	case FAQEnabled:
		f.Enabled = true
	case FAQDisabled:
		f.Enabled = false
	case FAQRemoved:
		f.Removed, f.Enabled = true, false
	case FAQPicked:
		f.Picks = with(f.Picks, e.Cluster, e.FromCustomer)
	case FAQTestSaved, FAQTestRemoved:
		f.Tests = f.evolveTests(e)
	case FAQDismissed, FAQDismissalUndone, FAQClusterAnswered, FAQReplyDeclined, FAQKnowledgeChanged:
	}
	return f
}

// Pick decides what a customer teaches by choosing this FAQ after words of theirs: the words become a wording once two
// different customers agree.
func (f FAQ) Pick(w WorkspaceID, by CustomerID, cluster, words string) []Event {
	first, known := f.Picks[cluster]
	words = strings.Join(strings.Fields(words), " ")
	switch {
	case f.ID == "" || f.Removed || known && first == by:
		return nil
	case !known:
		return []Event{FAQPicked{WorkspaceID: w, FAQID: f.ID, FromCustomer: by, Cluster: cluster}}
	case len(f.Questions) >= MaxWordings || containsFold(f.Questions, words) || utf8.RuneCountInString(words) > MaxWordingLength:
		return nil
	}
	return []Event{FAQWordingAdded{WorkspaceID: w, FAQID: f.ID, FromCustomer: by, Learned: words}}
}

// AddWording decides to add another way to ask, in the owner's words.
func (f FAQ) AddWording(w WorkspaceID, wording string) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	all, err := cleanWordings(append(slices.Clip(f.Questions), wording))
	if err != nil {
		return nil, err
	}
	if len(all) == len(f.Questions) {
		return nil, nil
	}
	return []Event{FAQWordingAdded{WorkspaceID: w, FAQID: f.ID, Wording: all[len(all)-1]}}, nil
}

// BackTo decides to make the FAQ what it was before; the zero value was not there.
func (f FAQ) BackTo(w WorkspaceID, before FAQ) ([]Event, error) {
	switch {
	case before.ID == "" || before.Removed:
		return f.Remove(w)
	case f.Removed:
		own := slices.DeleteFunc(slices.Clone(before.Questions), func(q string) bool { return slices.Contains(before.Learned, q) })
		added, err := AddFAQ(w, before.ID, before.Number, FAQDraft{
			Questions: own, Answer: before.Answer, PidginAnswer: before.PidginAnswer, Enabled: before.Enabled, OnlyWhenSure: before.OnlyWhenSure,
		})
		return append(added, before.savedAgain(w)...), err
	}
	change := FAQChange{Answer: &before.Answer, PidginAnswer: &before.PidginAnswer, Enabled: &before.Enabled, OnlyWhenSure: &before.OnlyWhenSure}
	events, err := f.Change(w, change)
	if n := len(before.Questions); len(f.Questions) == n+1 && slices.Equal(f.Questions[:n], before.Questions) {
		events = append(events, FAQWordingRemoved{WorkspaceID: w, FAQID: f.ID, Index: n})
	}
	return events, err
}

func (f FAQ) evolveRevised(e FAQRevised) FAQ {
	if e.Questions != nil {
		f.Questions, f.Learned = e.Questions, nil
	}
	if e.Answer != nil {
		f.Answer = *e.Answer
	}
	if e.OnlyWhenSure != nil {
		f.OnlyWhenSure = *e.OnlyWhenSure
	}
	if e.PidginAnswer != nil {
		f.PidginAnswer = *e.PidginAnswer
	}
	f.Revision++
	return f
}

// FAQDraft is what somebody asks an FAQ to be.
type FAQDraft struct {
	Questions    []string
	Answer       string
	PidginAnswer string // empty: none
	Enabled      bool
	OnlyWhenSure bool
}

// AddFAQ decides to add a new FAQ.
func AddFAQ(w WorkspaceID, id FAQID, number int, d FAQDraft) ([]Event, error) {
	questions, err := cleanWordings(d.Questions)
	if err != nil {
		return nil, err
	}
	answer, err := cleanAnswer(d.Answer)
	if err != nil {
		return nil, err
	}
	pidgin, err := cleanPidgin(d.PidginAnswer)
	if err != nil {
		return nil, err
	}
	return []Event{FAQAdded{
		WorkspaceID: w, FAQID: id, Number: number, Questions: questions, Answer: answer, PidginAnswer: pidgin,
		Enabled: d.Enabled, OnlyWhenSure: d.OnlyWhenSure,
	}}, nil
}

// LearnedWording is a way to ask in a customer's own words.
type LearnedWording struct {
	CustomerID CustomerID
	Text       string
}

// AnswerCluster decides to add an FAQ for questions that customers asked in vain. Their words stay theirs.
func AnswerCluster(w WorkspaceID, id FAQID, number int, cluster, answer string, asked []LearnedWording) ([]Event, error) {
	answer, err := cleanAnswer(answer)
	if err != nil {
		return nil, err
	}
	events := []Event{FAQAdded{WorkspaceID: w, FAQID: id, Number: number, Questions: []string{}, Answer: answer, Enabled: true}}
	for _, q := range asked {
		if text, err := cleanWordings([]string{q.Text}); err == nil && len(events) <= MaxWordings {
			events = append(events, FAQWordingAdded{WorkspaceID: w, FAQID: id, FromCustomer: q.CustomerID, Learned: text[0]})
		}
	}
	if len(events) == 1 {
		return nil, InvalidField("questions", "faq.no_question", "Write at least one way customers ask this.")
	}
	return append(events, FAQClusterAnswered{WorkspaceID: w, FAQID: id, Cluster: cluster}), nil
}

// Assign decides that this FAQ answers a cluster of questions customers asked in vain: their wordings become its own, as many
// as fit. Their words stay theirs.
func (f FAQ) Assign(w WorkspaceID, cluster string, asked []LearnedWording) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	var events []Event
	known := slices.Clone(f.Questions)
	for _, q := range asked {
		text, err := cleanWordings([]string{q.Text})
		if err != nil || containsFold(known, text[0]) {
			continue
		}
		if len(known) >= MaxWordings {
			break
		}
		known = append(known, text[0])
		events = append(events, FAQWordingAdded{WorkspaceID: w, FAQID: f.ID, FromCustomer: q.CustomerID, Learned: text[0]})
	}
	if len(events) == 0 && len(known) >= MaxWordings {
		return nil, Refuse(Conflict, "faq.full", "This FAQ has 20 ways to ask already. Take one away first.")
	}
	return append(events, FAQClusterAnswered{WorkspaceID: w, FAQID: f.ID, Cluster: cluster}), nil
}

// Unlearn decides to take away wordings that customers taught.
func (f FAQ) Unlearn(w WorkspaceID, wordings []string) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	var events []Event
	for i, q := range slices.Backward(f.Questions) { // from the end, so that the places before stay as they are
		if containsFold(wordings, q) && slices.Contains(f.Learned, q) {
			events = append(events, FAQWordingRemoved{WorkspaceID: w, FAQID: f.ID, Index: i})
		}
	}
	if len(events) > 0 && len(events) == len(f.Questions) {
		return nil, Refuse(Conflict, "faq.last_wording", "It is all this FAQ is asked by. Delete the FAQ instead.")
	}
	return events, nil
}

// FAQChange is what somebody asks to change; nil fields stay as they are.
type FAQChange struct {
	Questions    []string
	Answer       *string
	PidginAnswer *string // empty: none any more
	Enabled      *bool
	OnlyWhenSure *bool
}

// Change decides what a change of the FAQ means.
func (f FAQ) Change(w WorkspaceID, c FAQChange) ([]Event, error) {
	if f.ID == "" || f.Removed {
		return nil, errNoFAQ
	}
	revised, err := f.revision(w, c)
	if err != nil {
		return nil, err
	}
	events := revised
	if c.Enabled != nil && *c.Enabled != f.Enabled {
		if *c.Enabled {
			events = append(events, FAQEnabled{WorkspaceID: w, FAQID: f.ID})
		} else {
			events = append(events, FAQDisabled{WorkspaceID: w, FAQID: f.ID})
		}
	}
	return events, nil
}

func (f FAQ) revision(w WorkspaceID, c FAQChange) ([]Event, error) {
	e := FAQRevised{WorkspaceID: w, FAQID: f.ID}
	var wordings []Event
	changed := false
	if c.Questions != nil {
		questions, err := cleanWordings(c.Questions)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(questions, f.Questions) {
			e.Questions, wordings = f.reword(w, questions)
			changed = e.Questions != nil
		}
	}
	if c.Answer != nil {
		answer, err := cleanAnswer(*c.Answer)
		if err != nil {
			return nil, err
		}
		if answer != f.Answer {
			e.Answer, changed = &answer, true
		}
	}
	if c.PidginAnswer != nil {
		pidgin, err := cleanPidgin(*c.PidginAnswer)
		if err != nil {
			return nil, err
		}
		if pidgin != f.PidginAnswer {
			e.PidginAnswer, changed = &pidgin, true
		}
	}
	if c.OnlyWhenSure != nil && *c.OnlyWhenSure != f.OnlyWhenSure {
		e.OnlyWhenSure, changed = c.OnlyWhenSure, true
	}
	if !changed {
		return wordings, nil
	}
	return append([]Event{e}, wordings...), nil
}

// reword replaces the owner's own wordings and keeps customers' words apart: those stay sealed as theirs. Without any of the
// owner's own left, only what was taken away is recorded.
func (f FAQ) reword(w WorkspaceID, questions []string) (own []string, wordings []Event) {
	own = slices.DeleteFunc(slices.Clone(questions), func(q string) bool { return slices.Contains(f.Learned, q) })
	if len(own) == 0 {
		for i, q := range slices.Backward(f.Questions) {
			if !slices.Contains(questions, q) {
				wordings = append(wordings, FAQWordingRemoved{WorkspaceID: w, FAQID: f.ID, Index: i})
			}
		}
		return nil, wordings
	}
	for _, q := range questions {
		if slices.Contains(f.Learned, q) {
			wordings = append(wordings, FAQWordingAdded{WorkspaceID: w, FAQID: f.ID, FromCustomer: f.LearnedFrom[q], Learned: q})
		}
	}
	return own, wordings
}

// Remove decides to delete the FAQ. Deleting twice changes nothing.
func (f FAQ) Remove(w WorkspaceID) ([]Event, error) {
	if f.ID == "" {
		return nil, errNoFAQ
	}
	if f.Removed {
		return nil, nil
	}
	return []Event{FAQRemoved{WorkspaceID: w, FAQID: f.ID}}, nil
}

var errNoFAQ = Refuse(NotFound, "faq.not_found", "There is no such FAQ.")

func cleanWordings(questions []string) ([]string, error) {
	var clean []string
	for _, q := range questions {
		q = strings.Join(strings.Fields(q), " ")
		if utf8.RuneCountInString(q) < minWordingLetters {
			continue
		}
		if utf8.RuneCountInString(q) > MaxWordingLength {
			return nil, InvalidField("questions", "faq.question_too_long", "A question can have at most 300 characters.")
		}
		if !containsFold(clean, q) {
			clean = append(clean, q)
		}
	}
	switch {
	case len(clean) == 0:
		return nil, InvalidField("questions", "faq.no_question", "Write at least one way customers ask this.")
	case len(clean) > MaxWordings:
		return nil, InvalidField("questions", "faq.too_many_questions", "An FAQ can have at most 20 ways to ask.")
	}
	return clean, nil
}

func cleanAnswer(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	switch {
	case answer == "":
		return "", InvalidField("answer", "faq.no_answer", "Write the answer the bot should send.")
	case utf8.RuneCountInString(answer) > MaxAnswerLength:
		return "", InvalidField("answer", "faq.answer_too_long", "An answer can have at most 4,096 characters.")
	}
	return answer, nil
}

// cleanPidgin takes an answer that may be empty.
func cleanPidgin(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if utf8.RuneCountInString(answer) > MaxAnswerLength {
		return "", InvalidField("pidginAnswer", "faq.answer_too_long", "An answer can have at most 4,096 characters.")
	}
	return answer, nil
}

// AnswerIn is the answer for who asks in a language, and the language it is in; empty where it has one answer for everybody.
func (f FAQ) AnswerIn(asked Language) (string, Language) {
	switch {
	case f.PidginAnswer == "":
		return f.Answer, ""
	case asked == Pidgin:
		return f.PidginAnswer, Pidgin
	}
	return f.Answer, English
}

// Language is what somebody writes in: an IETF tag.
type Language string

// The languages that are told apart.
const (
	English Language = "en"
	Pidgin  Language = "pcm" // Nigerian Pidgin
)

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
