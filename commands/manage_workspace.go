package commands

import (
	"context"
	"time"

	"switchboard.example/domain"
)

// ChangeWorkspace asks to change the workspace itself: its settings, pause or plan.
type ChangeWorkspace struct {
	Caller
	WorkspaceID domain.WorkspaceID
}

func (h *Handler) changeWorkspace(ctx context.Context, cmd ChangeWorkspace, choose func(domain.Workspace) ([]domain.Event, error)) (int64, error) {
	return decide(ctx, h, cmd.Caller, domain.WorkspaceStream(cmd.WorkspaceID), func(w domain.Workspace) ([]domain.Event, error) {
		if w.ID == "" {
			return nil, errNoWorkspace
		}
		return choose(w)
	})
}

var errNotForMenu = domain.InvalidField("menu", "menu.unknown",
	"One of these FAQs was deleted or never was in this workspace. Reload the page and pin FAQs from the list.")

var errNoWorkspace = domain.Refuse(domain.NotFound, "workspace.not_found", "There is no such workspace.")

// ChangeSettings records new settings. FAQs that are to stand in the menu have to be there; one deleted later leaves it, and is
// back in it when it comes back before the menu is changed.
func (h *Handler) ChangeSettings(ctx context.Context, cmd ChangeWorkspace, change domain.SettingsChange) (int64, error) {
	return h.changeWorkspace(ctx, cmd, func(w domain.Workspace) ([]domain.Event, error) {
		events, err := w.ChangeSettings(change)
		if err != nil || len(events) == 0 || change.Menu == nil {
			return events, err
		}
		return events, h.allThere(ctx, w.ID, *change.Menu)
	})
}

// allThere refuses FAQs that the workspace does not have.
func (h *Handler) allThere(ctx context.Context, w domain.WorkspaceID, faqs []domain.FAQID) error {
	for _, id := range faqs {
		f, _, err := load[domain.FAQ, domain.FAQEvent](ctx, h, domain.FAQStream(w, id))
		if err != nil {
			return err
		}
		if f.ID == "" || f.Removed {
			return errNotForMenu
		}
	}
	return nil
}

// PauseBot silences the bot until the given time; zero means until resumed.
func (h *Handler) PauseBot(ctx context.Context, cmd ChangeWorkspace, until time.Time) (int64, error) {
	return h.changeWorkspace(ctx, cmd, func(w domain.Workspace) ([]domain.Event, error) { return w.PauseBotAt(until, h.Now()) })
}

// ResumeBot lets the bot answer again.
func (h *Handler) ResumeBot(ctx context.Context, cmd ChangeWorkspace) (int64, error) {
	return h.changeWorkspace(ctx, cmd, domain.Workspace.ResumeBot)
}

// PassTime records what follows from time alone: a pause that ended, a plan that lapsed, what the business is told of it. It
// is asked when something is due. A link whose plan ended long ago is removed, and its keys with it.
func (h *Handler) PassTime(ctx context.Context, cmd ChangeWorkspace) (int64, error) {
	cmd.Actor = domain.Actor{Kind: domain.ActorSystem}
	gone := false
	position, err := h.changeWorkspace(ctx, cmd, func(w domain.Workspace) ([]domain.Event, error) {
		gone = w.Plan.Gone(h.Now())
		return w.PassTime(h.Now())
	})
	if err != nil || !gone {
		return position, err
	}
	return decide(ctx, h, cmd.Caller, domain.ConnectionStream(cmd.WorkspaceID), func(c domain.Connection) ([]domain.Event, error) {
		if !c.Linked {
			return nil, nil
		}
		return []domain.Event{domain.ConnectionUnlinked{WorkspaceID: cmd.WorkspaceID, Reason: domain.ReasonPlanEnded, UnlinkedAt: h.Now()}}, nil
	})
}
