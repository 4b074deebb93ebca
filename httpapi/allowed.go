package httpapi

import (
	"net/http"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type allowedListBody struct {
	People []allowedBody `json:"people"`
}

// allowedBody is somebody the bot answers where it answers only some.
type allowedBody struct {
	ID    domain.CustomerID `json:"id"`
	Name  *string           `json:"name"`  // as WhatsApp knows them; null until they wrote
	Phone *string           `json:"phone"` // null while only WhatsApp's own address is known
}

type allowNumberRequest struct {
	Phone string `json:"phone"`
}

func newAllowedBody(p projections.Person) allowedBody {
	body := allowedBody{ID: p.CustomerID, Name: orNull(p.Name)}
	if p.Phone != "" {
		body.Phone = orNull("+" + p.Phone)
	}
	return body
}

func (s *Server) allowed(c call) ([]projections.Person, error) {
	var people []projections.Person
	err := s.inWorkspace(c, func(q projections.Queryer) (err error) {
		people, err = projections.AllowedPeople(c.Request().Context(), q, c.session.Workspace)
		return err
	})
	return people, err
}

func (s *Server) listAllowed(c call) error {
	people, err := s.allowed(c)
	if err != nil {
		return err
	}
	list := allowedListBody{People: []allowedBody{}}
	for _, p := range people {
		list.People = append(list.People, newAllowedBody(p))
	}
	return writeJSON(c, http.StatusOK, list)
}

// allowNumber puts a phone on the list, whether or not it has written yet.
func (s *Server) allowNumber(c call) error {
	body, err := read[allowNumberRequest](c)
	if err != nil {
		return err
	}
	phone := digits(body.Phone)
	customer, position, err := s.config.Commands.AllowNumber(c.Request().Context(), c.change(), phone)
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelInbox); err != nil {
		return err
	}
	return writeJSON(c, http.StatusCreated, newAllowedBody(projections.Person{CustomerID: customer, Phone: phone}))
}

func (s *Server) disallow(c call) error {
	position, err := s.config.Commands.Disallow(c.Request().Context(), commands.InConversation{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, CustomerID: domain.CustomerID(c.Param("id")),
	})
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelInbox); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
