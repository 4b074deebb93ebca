package commands

import (
	"context"

	"switchboard.example/domain"
)

// Cluster asks for something about a group of questions that customers asked in vain.
type Cluster struct {
	Caller
	WorkspaceID domain.WorkspaceID
	ID          string
	Asked       []domain.LearnedWording // how they asked
	Judge       Judge                   // of an FAQ that is taught or made
}

// AssignCluster teaches an FAQ the wordings of a cluster.
func (h *Handler) AssignCluster(ctx context.Context, cmd Cluster, faq domain.FAQID) (int64, error) {
	return h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, faq, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		return f.Assign(cmd.WorkspaceID, cmd.ID, cmd.Asked)
	})
}

// AnswerCluster makes a new FAQ that answers a cluster. Its wordings are customers' words and stay theirs.
func (h *Handler) AnswerCluster(ctx context.Context, cmd Cluster, answer string) (domain.FAQID, int64, error) {
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	id := domain.FAQID(domain.DeriveID(cmd.CommandID, "faq"))
	position, err := h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, id, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		if f.ID != "" {
			return nil, nil
		}
		return domain.AnswerCluster(cmd.WorkspaceID, id, 0, cmd.ID, answer, cmd.Asked)
	})
	if err != nil {
		return "", 0, err
	}
	return id, position, nil
}

// DismissCluster records that a cluster is not for the bot, or is after all.
func (h *Handler) DismissCluster(ctx context.Context, cmd Cluster, dismissed bool) (int64, error) {
	var e domain.Event = domain.FAQDismissed{WorkspaceID: cmd.WorkspaceID, Cluster: cmd.ID}
	if !dismissed {
		e = domain.FAQDismissalUndone{WorkspaceID: cmd.WorkspaceID, Cluster: cmd.ID}
	}
	stream := domain.FAQStream(cmd.WorkspaceID, domain.FAQID(cmd.ID)) // a cluster's lessons about no FAQ have a history of their own
	return decide(ctx, h, cmd.Caller, stream, func(domain.FAQ) ([]domain.Event, error) { return []domain.Event{e}, nil })
}

// DeclineReply records that what a person replied to a customer's question of a cluster is no answer for everybody.
func (h *Handler) DeclineReply(ctx context.Context, cmd Cluster, asked domain.CustomerID) (int64, error) {
	stream := domain.FAQStream(cmd.WorkspaceID, domain.FAQID(cmd.ID)) // as for a dismissal
	return decide(ctx, h, cmd.Caller, stream, func(domain.FAQ) ([]domain.Event, error) {
		return []domain.Event{domain.FAQReplyDeclined{WorkspaceID: cmd.WorkspaceID, Cluster: cmd.ID, FromCustomer: asked}}, nil
	})
}

// UnlearnWordings takes wordings away that customers taught an FAQ.
func (h *Handler) UnlearnWordings(ctx context.Context, cmd ChangeFAQ, wordings []string) (int64, error) {
	return h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, cmd.FAQID, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		return f.Unlearn(cmd.WorkspaceID, wordings)
	})
}
