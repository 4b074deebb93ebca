package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Rules of time for conversations.
const (
	FreshFor        = 2 * time.Minute  // older than this at receipt: at most one late answer
	OpenFor         = 24 * time.Hour   // after a customer wrote, the chat is theirs: what is sent there begins none
	ReplyDeadline   = 2 * time.Hour    // a reply not sent by then is cancelled; a message older than that is never answered
	QuietAfter      = 60 * time.Minute // the bot's usual silence in a chat after a person from the business wrote there
	SoftReturnFor   = 24 * time.Hour   // after a person wrote, the bot answers only what it is sure of
	HandOffFor      = 12 * time.Hour   // of opening time: the bot's silence in a chat it handed to a person, if nobody takes it up
	ChoicesValid    = 15 * time.Minute // how long a number picks from the last list of choices
	SessionGap      = time.Hour        // a pause this long starts a new session
	UnreadableWait  = 10 * time.Second // how long a readable copy is waited for
	ConfirmationFor = 2 * time.Minute  // how long a command waits for its YES
	UndoFor         = 10 * time.Minute // how long a command can be undone
	ListedFor       = 30 * time.Minute // how long a number means a place in the last list of a command
	RepeatFor       = 10 * time.Minute // how long asking for an answer again is a repeat
	remembered      = 10               // messages kept after they were decided, for edits
	maxSends        = 40               // sends kept for limits
	maxAnswered     = 20               // answers kept for repeats; more than the loop rules let through within RepeatFor
)

// TurnMessage is one message of a turn.
type TurnMessage struct {
	ID         MessageID
	Kind       MessageKind
	Text       string
	ReplyTo    string
	SentAt     time.Time
	ReceivedAt time.Time
	TouchedAt  time.Time // when it was last edited; zero: never
	Command    bool      // an owner's !command
	Edited     bool      // it was decided before, with other words
	Answered   FAQID     // what the words before the edit were answered with
	Again      bool      // it was edited after a decision more than once, or is not remembered: no second update
	Round      string    // tells decisions about the same message apart; empty for the first
}

// Fresh says whether the message was young enough at receipt to be answered.
func (m TurnMessage) Fresh() bool { return m.age() <= FreshFor }

// Late says whether the message may still get one late answer.
func (m TurnMessage) Late() bool { return !m.Fresh() && m.age() <= ReplyDeadline }

func (m TurnMessage) age() time.Duration { return m.ReceivedAt.Sub(m.SentAt) }

// PendingReply is a queued reply that is neither sent, failed nor cancelled.
type PendingReply struct {
	ReplyID    ReplyID
	WhatsAppID MessageID
	Author     Author
	To         string
	Text       string
	InReplyTo  []MessageID
	Quotes     MessageID // the message it is shown with; empty for none
	QuotedText string
	QueuedAt   time.Time
	AskedAt    time.Time // when the newest message it answers came in; zero when it answers none
	Deadline   time.Time
	Command    bool     // answers an owner's !command
	Answers    bool     // it answers what was asked, so that the messages count as read
	Decision   Decision // what it is; empty for a person's own words
	Despite    Reason   // the silence that held when it was decided, and that it was decided in spite of
	OwnerSpoke bool     // a person from the business wrote since it was queued
	Withdrawn  Reason   // why what it answers no longer stands: deleted or edited
	Retried    bool     // WhatsApp refused it once, and its chat's privacy token was refreshed
	Invited    bool     // it answers a command, or the customer wrote within OpenFor when it was let go
}

// Heard is a message as the loop rules see it.
type Heard struct {
	At    time.Time
	Text  string
	Quick bool // it came within two seconds of a reply of ours
}

// OwnerMessage is something a person from the business wrote.
type OwnerMessage struct {
	ID          MessageID
	SentAt      time.Time
	HandedOffAt time.Time // since when somebody had waited for a person; zero if nobody had
}

// Confirmation is what a !command waits for.
type Confirmation struct {
	Word    string // what to type
	Action  string
	Subject string
	Until   time.Time
}

// Carried is the last !command that can be undone.
type Carried struct {
	What    string // in words, for "Undid: …"
	Changed []ChangedStream
	At      time.Time
}

// Listing is what the numbers of the last list stand for.
type Listing struct {
	Kind string // "waiting" or "missed"
	IDs  []string
	At   time.Time
}

// AnsweredFAQ is an FAQ that was the answer within RepeatFor.
type AnsweredFAQ struct {
	FAQ     FAQID
	At      time.Time // the last time
	Repeats int       // how often it was asked for again
}

// Conversation is one customer with one workspace, folded from its events. The zero value has said nothing.
type Conversation struct {
	Turn    []TurnMessage  // received and not yet decided on, oldest first
	Pending []PendingReply // to be sent, oldest first
	Decided []TurnMessage  // the last ones decided on, oldest first

	ReplyTo       string    // WhatsApp's address of the chat
	LastMessageAt time.Time // of the customer's newest message
	PreviousAt    time.Time // when anybody last wrote before the open turn
	DecidedUpTo   time.Time // when the newest message that was decided on was sent
	LastReplyAt   time.Time
	LastReplyText string
	LastDecision  Decision
	LastUnseen    bool // what was decided last came with something that only a person can look at

	OwnerMessages []OwnerMessage
	LastOwnerAt   time.Time // when a person from the business last wrote here
	ResumedAt     time.Time // when the chat was last given back to the bot
	HandedOffAt   time.Time
	TakenUntil    time.Time
	OptedOut      bool
	MutedUntil    time.Time
	MutedFor      Reason

	IdentityChangedAt time.Time // when WhatsApp's security code with the customer last changed

	LastFAQ      FAQID
	LastAnswerAt time.Time
	LastAsked    string        // the words of the last question, with those of what was chosen or followed up on since
	Answered     []AnsweredFAQ // of late, the newest last
	Choices      []FAQID       // what a number picks from, in order
	ChoicesAt    time.Time
	ChoicesMenu  bool      // the choices are the menu, which stays open while it is used
	AskedBack    bool      // the last question was asked back about: the next one is not
	GreetedAt    time.Time // with the full greeting
	HelloAt      time.Time // with the short one
	VoiceAt      time.Time // when a voice note last got an answer
	PictureAt    time.Time // when a picture, video or document did
	UnreadableAt time.Time // when a message that could not be opened did
	LateAt       time.Time // when a late answer was last given
	AwayAt       time.Time // when it was last said that nobody is there
	Fallbacks    int       // in this session
	Thanked      bool

	Sends []time.Time // the bot's, oldest first
	Heard []Heard     // the customer's last messages, oldest first

	Confirm  Confirmation
	Undoable Carried
	Listed   Listing
	Commands []time.Time
}

// Evolve returns the conversation after e.
func (c Conversation) Evolve(e ConversationEvent) Conversation {
	switch e := e.(type) {
	case MessageReceived:
		return c.evolveReceived(e)
	case MessageEdited:
		return c.evolveEdited(e)
	case MessageDeleted:
		c.Turn = dropFromTurn(c.Turn, e.MessageID)
		c.Pending = c.withdraw(e.MessageID)
	case MessageUndecryptable:
		c = c.begin(e.SentAt)
		c.Turn = append(slices.Clip(c.Turn), TurnMessage{
			ID: e.MessageID, Kind: KindUnreadable, ReplyTo: e.ReplyTo, SentAt: e.SentAt, ReceivedAt: later(e.SentAt, e.ReceivedAt), Round: "unreadable",
		})
	case OwnerReplied:
		if !e.Automatic {
			c = c.ownerSpoke(e.MessageID, e.SentAt)
		}
	case OwnerReplyReclassified:
		c = c.reclassified(e.MessageID)
	case OwnerCommanded:
		c.ReplyTo = firstOf(e.ReplyTo, c.ReplyTo)
		c.Turn = append(slices.Clip(c.Turn), TurnMessage{
			ID: e.MessageID, Kind: KindText, Text: e.Text, ReplyTo: e.ReplyTo, SentAt: e.SentAt, ReceivedAt: e.ReceivedAt, Command: true,
		})
	case ReplyDecided:
		c = c.evolveDecided(e)
	case ReplyQueued:
		c = c.evolveQueued(e)
	case ReplySent:
		c = c.evolveSent(e)
	case ReplyRetried:
		c.Pending = c.retried(e.ReplyID)
	case ReplyFailed:
		c.Pending = withoutReply(c.Pending, e.ReplyID)
	case ReplyCancelled:
		c.Pending = withoutReply(c.Pending, e.ReplyID)
	case ReplyDelivered, ReplyRead, ReplyRetryRequested, QuestionUnanswered:
	default:
		return c.evolveState(e)
	}
	return c
}

// evolveState is for events that say how the chat stands, rather than what was written.
func (c Conversation) evolveState(e ConversationEvent) Conversation {
	switch e := e.(type) {
	case ConversationHandedOff:
		c.HandedOffAt = e.At
	case ConversationTakenOver:
		c.TakenUntil = e.Until
	case ConversationGivenBack:
		c.TakenUntil, c.HandedOffAt, c.ResumedAt = time.Time{}, time.Time{}, later(c.ResumedAt, e.At)
	case ConversationOptedOut:
		c.OptedOut = true
	case ConversationOptedIn:
		c.OptedOut, c.Pending = false, c.unconfirmed()
	case ConversationMuted:
		c.MutedUntil, c.MutedFor = e.Until, e.Reason
	case IdentityChanged:
		c.IdentityChangedAt = later(c.IdentityChangedAt, e.ChangedAt)
	case ConfirmationAsked:
		c.Confirm = Confirmation{Word: e.Word, Action: e.Action, Subject: e.Subject, Until: e.Until}
	case CommandCarriedOut:
		c = c.evolveCarriedOut(e)
	default: // Evolve knows the others
	}
	return c
}

func (c Conversation) evolveCarriedOut(e CommandCarriedOut) Conversation {
	if e.What != "" {
		c.Undoable = Carried{What: e.What, Changed: e.Changed, At: e.At}
	}
	if e.Undid {
		c.Undoable = Carried{}
	}
	if e.Listed != nil {
		c.Listed = Listing{Kind: e.ListedKind, IDs: e.Listed, At: e.At}
	}
	return c
}

// begin notes what the chat was like before an open turn.
func (c Conversation) begin(at time.Time) Conversation {
	if len(c.Turn) == 0 {
		c.PreviousAt = later(later(c.LastMessageAt, c.LastReplyAt), c.LastOwnerAt)
		if at.Sub(c.PreviousAt) > SessionGap {
			c.Fallbacks, c.Thanked, c.LastDecision, c.AskedBack = 0, false, "", false
		}
	}
	return c
}

func (c Conversation) evolveReceived(e MessageReceived) Conversation {
	c = c.begin(e.SentAt)
	c.ReplyTo = firstOf(e.ReplyTo, c.ReplyTo)
	c.LastMessageAt = later(c.LastMessageAt, e.SentAt)
	c.Heard = lastN(append(slices.Clip(c.Heard), Heard{At: e.ReceivedAt, Text: e.Text, Quick: c.hardlyTyped(e)}), loopHeard)
	m := TurnMessage{ID: e.MessageID, Kind: e.Kind, Text: e.Text, ReplyTo: e.ReplyTo, SentAt: e.SentAt, ReceivedAt: e.ReceivedAt}
	for _, known := range c.Decided {
		if known.ID == e.MessageID { // an edit, or a copy that could not be opened, came first and was decided on
			m.Round = known.Round + "+"
		}
	}
	c.Turn = append(dropFromTurn(c.Turn, e.MessageID), m) // a readable copy takes the place of an unreadable one
	slices.SortStableFunc(c.Turn, func(a, b TurnMessage) int { return a.SentAt.Compare(b.SentAt) })
	return c
}

// evolveEdited puts new words in place of old ones. Before the decision the wait starts again; a reply that has not left is
// withdrawn and the message decided anew; after that only a better answer is worth a word.
func (c Conversation) evolveEdited(e MessageEdited) Conversation {
	if slices.ContainsFunc(c.Turn, func(m TurnMessage) bool { return m.ID == e.MessageID }) {
		c.Turn = editTurn(c.Turn, e)
		return c
	}
	m := TurnMessage{ID: e.MessageID, Kind: KindText, ReplyTo: c.ReplyTo, SentAt: e.EditedAt, ReceivedAt: e.EditedAt, Again: true}
	for _, known := range c.Decided {
		if known.ID == e.MessageID {
			m = known
			m.Again = known.Edited
		}
	}
	before := m.Round
	m.Text, m.TouchedAt, m.Round = e.Text, e.EditedAt, e.EditedAt.UTC().Format(time.RFC3339Nano)
	if strings.HasPrefix(before, m.Round) { // edited again within WhatsApp's second, after a decision on the edit before
		m.Round = before + "+"
	}
	withdrawn := slices.Clone(c.Pending)
	m.Edited = true
	for i, r := range withdrawn {
		if r.Author == AuthorBot && !r.Command && slices.Contains(r.InReplyTo, e.MessageID) {
			withdrawn[i].Withdrawn, m.Edited = ReasonEdited, false
		}
	}
	c.Pending, c.Turn = withdrawn, append(slices.Clip(c.Turn), m)
	return c
}

// unconfirmed lets go of what would still confirm an opt-out that the customer has taken back.
func (c Conversation) unconfirmed() []PendingReply {
	pending := slices.Clone(c.Pending)
	for i, r := range pending {
		if r.Despite == ReasonOptedOut {
			pending[i].Withdrawn = ReasonOptingIn
		}
	}
	return pending
}

// withdraw lets go of replies all of whose messages were deleted.
func (c Conversation) withdraw(id MessageID) []PendingReply {
	pending := slices.Clone(c.Pending)
	for i, r := range pending {
		left := slices.DeleteFunc(slices.Clone(r.InReplyTo), func(m MessageID) bool { return m == id })
		if len(left) == 0 && len(r.InReplyTo) > 0 && r.Author == AuthorBot {
			pending[i].Withdrawn = ReasonWithdrawn
		}
		pending[i].InReplyTo = left
		if r.Quotes == id { // words that were taken back are not shown again
			pending[i].Quotes, pending[i].QuotedText = "", ""
		}
	}
	return pending
}

// reclassified takes back what a message did that no person wrote: who waited for one before it still does, unless a person
// wrote since or the chat was given back.
func (c Conversation) reclassified(id MessageID) Conversation {
	at := slices.IndexFunc(c.OwnerMessages, func(m OwnerMessage) bool { return m.ID == id })
	if at < 0 {
		return c
	}
	gone := c.OwnerMessages[at]
	c.OwnerMessages = slices.Delete(slices.Clone(c.OwnerMessages), at, at+1)
	c.LastOwnerAt = lastOf(c.OwnerMessages)
	if c.HandedOffAt.IsZero() && !c.LastOwnerAt.After(gone.SentAt) && !c.ResumedAt.After(gone.HandedOffAt) {
		c.HandedOffAt = gone.HandedOffAt
	}
	return c
}

// ownerSpoke is for words of a person from the business, from the phone or the dashboard.
func (c Conversation) ownerSpoke(id MessageID, at time.Time) Conversation {
	c.OwnerMessages = lastN(append(slices.Clip(c.OwnerMessages), OwnerMessage{ID: id, SentAt: at, HandedOffAt: c.HandedOffAt}), remembered)
	c.LastOwnerAt = later(c.LastOwnerAt, at)
	c.HandedOffAt, c.Fallbacks, c.Choices = time.Time{}, 0, nil
	c.Answered = slices.Clone(c.Answered)
	for i := range c.Answered {
		c.Answered[i].Repeats = 0
	}
	pending := slices.Clone(c.Pending)
	for i := range pending {
		since := !at.Before(pending[i].QueuedAt.Truncate(time.Second)) // WhatsApp's clock has whole seconds
		pending[i].OwnerSpoke = pending[i].OwnerSpoke || since && pending[i].Author == AuthorBot
	}
	c.Pending = pending
	return c
}

func lastOf(messages []OwnerMessage) time.Time {
	var at time.Time
	for _, m := range messages {
		at = later(at, m.SentAt)
	}
	return at
}

func (c Conversation) evolveDecided(e ReplyDecided) Conversation {
	c = c.settleTurn(e)
	if e.Decision == DecideCommand {
		c.Confirm = Confirmation{}
		c.Commands = lastN(append(slices.Clip(c.Commands), e.DecidedAt), maxCommands)
		return c
	}
	if e.Decision == DecideSilence {
		if countsAsFallback(e.Why) { // another question, though it got no word
			c.Choices = nil
		}
		return c
	}
	c.LastDecision, c.LastUnseen = e.Decision, e.Unseen
	c.AskedBack = e.Decision == DecideChoices || c.AskedBack && e.Decision == DecideFallback && e.Why == ReasonUnsure
	c = c.noteTalk(e)
	switch e.Decision {
	case DecideAnswer:
		c.Answered = c.noteAnswered(e, append([]FAQID{e.FAQ}, e.Also...))
		c.LastFAQ, c.LastAnswerAt = e.FAQ, e.DecidedAt
	case DecideFallback, DecideAway:
		if countsAsFallback(e.Why) {
			c.Fallbacks++
		}
		if e.Why == ReasonRepeat {
			c.Answered = c.noteAnswered(e, append([]FAQID{cmp.Or(e.FAQ, c.LastFAQ)}, e.Also...)) // once it was not recorded which
		}
	case DecideChoices, DecideGreeting, DecideCommand, DecideSilence:
	}
	return c.noteChoices(e)
}

// noteAnswered remembers that FAQs were the answer, or were asked for again, and forgets what is too long ago to be repeated.
func (c Conversation) noteAnswered(e ReplyDecided, faqs []FAQID) []AnsweredFAQ {
	kept := make([]AnsweredFAQ, 0, len(c.Answered)+len(faqs))
	for _, a := range c.Answered {
		if !slices.Contains(faqs, a.FAQ) && e.DecidedAt.Sub(a.At) <= RepeatFor {
			kept = append(kept, a)
		}
	}
	for _, f := range faqs {
		repeats, _ := c.AskedBefore(f, e.DecidedAt)
		if e.Why == ReasonRepeat {
			repeats++
		}
		kept = append(kept, AnsweredFAQ{FAQ: f, At: e.DecidedAt, Repeats: repeats})
	}
	return lastN(kept, maxAnswered)
}

// AskedBefore says whether an FAQ was the answer within RepeatFor, whatever stood between, and how often it was asked for again.
func (c Conversation) AskedBefore(f FAQID, now time.Time) (repeats int, answered bool) {
	for _, a := range c.Answered {
		if a.FAQ == f && now.Sub(a.At) <= RepeatFor {
			return a.Repeats, true
		}
	}
	return 0, false
}

func countsAsFallback(why Reason) bool {
	return why == ReasonNoMatch || why == ReasonNoFAQs || why == ReasonUnclear || why == ReasonGaveUp
}

// settleTurn takes the decided messages out of the turn and remembers them for edits.
func (c Conversation) settleTurn(e ReplyDecided) Conversation {
	var asked []string
	for _, m := range c.Turn {
		if !slices.Contains(e.InReplyTo, m.ID) {
			continue
		}
		m.Answered = e.FAQ
		if m.Text != "" {
			asked = append(asked, m.Text)
		}
		known := slices.DeleteFunc(slices.Clone(c.Decided), func(d TurnMessage) bool { return d.ID == m.ID })
		c.Decided = lastN(append(known, m), remembered)
		c.DecidedUpTo = later(c.DecidedUpTo, m.SentAt)
	}
	for _, id := range e.InReplyTo {
		c.Turn = dropFromTurn(c.Turn, id)
	}
	switch {
	case e.Decision == DecideSilence, e.Decision == DecideCommand, e.isAside():
	case e.Why == ReasonPicked, e.Leaning: // it is still about the question before
		c.LastAsked += "\n" + joinLines(asked)
	default:
		c.LastAsked = joinLines(asked)
	}
	return c
}

// isAside says whether a decision was about no question, so that the one before is still what is talked about.
func (e ReplyDecided) isAside() bool {
	return e.Why == ReasonGreeting && !e.Greeted || e.Why == ReasonThanks || e.Why == ReasonNotText || e.Why == ReasonUnreadable
}

// settled says whether one of the messages that were just decided on is of a kind.
func (c Conversation) settled(ids []MessageID, kind MessageKind) bool {
	return slices.ContainsFunc(c.Decided, func(m TurnMessage) bool { return m.Kind == kind && slices.Contains(ids, m.ID) })
}

// noteTalk remembers what is not said again for a while.
func (c Conversation) noteTalk(e ReplyDecided) Conversation {
	if e.Greeted {
		c.GreetedAt = e.DecidedAt
	}
	switch {
	case e.Why == ReasonGreeting && !e.Greeted:
		c.HelloAt = e.DecidedAt
	case e.Why == ReasonThanks:
		c.Thanked = true
	case e.Why == ReasonNotText && c.settled(e.InReplyTo, KindVoice):
		c.VoiceAt = e.DecidedAt
	case e.Why == ReasonNotText:
		c.PictureAt = e.DecidedAt
	case e.Why == ReasonUnreadable:
		c.UnreadableAt = e.DecidedAt
	}
	if e.Late {
		c.LateAt = e.DecidedAt
	}
	if e.Decision == DecideAway {
		c.AwayAt = e.DecidedAt
	}
	return c
}

func (c Conversation) noteChoices(e ReplyDecided) Conversation {
	switch {
	case e.Why == ReasonMenu, e.Why == ReasonGreeting && e.Greeted:
		c.Choices, c.ChoicesAt, c.ChoicesMenu = faqsOf(e.Candidates), e.DecidedAt, true
	case e.Decision == DecideChoices:
		c.Choices, c.ChoicesAt, c.ChoicesMenu = faqsOf(e.Candidates), e.DecidedAt, false
	case c.ChoicesMenu && e.Why == ReasonPicked: // people look through a menu
	case e.isAside(): // no other question
	default:
		c.Choices = nil
	}
	return c
}

func (c Conversation) evolveQueued(e ReplyQueued) Conversation {
	r := PendingReply{
		ReplyID: e.ReplyID, WhatsAppID: e.WhatsAppID, Author: e.Author, To: e.To, Text: e.Text,
		InReplyTo: e.InReplyTo, Quotes: e.Quotes, QuotedText: e.QuotedText, QueuedAt: e.QueuedAt, Deadline: e.Deadline,
		Command: e.Command, Despite: e.Despite,
		Answers: e.Author != AuthorBot || c.LastDecision == DecideAnswer && !c.LastUnseen,
	}
	if e.Author == AuthorBot {
		r.Decision, r.AskedAt = c.LastDecision, askedAt(c.Decided, e.InReplyTo)
	}
	if e.Author == AuthorDashboard || e.Author == AuthorPhone {
		c = c.ownerSpoke(e.WhatsAppID, e.QueuedAt)
	}
	c.Pending = append(slices.Clip(c.Pending), r)
	return c
}

func askedAt(decided []TurnMessage, ids []MessageID) (at time.Time) {
	for _, m := range decided {
		if slices.Contains(ids, m.ID) {
			at = later(at, m.ReceivedAt)
		}
	}
	return at
}

func (c Conversation) evolveSent(e ReplySent) Conversation {
	if r, ok := c.FindPending(e.ReplyID); ok && r.Author == AuthorBot && !r.Command {
		c.Sends = lastN(append(slices.Clip(c.Sends), e.SentAt), maxSends)
		c.LastReplyText = r.Text
	}
	c.Pending, c.LastReplyAt = withoutReply(c.Pending, e.ReplyID), later(c.LastReplyAt, e.SentAt)
	return c
}

func faqsOf(candidates []Candidate) []FAQID {
	ids := make([]FAQID, len(candidates))
	for i, c := range candidates {
		ids[i] = c.FAQ
	}
	return ids
}

func (c Conversation) retried(id ReplyID) []PendingReply {
	pending := slices.Clone(c.Pending)
	for i := range pending {
		pending[i].Retried = pending[i].Retried || pending[i].ReplyID == id
	}
	return pending
}

// Open says whether the customer wrote within OpenFor. To write in a chat that is not open is to begin one anew.
func (c Conversation) Open(now time.Time) bool {
	return !c.LastMessageAt.IsZero() && now.Sub(c.LastMessageAt) <= OpenFor
}

// Abandon decides that nothing that is open in the chat is answered or sent any more.
func (c Conversation) Abandon(a About, why Reason, now time.Time) []Event {
	var events []Event
	if len(c.Turn) > 0 {
		ids := make([]MessageID, len(c.Turn))
		for i, m := range c.Turn {
			ids[i] = m.ID
		}
		events = append(events, ReplyDecided{About: a, InReplyTo: ids, Decision: DecideSilence, Why: why, DecidedAt: now})
	}
	for _, r := range c.Pending {
		events = append(events, ReplyCancelled{About: a, ReplyID: r.ReplyID, Reason: why, CancelledAt: now})
	}
	return events
}

// FindPending returns the queued reply with the given id.
func (c Conversation) FindPending(id ReplyID) (PendingReply, bool) {
	for _, r := range c.Pending {
		if r.ReplyID == id {
			return r, true
		}
	}
	return PendingReply{}, false
}

func editTurn(turn []TurnMessage, e MessageEdited) []TurnMessage {
	edited := make([]TurnMessage, 0, len(turn))
	for _, m := range turn {
		if m.ID == e.MessageID {
			m.Text, m.TouchedAt = e.Text, e.EditedAt
		}
		edited = append(edited, m)
	}
	return edited
}

func dropFromTurn(turn []TurnMessage, id MessageID) []TurnMessage {
	kept := make([]TurnMessage, 0, len(turn))
	for _, m := range turn {
		if m.ID != id {
			kept = append(kept, m)
		}
	}
	return kept
}

func withoutReply(pending []PendingReply, id ReplyID) []PendingReply {
	kept := make([]PendingReply, 0, len(pending))
	for _, r := range pending {
		if r.ReplyID != id {
			kept = append(kept, r)
		}
	}
	return kept
}

func lastN[T any](list []T, n int) []T {
	if len(list) > n {
		return slices.Clone(list[len(list)-n:])
	}
	return list
}

func joinLines(lines []string) string {
	var all []byte
	for i, line := range lines {
		if i > 0 {
			all = append(all, '\n')
		}
		all = append(all, line...)
	}
	return string(all)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// ReplyIDOf returns the id of the reply that WhatsApp knows under id in the customer's chat, whoever wrote it. It is derived,
// so that a receipt needs no look-up.
func ReplyIDOf(c CustomerID, id MessageID) ReplyID {
	return ReplyID(DeriveID(string(c), "reply", string(id)))
}
