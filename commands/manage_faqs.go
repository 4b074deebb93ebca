package commands

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

// AddFAQ asks for a new FAQ.
type AddFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Draft       domain.FAQDraft
}

// AddFAQ records the new FAQ and returns its id.
func (h *Handler) AddFAQ(ctx context.Context, cmd AddFAQ) (domain.FAQID, int64, error) {
	if cmd.CommandID == "" {
		cmd.CommandID = h.NewID()
	}
	id := domain.FAQID(domain.DeriveID(cmd.CommandID, "faq"))
	if _, err := domain.AddFAQ(cmd.WorkspaceID, id, 0, cmd.Draft); err != nil {
		return "", 0, err // refused before a number is spent
	}
	number, err := h.Counters.NextFAQNumber(ctx, cmd.WorkspaceID)
	if err != nil {
		return "", 0, fmt.Errorf("number the new faq: %w", err)
	}
	position, err := decide(ctx, h, cmd.Caller, domain.FAQStream(cmd.WorkspaceID, id), func(f domain.FAQ) ([]domain.Event, error) {
		if f.ID != "" {
			return nil, nil // this very command was carried out before
		}
		return domain.AddFAQ(cmd.WorkspaceID, id, number, cmd.Draft)
	})
	return id, position, err
}

// ChangeFAQ asks to change an FAQ's wordings, answer or switches.
type ChangeFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	Change      domain.FAQChange
}

// ChangeFAQ records what changed.
func (h *Handler) ChangeFAQ(ctx context.Context, cmd ChangeFAQ) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.FAQStream(cmd.WorkspaceID, cmd.FAQID), func(f domain.FAQ) ([]domain.Event, error) {
		return f.Change(cmd.WorkspaceID, cmd.Change)
	})
}

// RemoveFAQ asks to delete an FAQ.
type RemoveFAQ struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
}

// RemoveFAQ records that the FAQ is gone. Deleting twice changes nothing.
func (h *Handler) RemoveFAQ(ctx context.Context, cmd RemoveFAQ) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.FAQStream(cmd.WorkspaceID, cmd.FAQID), func(f domain.FAQ) ([]domain.Event, error) {
		return f.Remove(cmd.WorkspaceID)
	})
}

// SaveFAQTest asks that words always be answered with an FAQ.
type SaveFAQTest struct {
	Caller
	WorkspaceID domain.WorkspaceID
	FAQID       domain.FAQID
	Text        string
	Among       []domain.FAQ // the workspace's FAQs with their tests
}

// SaveFAQTest records the test. Saving the same words twice changes nothing.
func (h *Handler) SaveFAQTest(ctx context.Context, cmd SaveFAQTest) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.FAQStream(cmd.WorkspaceID, cmd.FAQID), func(f domain.FAQ) ([]domain.Event, error) {
		return f.SaveTest(cmd.WorkspaceID, cmd.Text, cmd.Among)
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
