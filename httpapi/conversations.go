package httpapi

import (
	"net/http"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type writeReplyRequest struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

type eraseRequest struct {
	Password string `json:"password"`
}

type takeOverRequest struct {
	Minutes *int `json:"minutes"`
	Always  bool `json:"always"` // until the chat is given back
}

const maxTakeOver = 30 * 24 * 60 // minutes

// chat is an order about one conversation.
func (c call) chat() commands.InConversation {
	return commands.InConversation{Caller: c.caller(), WorkspaceID: c.session.Workspace, CustomerID: domain.CustomerID(c.Param("id"))}
}

// writeReply queues the asker's own words. The same key is the same message, so asking again after a lost answer is safe.
func (s *Server) writeReply(c call) error {
	body, err := read[writeReplyRequest](c)
	if err != nil {
		return err
	}
	if err := within("text", body.Text, 1, commands.MaxReply); err != nil {
		return err
	}
	if body.Key != "" && !isUUID(body.Key) {
		return domain.InvalidField("key", "key.invalid", "A key is a UUID.")
	}
	if !isUUID(c.Param("id")) {
		return errNoConversation
	}
	cmd := c.chat()
	if body.Key != "" {
		cmd.CommandID = domain.DeriveID(string(cmd.WorkspaceID), string(c.session.Member), string(cmd.CustomerID), body.Key)
	}
	_, position, err := s.config.Commands.WriteReply(c.Request().Context(), cmd, body.Text)
	if err != nil {
		return err
	}
	if err := s.waitUntil(c, modelThread, position); err != nil {
		return err
	}
	return s.conversationNow(c, http.StatusAccepted, position)
}

// takeOver keeps the bot quiet in one chat; without a length, for as long as after a person's own words.
func (s *Server) takeOver(c call) error {
	body, err := readOptional[takeOverRequest](c)
	if err != nil {
		return err
	}
	if body.Minutes != nil && (*body.Minutes < 1 || *body.Minutes > maxTakeOver) {
		return domain.InvalidField("minutes", "minutes.range", "Choose between a minute and 30 days.")
	}
	if !isUUID(c.Param("id")) {
		return errNoConversation
	}
	length, err := s.quietOf(c)
	if err != nil {
		return err
	}
	switch {
	case body.Always:
		length = domain.UntilResumed
	case body.Minutes != nil:
		length = time.Duration(*body.Minutes) * time.Minute
	}
	position, err := s.config.Commands.TakeOver(c.Request().Context(), c.chat(), s.config.Now().Add(length))
	if err != nil {
		return err
	}
	return s.conversationNow(c, http.StatusOK, position)
}

func (s *Server) quietOf(c call) (length time.Duration, err error) {
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		settings, err := projections.SettingsOf(c.Request().Context(), q, c.session.Workspace)
		length = settings.Quiet()
		return err
	})
	return length, err
}

// giveBack lets the bot answer in one chat again.
func (s *Server) giveBack(c call) error {
	if !isUUID(c.Param("id")) {
		return errNoConversation
	}
	position, err := s.config.Commands.GiveBack(c.Request().Context(), c.chat())
	if err != nil {
		return err
	}
	return s.conversationNow(c, http.StatusOK, position)
}

// erase destroys all that is kept of a customer, for an owner who types their password once more. Asked for again, it changes nothing.
func (s *Server) erase(c call) error {
	body, err := read[eraseRequest](c)
	if err != nil {
		return err
	}
	if err := s.isStillThem(c, body.Password); err != nil {
		return err
	}
	if !isUUID(c.Param("id")) {
		return errNoConversation
	}
	position, err := s.config.Commands.EraseCustomer(c.Request().Context(), c.chat())
	if err != nil {
		return err
	}
	for _, model := range []string{modelThread, modelUnanswered} { // nobody reads a word of it after this answer
		if err := s.waitUntil(c, model, position); err != nil {
			return err
		}
	}
	if err := s.wrote(c, position, modelInbox); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// conversationNow answers with the conversation as it stands after a write.
func (s *Server) conversationNow(c call, status int, position int64) error {
	if err := s.wrote(c, position, modelInbox); err != nil {
		return err
	}
	var body conversationBody
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, ok, err := projections.ConversationOf(c.Request().Context(), q, c.session.Workspace, domain.CustomerID(c.Param("id")), s.config.Now())
		if err != nil || !ok {
			return orErr(err, errNoConversation)
		}
		if found.Forgotten {
			return errErased
		}
		shown, err := conversationBodies(c, q, found)
		if err == nil {
			body = shown[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, status, body)
}
