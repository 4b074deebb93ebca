package httpapi

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"switchboard.example/domain"
	"switchboard.example/projections"
)

type conversationBody struct {
	ID           domain.CustomerID             `json:"id"`
	Customer     customerBody                  `json:"customer"`
	LastMessage  *lastMessageBody              `json:"lastMessage"`
	Asked        *string                       `json:"asked"`
	State        projections.ConversationState `json:"state"`
	WaitingSince *time.Time                    `json:"waitingSince"`
	Unanswered   int                           `json:"unanswered"`
	QuietUntil   *time.Time                    `json:"quietUntil"`
	HandedOff    bool                          `json:"handedOff"`
	OptedOut     bool                          `json:"optedOut"`
	Ignored      bool                          `json:"ignored"`
	Mark         *string                       `json:"mark"`
}

type customerBody struct {
	Name  *string `json:"name"`
	Phone *string `json:"phone"`
}

type lastMessageBody struct {
	Text      string    `json:"text"`
	Direction string    `json:"direction"`
	Author    string    `json:"author"`
	Member    *byBody   `json:"member"`
	At        time.Time `json:"at"`
}

type conversationPageBody struct {
	Conversations []conversationBody `json:"conversations"`
	Next          *string            `json:"next"`
}

type messageBody struct {
	ID        string    `json:"id"`
	Direction string    `json:"direction"`
	Author    string    `json:"author"`
	Member    *byBody   `json:"member"`
	Text      string    `json:"text"`
	At        time.Time `json:"at"`
	Status    string    `json:"status"`
	Notice    string    `json:"notice,omitempty"`
	Why       *whyBody  `json:"why,omitempty"`
	Deleted   bool      `json:"deleted"`
	Edited    bool      `json:"edited"`
}

// byBody is the member who wrote a reply.
type byBody struct {
	Name string `json:"name"`
	You  bool   `json:"you"`
}

type whyBody struct {
	Decision string        `json:"decision"`
	FAQID    *domain.FAQID `json:"faqId"`
	Question *string       `json:"question"`
	Score    *float64      `json:"score"`
	Margin   *float64      `json:"margin"`
	Reason   string        `json:"reason"`

	Candidates []weighedBody   `json:"candidates"`
	Thresholds *thresholdsBody `json:"thresholds"`
	Revision   *int            `json:"revision"`
	Knowledge  int64           `json:"knowledge"`
	Matched    []string        `json:"matched"`
	Language   *string         `json:"language"`
	Told       []string        `json:"told"`
}

// weighedBody is an FAQ the bot weighed; without a question it was removed since.
type weighedBody struct {
	FAQID    domain.FAQID `json:"faqId"`
	Question *string      `json:"question"`
	Score    float64      `json:"score"`
}

func newWhyBody(m projections.ThreadMessage) *whyBody {
	why := &whyBody{
		Decision: m.Decision, FAQID: m.FAQID, Question: m.Question, Score: m.Score, Margin: m.Margin, Reason: m.Why.Sentence(),
		Candidates: []weighedBody{}, Thresholds: newThresholdsBody(m.Thresholds), Knowledge: m.Knowledge, Matched: append([]string{}, m.Matched...),
		Language: orNull(string(m.Language)), Told: append([]string{}, m.Told...),
	}
	if m.Revision > 0 {
		why.Revision = &m.Revision
	}
	for _, c := range m.Candidates {
		why.Candidates = append(why.Candidates, weighedBody{FAQID: c.FAQ, Question: orNull(c.Question), Score: share(c.Score)})
	}
	return why
}

type messagePageBody struct {
	Conversation conversationBody `json:"conversation"`
	Messages     []messageBody    `json:"messages"`
	Next         *string          `json:"next"`
}

const inboxPage = 50

var (
	errNoConversation = domain.Refuse(domain.NotFound, "conversation.not_found", "There is no such conversation.")
	errErased         = domain.Refuse(domain.NotFound, "customer.erased",
		"This customer was erased; nothing that was said is left. If they write again, they are somebody new.")
	errCursor = domain.Refuse(domain.Invalid, "cursor.invalid", "This page cannot be found any more. Start again from the first one.")
)

// cursor is where the next page begins.
type cursor struct {
	Time     time.Time         `json:"t"`
	ID       domain.CustomerID `json:"i,omitempty"`
	Position int64             `json:"p,omitempty"`
}

func (c cursor) text() *string {
	data, err := json.Marshal(c)
	if err != nil {
		return nil // times and numbers always marshal
	}
	text := base64.RawURLEncoding.EncodeToString(data)
	return &text
}

// cursorOf reads a cursor; its parts are parameters of a query, so a made-up one finds other pages and nothing else.
func cursorOf(text string) (cursor, error) {
	var c cursor
	if text == "" {
		return c, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > 256 {
		return c, errCursor
	}
	if err := json.Unmarshal(data, &c); err != nil || c.Time.IsZero() || c.Time.Year() > 9999 || (c.ID != "" && !isUUID(string(c.ID))) {
		return c, errCursor
	}
	return c, nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, letter := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f')
		if dash != (letter == '-') || (!dash && !hex) {
			return false
		}
	}
	return true
}

func stateOf(filter string) (projections.ConversationState, error) {
	switch filter {
	case "", "all":
		return "", nil
	case "needs_you":
		return projections.NeedsPerson, nil
	case "bot":
		return projections.BotAnswers, nil
	case "you":
		return projections.PersonTalks, nil
	}
	return "", domain.InvalidField("filter", "filter.unknown", "The filters are needs_you, bot, you and all.")
}

func (s *Server) listConversations(c call) error {
	state, err := stateOf(c.QueryParam("filter"))
	if err != nil {
		return err
	}
	from, err := cursorOf(c.QueryParam("cursor"))
	if err != nil || (!from.Time.IsZero() && from.ID == "") {
		return errCursor
	}
	page := conversationPageBody{}
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.ConversationsOf(c.Request().Context(), q, c.session.Workspace, s.config.Now(),
			projections.InboxPage{State: state, Limit: inboxPage, AfterTime: from.Time, AfterID: from.ID})
		if err != nil {
			return err
		}
		page.Conversations, err = conversationBodies(c, q, found...)
		if len(found) == inboxPage {
			page.Next = nextConversation(found[inboxPage-1], state)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, page)
}

func nextConversation(last projections.Conversation, state projections.ConversationState) *string {
	if state == projections.NeedsPerson && last.WaitingSince != nil {
		return cursor{Time: *last.WaitingSince, ID: last.CustomerID}.text()
	}
	return cursor{Time: last.LastAt, ID: last.CustomerID}.text()
}

// conversationBodies show conversations to whoever asks.
func conversationBodies(c call, q projections.Queryer, found ...projections.Conversation) ([]conversationBody, error) {
	members := make([]domain.MemberID, len(found))
	for i, conversation := range found {
		members[i] = conversation.LastMember
	}
	by, err := writersOf(c, q, members)
	bodies := make([]conversationBody, len(found))
	for i, conversation := range found {
		bodies[i] = newConversationBody(conversation, by[conversation.LastMember], c.session.Role)
	}
	return bodies, err
}

func newConversationBody(c projections.Conversation, by *byBody, role domain.Role) conversationBody {
	body := conversationBody{
		ID: c.CustomerID, Customer: customerBody{Name: orNull(c.Name), Phone: international(c.Phone)}, State: c.State,
		WaitingSince: inUTC(c.WaitingSince), Unanswered: c.Unanswered,
		QuietUntil: inUTC(c.QuietUntil), HandedOff: c.HandedOff, OptedOut: c.OptedOut, Ignored: c.Ignored,
		Mark: orNull(string(c.Mark)),
	}
	if c.LastDirection != "" {
		body.LastMessage = &lastMessageBody{
			Text: shownText(c.LastText, string(c.LastKind), c.LastDeleted, role), Direction: c.LastDirection, Author: c.LastAuthor, Member: by,
			At: c.LastWrittenAt.UTC(),
		}
	}
	if c.AskedKind != "" {
		asked := shownText(c.AskedText, string(c.AskedKind), c.AskedDeleted, role)
		body.Asked = &asked
	}
	return body
}

// shownText gives messages without words a word for what they are. The words of a deleted one are for who leads.
func shownText(text, kind string, deleted bool, role domain.Role) string {
	switch {
	case deleted && !leaders.has(role):
		return ""
	case text != "" || kind == string(domain.KindText):
		return text
	}
	switch domain.MessageKind(kind) {
	case domain.KindImage:
		return "[picture]"
	case domain.KindVoice:
		return "[voice message]"
	case domain.KindCall:
		return "[missed call]"
	case projections.IdentityNotice:
		return "[security code changed]"
	case domain.KindVideo, domain.KindDocument, domain.KindSticker, domain.KindLocation, domain.KindContact, domain.KindPoll, domain.KindReaction:
		return "[" + kind + "]"
	case domain.KindText, domain.KindUnreadable, domain.KindOther:
	}
	return "[message that cannot be shown]"
}

func (s *Server) listMessages(c call) error {
	before, err := cursorOf(c.QueryParam("before"))
	if err != nil {
		return err
	}
	id := domain.CustomerID(c.Param("id"))
	page := messagePageBody{Messages: []messageBody{}}
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		conversation, ok, err := projections.ConversationOf(c.Request().Context(), q, c.session.Workspace, id, s.config.Now())
		if err != nil {
			return err
		}
		if !ok {
			return errNoConversation
		}
		if conversation.Forgotten {
			return errErased
		}
		found, err := projections.ThreadOf(c.Request().Context(), q, c.session.Workspace, id,
			projections.ThreadPage{Limit: inboxPage, BeforeTime: before.Time, BeforePosition: before.Position})
		if err != nil {
			return err
		}
		members := []domain.MemberID{conversation.LastMember}
		for _, m := range found {
			members = append(members, m.MemberID)
		}
		by, err := writersOf(c, q, members)
		page.Conversation = newConversationBody(conversation, by[conversation.LastMember], c.session.Role)
		for _, m := range found {
			body := newMessageBody(m, c.session.Role)
			body.Member = by[m.MemberID]
			page.Messages = append(page.Messages, body)
		}
		if len(found) == inboxPage {
			page.Next = cursor{Time: found[0].At, Position: found[0].Position}.text()
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, page)
}

// writersOf are members who wrote something, as they are called now; empty ids are nobody's. Who left has no name any more.
func writersOf(c call, q projections.Queryer, wrote []domain.MemberID) (map[domain.MemberID]*byBody, error) {
	if !slices.ContainsFunc(wrote, func(m domain.MemberID) bool { return m != "" }) {
		return nil, nil //nolint:nilnil // nobody did, and that is no error
	}
	members, err := projections.MembersOf(c.Request().Context(), q, c.session.Workspace)
	by := map[domain.MemberID]*byBody{}
	for _, m := range members {
		if name := cmp.Or(m.Name, m.Email); name != "" {
			by[m.MemberID] = &byBody{Name: name, You: m.MemberID == c.session.Member}
		}
	}
	return by, err
}

func newMessageBody(m projections.ThreadMessage, role domain.Role) messageBody {
	body := messageBody{
		ID: m.ID, Direction: m.Direction, Author: m.Author, Text: shownText(m.Text, m.Kind, m.Deleted, role), At: m.At.UTC(),
		Status: m.Status, Deleted: m.Deleted, Edited: m.Edited,
	}
	if m.IsNotice() {
		body.Direction, body.Notice = "in", m.Kind
	}
	if m.Author == string(domain.AuthorBot) && m.Decision != "" || m.Decision == string(domain.DecideSilence) || m.Status == "cancelled" || m.Status == "failed" {
		body.Why = newWhyBody(m)
	}
	return body
}
