package httpapi

import (
	"net/http"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type memberListBody struct {
	Members []memberBody `json:"members"`
	Offered []offerBody  `json:"offered"`
}

type memberBody struct {
	ID     domain.MemberID `json:"id"`
	Email  *string         `json:"email"`
	Name   *string         `json:"name"`
	Role   domain.Role     `json:"role"`
	Phones []string        `json:"phones"`
}

// offerBody is a phone that is to send a code. Who may see it tells it to the phone's holder.
type offerBody struct {
	Phone     string      `json:"phone"`
	Role      domain.Role `json:"role"`
	Code      string      `json:"code"`
	ExpiresAt time.Time   `json:"expiresAt"`
}

type offerNumberRequest struct {
	Phone    string          `json:"phone"`
	Role     domain.Role     `json:"role"`
	MemberID domain.MemberID `json:"memberId"`
}

// listMembers shows codes to the owner alone: whoever knows one can prove a phone.
func (s *Server) listMembers(c call) error {
	list := memberListBody{Members: []memberBody{}, Offered: []offerBody{}}
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.MembersOf(c.Request().Context(), q, c.session.Workspace)
		for _, m := range found {
			body := memberBody{ID: m.MemberID, Email: orNull(m.Email), Name: orNull(m.Name), Role: m.Role, Phones: []string{}}
			for _, phone := range m.Phones {
				if phone != "" {
					body.Phones = append(body.Phones, "+"+phone)
				}
			}
			list.Members = append(list.Members, body)
		}
		return err
	})
	if err != nil {
		return err
	}
	if owner.has(c.session.Role) && s.config.Numbers != nil {
		offers, err := s.config.Numbers.Offers(c.Request().Context(), c.session.Workspace, s.config.Now())
		if err != nil {
			return err
		}
		for _, o := range offers {
			list.Offered = append(list.Offered, s.newOfferBody(o))
		}
	}
	return writeJSON(c, http.StatusOK, list)
}

func (s *Server) newOfferBody(o commands.NumberOffer) offerBody {
	return offerBody{Phone: "+" + o.Phone, Role: o.Role, Code: s.config.Commands.CodeOf(o), ExpiresAt: o.ExpiresAt.UTC()}
}

// offerNumber makes a code that a phone has to send before its commands count.
func (s *Server) offerNumber(c call) error {
	body, err := read[offerNumberRequest](c)
	if err != nil {
		return err
	}
	o, _, err := s.config.Commands.OfferNumber(c.Request().Context(), commands.OfferNumber{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, Phone: digits(body.Phone), Role: body.Role, MemberID: body.MemberID,
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusCreated, s.newOfferBody(o))
}

// digits drops what people write between them.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
}

// removeMember ends somebody's access, by phone and by e-mail.
func (s *Server) removeMember(c call) error {
	position, err := s.config.Commands.RemoveMember(c.Request().Context(), commands.RemoveMember{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, MemberID: domain.MemberID(c.Param("id")),
	})
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelMembers); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
