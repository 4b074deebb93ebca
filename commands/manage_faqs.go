package commands

import (
	"context"

	"switchboard.example/domain"
)

// AddFAQ asks for a new FAQ.
type AddFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Draft       domain.FAQDraft
	Judge       Judge
}

// AddFAQ records the new FAQ and returns its id.
func (h *Handler) AddFAQ(ctx context.Context, cmd AddFAQ) (domain.FAQID, int64, error) {
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	id := domain.FAQID(domain.DeriveID(cmd.CommandID, "faq"))
	position, err := h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, id, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		if f.ID != "" {
			return nil, nil // this very command was carried out before
		}
		return domain.AddFAQ(cmd.WorkspaceID, id, 0, cmd.Draft)
	})
	if err != nil {
		return "", 0, err
	}
	return id, position, nil
}

// ChangeFAQ asks to change an FAQ's wordings, answer or switches.
type ChangeFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	Change      domain.FAQChange
	Seen        *int // the revision that the caller has seen; one that was changed since is refused. nil: any
	Judge       Judge
}

// ChangeFAQ records what changed.
func (h *Handler) ChangeFAQ(ctx context.Context, cmd ChangeFAQ) (int64, error) {
	return h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, cmd.FAQID, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		if cmd.Seen != nil && f.Revision > *cmd.Seen && !f.Removed {
			return nil, errFAQChanged
		}
		return f.Change(cmd.WorkspaceID, cmd.Change)
	})
}

// RemoveFAQ asks to delete an FAQ.
type RemoveFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	Judge       Judge
}

// RemoveFAQ records that the FAQ is gone. Deleting twice changes nothing.
func (h *Handler) RemoveFAQ(ctx context.Context, cmd RemoveFAQ) (int64, error) {
	return h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, cmd.FAQID, cmd.Judge, func(f domain.FAQ, _ knowledge) ([]domain.Event, error) {
		return f.Remove(cmd.WorkspaceID)
	})
}

// SaveFAQTest asks that words always be answered with an FAQ.
type SaveFAQTest struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	Text        string
	// Among are the workspace's FAQs with their tests, as the log had them at a position or later. Defaults to none
	Among func(position int64) ([]domain.FAQ, error)
}

// SaveFAQTest records the test. Saving the same words twice changes nothing.
func (h *Handler) SaveFAQTest(ctx context.Context, cmd SaveFAQTest) (int64, error) {
	return h.decideFAQ(ctx, cmd.Caller, cmd.WorkspaceID, cmd.FAQID, nil, func(f domain.FAQ, known knowledge) (_ []domain.Event, err error) {
		var among []domain.FAQ
		if cmd.Among != nil {
			if among, err = cmd.Among(known.position); err != nil {
				return nil, err
			}
		}
		return f.SaveTest(cmd.WorkspaceID, cmd.Text, among)
	})
}

// RemoveFAQTest asks to give a saved test up.
type RemoveFAQTest struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	TestID      string
}

// RemoveFAQTest records that the test is gone. Removing twice changes nothing.
func (h *Handler) RemoveFAQTest(ctx context.Context, cmd RemoveFAQTest) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.FAQStream(cmd.WorkspaceID, cmd.FAQID), func(f domain.FAQ) ([]domain.Event, error) {
		return f.RemoveTest(cmd.WorkspaceID, cmd.TestID)
	})
}
