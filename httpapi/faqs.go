package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type faqBody struct {
	ID            domain.FAQID `json:"id"`
	Number        int          `json:"number"`
	Questions     []string     `json:"questions"`
	Answer        string       `json:"answer"`
	PidginAnswer  *string      `json:"pidginAnswer"`
	Enabled       bool         `json:"enabled"`
	OnlyWhenSure  bool         `json:"onlyWhenSure"`
	Revision      int          `json:"revision"`
	UpdatedAt     time.Time    `json:"updatedAt"`
	TimesAnswered int64        `json:"timesAnswered30d"`
}

type faqListBody struct {
	FAQs []faqBody `json:"faqs"`
}

type addFAQRequest struct {
	Questions    []string `json:"questions"`
	Answer       string   `json:"answer"`
	PidginAnswer string   `json:"pidginAnswer"`
	Enabled      *bool    `json:"enabled"`
	OnlyWhenSure bool     `json:"onlyWhenSure"`
	RefuseClash  *bool    `json:"refuseClash"`
}

type changeFAQRequest struct {
	Questions    []string `json:"questions"`
	Answer       *string  `json:"answer"`
	PidginAnswer *string  `json:"pidginAnswer"`
	Enabled      *bool    `json:"enabled"`
	OnlyWhenSure *bool    `json:"onlyWhenSure"`
	Revision     *int     `json:"revision"`
	RefuseClash  *bool    `json:"refuseClash"`
}

// countedFor is how far back answers are counted.
const countedFor = 30 * 24 * time.Hour

var (
	errNoFAQ   = domain.Refuse(domain.NotFound, "faq.not_found", "There is no such FAQ.")
	errFAQSlow = domain.Refuse(domain.Unavailable, "faq.saved", "The FAQ is saved, but showing it takes longer than usual. Reload the page in a moment.")
)

func newFAQBody(f projections.FAQ) faqBody {
	return faqBody{
		ID: f.ID, Number: f.Number, Questions: f.Questions, Answer: f.Answer, PidginAnswer: orNull(f.PidginAnswer), Enabled: f.Enabled, OnlyWhenSure: f.OnlyWhenSure,
		Revision: f.Revision, UpdatedAt: f.UpdatedAt.UTC(), TimesAnswered: f.TimesAnswered,
	}
}

func (s *Server) listFAQs(c call) error {
	list := faqListBody{FAQs: []faqBody{}}
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.FAQsOf(c.Request().Context(), q, c.session.Workspace, s.config.Now().Add(-countedFor))
		for _, f := range found {
			list.FAQs = append(list.FAQs, newFAQBody(f))
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, list)
}

func (s *Server) faqOf(c call, id domain.FAQID, orElse error) (faqBody, error) {
	var body faqBody
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		f, ok, err := projections.FAQOf(c.Request().Context(), q, c.session.Workspace, id, s.config.Now().Add(-countedFor))
		if err == nil && !ok {
			return orElse
		}
		body = newFAQBody(f)
		return err
	})
	return body, err
}

func (s *Server) getFAQ(c call) error {
	body, err := s.faqOf(c, domain.FAQID(c.Param("id")), errNoFAQ)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, body)
}

func (s *Server) addFAQ(c call) error {
	body, err := read[addFAQRequest](c)
	if err != nil {
		return err
	}
	draft := domain.FAQDraft{
		Questions: body.Questions, Answer: body.Answer, PidginAnswer: body.PidginAnswer, Enabled: body.Enabled == nil || *body.Enabled, OnlyWhenSure: body.OnlyWhenSure,
	}
	id, position, err := s.config.Commands.AddFAQ(c.Request().Context(), commands.AddFAQ{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, Draft: draft, Judge: s.judge(c, body.RefuseClash),
	})
	if err != nil {
		return err
	}
	return s.answerFAQ(c, http.StatusCreated, id, position)
}

func (s *Server) answerFAQ(c call, status int, id domain.FAQID, position int64) error {
	if err := s.wrote(c, position, modelFAQs); err != nil {
		return err
	}
	body, err := s.faqOf(c, id, errFAQSlow)
	if err != nil {
		return err
	}
	return writeJSON(c, status, body)
}

func (s *Server) changeFAQ(c call) error {
	body, err := read[changeFAQRequest](c)
	if err != nil {
		return err
	}
	id := domain.FAQID(c.Param("id"))
	change := domain.FAQChange{
		Questions: body.Questions, Answer: body.Answer, PidginAnswer: body.PidginAnswer, Enabled: body.Enabled, OnlyWhenSure: body.OnlyWhenSure,
	}
	position, err := s.config.Commands.ChangeFAQ(c.Request().Context(), commands.ChangeFAQ{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, FAQID: id, Change: change, Seen: body.Revision, Judge: s.judge(c, body.RefuseClash),
	})
	if err != nil {
		return err
	}
	return s.answerFAQ(c, http.StatusOK, id, position)
}

// judge refuses an FAQ as it would be, unless the caller insists: when it would make saved tests fail and, where that is asked
// for, when a new wording is nearer to another FAQ.
func (s *Server) judge(c call, refuseClash *bool) commands.Judge {
	if refuseClash != nil && !*refuseClash {
		return nil
	}
	return func(position int64, before, after domain.FAQ) error {
		var clash *domain.Error
		if refuseClash != nil {
			wording, other, err := s.clashing(c, position, before, after)
			if err != nil {
				return err
			}
			if other != "" {
				clash = domain.Refuse(domain.Conflict, "faq.clash", "“"+wording+"” is nearer to "+other+". Change it, or save it anyway.")
			}
		}
		return s.refuseBreaking(c, position, after, clash, "Change it, or save it anyway.")
	}
}

// removeFAQ deletes an FAQ, unless saved tests would fail: ?refuseClash=false insists.
func (s *Server) removeFAQ(c call) error {
	var judge commands.Judge
	if c.QueryParam("refuseClash") != "false" {
		judge = func(position int64, _, after domain.FAQ) error {
			return s.refuseBreaking(c, position, after, nil, "Keep it, or delete it anyway.")
		}
	}
	position, err := s.config.Commands.RemoveFAQ(c.Request().Context(), commands.RemoveFAQ{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, FAQID: domain.FAQID(c.Param("id")), Judge: judge,
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("X-Position", strconv.FormatInt(position, 10))
	return c.NoContent(http.StatusNoContent)
}
