package httpapi

import (
	"net/http"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type unansweredBody struct {
	Clusters  []clusterBody   `json:"clusters"`
	Dismissed []dismissedBody `json:"dismissed"`
}

// dismissedBody is a question somebody said is not for the bot.
type dismissedBody struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	People   int       `json:"people"`
	At       time.Time `json:"at"`
}

type assignRequest struct {
	FAQID  *domain.FAQID `json:"faqId"`
	Answer *string       `json:"answer"`
	Force  bool          `json:"force"`
}

type clusterBody struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	People   int       `json:"people"`
	LastAt   time.Time `json:"lastAt"`
	Examples []string  `json:"examples"`

	SuggestedAnswer *suggestionBody `json:"suggestedAnswer"`
}

// suggestionBody is what a person of the business replied to a question of the group: words for one customer until somebody
// makes them an answer.
type suggestionBody struct {
	Text     string        `json:"text"`
	At       time.Time     `json:"at"`
	Author   domain.Author `json:"author"`
	Customer customerBody  `json:"customer"`

	CustomerID domain.CustomerID `json:"customerId"`

	People    int      `json:"people"`
	Different int      `json:"different"`
	Personal  []string `json:"personal"`
}

func suggestion(r *projections.OwnReply) *suggestionBody {
	if r == nil {
		return nil
	}
	return &suggestionBody{
		Text: r.Text, At: r.At.UTC(), Author: r.Author, Customer: customerBody{Name: orNull(r.Name), Phone: international(r.Phone)}, CustomerID: r.CustomerID,
		People: r.People, Different: r.Different, Personal: append([]string{}, r.Personal...),
	}
}

const clustersShown = 200

func (s *Server) listUnanswered(c call) error {
	list := unansweredBody{Clusters: []clusterBody{}, Dismissed: []dismissedBody{}}
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.UnansweredOf(c.Request().Context(), q, c.session.Workspace, clustersShown)
		for _, cluster := range found {
			list.Clusters = append(list.Clusters, clusterBody{
				ID: cluster.ID, Question: cluster.Question, People: cluster.People, LastAt: cluster.LastAt.UTC(), Examples: cluster.Examples,
				SuggestedAnswer: suggestion(cluster.Reply),
			})
		}
		if err != nil {
			return err
		}
		dismissed, err := projections.DismissedOf(c.Request().Context(), q, c.session.Workspace, clustersShown)
		for _, d := range dismissed {
			d.At = d.At.UTC()
			list.Dismissed = append(list.Dismissed, dismissedBody(d))
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, list)
}

// wordingsTaught is how many ways to ask a group teaches at most.
const wordingsTaught = 10

var errNoCluster = domain.Refuse(domain.NotFound, "unanswered.not_found", "There is no such question.")

// cluster finds a group of questions and how customers asked them.
func (s *Server) cluster(c call) (commands.Cluster, error) {
	cmd := commands.Cluster{Caller: c.caller(), WorkspaceID: c.session.Workspace, ID: c.Param("id")}
	return cmd, s.inWorkspace(c, func(q projections.Queryer) error {
		known, err := projections.ClusterKnown(c.Request().Context(), q, cmd.WorkspaceID, cmd.ID)
		if err != nil || !known {
			return orErr(err, errNoCluster)
		}
		asked, err := projections.AskersOf(c.Request().Context(), q, cmd.WorkspaceID, cmd.ID, wordingsTaught)
		for _, a := range asked {
			cmd.Asked = append(cmd.Asked, domain.LearnedWording{CustomerID: a.CustomerID, Text: a.Text})
		}
		return err
	})
}

func orErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// assignCluster teaches an FAQ the wordings of a group, or makes a new FAQ of it. Wordings that are nearer to another FAQ are
// refused with its name, unless that is what is wanted.
func (s *Server) assignCluster(c call) error {
	body, err := read[assignRequest](c)
	if err != nil {
		return err
	}
	if (body.FAQID == nil) == (body.Answer == nil) {
		return domain.Refuse(domain.Invalid, "assign.what", "Name an FAQ, or write an answer.")
	}
	cmd, err := s.cluster(c)
	if err != nil {
		return err
	}
	ctx, faq := c.Request().Context(), domain.FAQID("")
	if body.FAQID != nil {
		faq = *body.FAQID
		if !isUUID(string(faq)) {
			return domain.Refuse(domain.NotFound, "faq.not_found", "There is no such FAQ.")
		}
	}
	if !body.Force {
		cmd.Judge = s.judgeLesson(c)
	}
	var position int64
	if body.FAQID != nil {
		position, err = s.config.Commands.AssignCluster(ctx, cmd, faq)
	} else {
		faq, position, err = s.config.Commands.AnswerCluster(ctx, cmd, *body.Answer)
	}
	if err != nil {
		return err
	}
	if err := s.waitUntil(c, modelUnanswered, position); err != nil {
		return err
	}
	return s.answerFAQ(c, http.StatusOK, faq, position)
}

// judgeLesson refuses to answer a group by an FAQ when customers' words are nearer to another, or when saved tests would fail.
func (s *Server) judgeLesson(c call) commands.Judge {
	return func(position int64, before, after domain.FAQ) error {
		_, other, err := s.clashing(c, position, before, after)
		if err != nil {
			return err
		}
		var clash *domain.Error
		if other != "" {
			clash = domain.Refuse(domain.Conflict, "faq.clash", "Customers' words here are nearer to "+other+". Teach that one, or teach this one anyway.")
		}
		return s.refuseBreaking(c, position, after, clash, "Teach another one, or teach this one anyway.")
	}
}

// clashing is a new wording of an FAQ that would be taken for another, and that one as its first question; empty for none.
func (s *Server) clashing(c call, position int64, before, after domain.FAQ) (wording, question string, err error) {
	ctx := c.Request().Context()
	wording, other, err := s.config.Matcher.Clashing(ctx, c.session.Workspace, position, before, after)
	if err != nil || other == "" {
		return "", "", err
	}
	question = "another FAQ"
	err = s.inWorkspace(c, func(q projections.Queryer) error {
		f, ok, err := projections.FAQOf(ctx, q, c.session.Workspace, other, s.config.Now())
		if ok && len(f.Questions) > 0 {
			question = "“" + f.Questions[0] + "”"
		}
		return err
	})
	return wording, question, err
}

type declineRequest struct {
	CustomerID domain.CustomerID `json:"customerId"`
}

// declineReply says that what a person replied to a customer is no answer for everybody. The question stays to be answered.
func (s *Server) declineReply(c call) error {
	body, err := read[declineRequest](c)
	if err != nil {
		return err
	}
	if !isUUID(string(body.CustomerID)) {
		return domain.InvalidField("customerId", "field.missing", "Name the customer who was replied to.")
	}
	cmd, err := s.cluster(c)
	if err != nil {
		return err
	}
	position, err := s.config.Commands.DeclineReply(c.Request().Context(), cmd, body.CustomerID)
	if err != nil {
		return err
	}
	if err := s.wrote(c, position, modelUnanswered); err != nil {
		return err
	}
	return s.listUnanswered(c)
}

// dismissCluster says that a group is not for the bot: it is kept from guessing at such messages.
func (s *Server) dismissCluster(c call) error { return s.setDismissed(c, true) }

// restoreCluster takes that back.
func (s *Server) restoreCluster(c call) error { return s.setDismissed(c, false) }

func (s *Server) setDismissed(c call, dismissed bool) error {
	cmd, err := s.cluster(c)
	if err != nil {
		return err
	}
	position, err := s.config.Commands.DismissCluster(c.Request().Context(), cmd, dismissed)
	if err != nil {
		return err
	}
	if err := s.waitUntil(c, modelDismissed, position); err != nil {
		return err
	}
	if err := s.wrote(c, position, modelUnanswered); err != nil {
		return err
	}
	return s.listUnanswered(c)
}
