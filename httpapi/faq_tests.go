package httpapi

import (
	"net/http"
	"strconv"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type faqTestBody struct {
	ID       string       `json:"id"`
	FAQID    domain.FAQID `json:"faqId"`
	Question string       `json:"question"`
	Text     string       `json:"text"`
}

type runTestBody struct {
	faqTestBody
	Passes bool `json:"passes"`
}

type faqTestsBody struct {
	Tests []runTestBody `json:"tests"`
}

type saveTestRequest struct {
	Text string `json:"text"`
}

func newFAQTestBody(t SavedTest) faqTestBody {
	question := ""
	if len(t.FAQ.Questions) > 0 {
		question = t.FAQ.Questions[0]
	}
	return faqTestBody{ID: t.ID, FAQID: t.FAQ.ID, Question: question, Text: t.Text}
}

// listTests runs all saved tests of the workspace as its FAQs are now.
func (s *Server) listTests(c call) error { return s.answerTests(c, http.StatusOK) }

func (s *Server) answerTests(c call, status int) error {
	tests, err := s.config.Matcher.Tests(c.Request().Context(), c.session.Workspace)
	if err != nil {
		return err
	}
	list := faqTestsBody{Tests: []runTestBody{}}
	for _, t := range tests {
		list.Tests = append(list.Tests, runTestBody{newFAQTestBody(t), t.Passes})
	}
	return writeJSON(c, status, list)
}

// saveTest saves words that must be answered with an FAQ from now on.
func (s *Server) saveTest(c call) error {
	body, err := read[saveTestRequest](c)
	if err != nil {
		return err
	}
	cmd := commands.SaveFAQTest{Caller: c.caller(), WorkspaceID: c.session.Workspace, FAQID: domain.FAQID(c.Param("id")), Text: body.Text}
	cmd.Among = func(position int64) ([]domain.FAQ, error) { return s.knownFAQs(c, position) }
	position, err := s.config.Commands.SaveFAQTest(c.Request().Context(), cmd)
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelFAQs); err != nil {
		return err
	}
	return s.answerTests(c, http.StatusCreated)
}

// knownFAQs are the workspace's FAQs as the log had them at a position or later.
func (s *Server) knownFAQs(c call, position int64) (known []domain.FAQ, err error) {
	if position > 0 {
		if err := s.waitUntil(c, modelFAQs, position); err != nil {
			return nil, err
		}
	}
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		faqs, err := projections.FAQsOf(c.Request().Context(), q, c.session.Workspace, s.config.Now())
		for _, f := range faqs {
			known = append(known, f.Known())
		}
		return err
	})
	return known, err
}

// removeTest gives a saved test up.
func (s *Server) removeTest(c call) error {
	position, err := s.config.Commands.RemoveFAQTest(c.Request().Context(), commands.RemoveFAQTest{
		Caller: c.caller(), WorkspaceID: c.session.Workspace, FAQID: domain.FAQID(c.Param("id")), TestID: c.Param("testId"),
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("X-Position", strconv.FormatInt(position, 10))
	return c.NoContent(http.StatusNoContent)
}

// breaking is a refusal that names the saved tests which would fail.
type breaking struct {
	refusal *domain.Error
	tests   []SavedTest
}

func (b breaking) Error() string { return b.refusal.Error() }
func (b breaking) Unwrap() error { return b.refusal }

// refuseBreaking refuses an FAQ as it would be when saved tests fail with it, as far as the log says at a position. Clash is what
// is refused besides; nil for nothing.
func (s *Server) refuseBreaking(c call, position int64, after domain.FAQ, clash *domain.Error, instead string) error {
	broken, err := s.config.Matcher.Breaks(c.Request().Context(), c.session.Workspace, position, after)
	switch {
	case err != nil:
		return err
	case clash != nil && len(broken) == 0:
		return clash
	case len(broken) == 0:
		return nil
	case clash != nil:
		return breaking{domain.Refuse(clash.Kind, clash.Code, clash.Message+" "+nowFail(broken)), broken}
	}
	return breaking{domain.Refuse(domain.Conflict, "faq.tests_fail", nowFail(broken)+" "+instead), broken}
}

func nowFail(tests []SavedTest) string {
	asked := make([]string, len(tests))
	for i, t := range tests {
		asked[i] = t.Text
	}
	return domain.NowFail(asked)
}
