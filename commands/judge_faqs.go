package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"switchboard.example/domain"
)

// Judge refuses a change of an FAQ, given as it is and as it would be; nil insists on every change. It must know of the
// workspace's FAQs what the log said up to the position, and is asked again when they changed meanwhile.
type Judge func(position int64, before, after domain.FAQ) error

// errFAQChanged is a refusal to change what the caller has not seen.
var errFAQChanged = domain.Refuse(domain.Conflict, "faq.changed", "Somebody changed this FAQ meanwhile. Reload it and try again.")

// knowledge is where the last change of a workspace's FAQs that saved tests depend on ends in the log; 0: none was noted.
type knowledge struct{ version, position int64 }

func (h *Handler) knowledgeOf(ctx context.Context, w domain.WorkspaceID) (knowledge, error) {
	stream := domain.FAQKnowledgeStream(w)
	known := h.folds.get(stream)
	events, err := h.Store.Load(ctx, stream, max(0, known.version-1)) // with the last that is known: its position counts
	if err != nil {
		return knowledge{}, fmt.Errorf("load %s: %w", stream, err)
	}
	if len(events) == 0 {
		return knowledge{}, nil
	}
	last := events[len(events)-1]
	h.folds.put(stream, foldedAt{version: last.Version})
	changed, _ := last.Event.(domain.FAQKnowledgeChanged)
	return knowledge{last.Version, last.Position + int64(changed.Events)}, nil
}

// judged is what a change of an FAQ is appended behind: it holds the change to the knowledge it was judged on, and, once there
// have been saved tests, has others that are judged just now judged again.
func (h *Handler) judged(w domain.WorkspaceID, faq domain.FAQID, commandID string, known knowledge, events []domain.NewEvent) (Part, bool) {
	if !slices.ContainsFunc(events, func(e domain.NewEvent) bool { return domain.ChangesKnowledge(e.Event) }) {
		return Part{}, false
	}
	part := Part{Stream: domain.FAQKnowledgeStream(w), Expected: known.version}
	tested := slices.ContainsFunc(events, func(e domain.NewEvent) bool { _, saved := e.Event.(domain.FAQTestSaved); return saved })
	if tested || known.version > 0 {
		part.Events = h.stamp(commandID, []domain.Event{domain.FAQKnowledgeChanged{WorkspaceID: w, FAQID: faq, Events: len(events)}})
	}
	return part, true
}

// decideFAQ is decide for an FAQ: what is decided is judged on all FAQs of the workspace, and both hold only together. A new
// FAQ gets its number once nothing is against it.
func (h *Handler) decideFAQ(
	ctx context.Context, who Caller, w domain.WorkspaceID, id domain.FAQID, judge Judge, choose func(f domain.FAQ, known knowledge) ([]domain.Event, error),
) (int64, error) {
	if who.CommandID == "" {
		who.CommandID = h.NewID()
	}
	stream := domain.FAQStream(w, id)
	for range maxTries {
		known, err := h.knowledgeOf(ctx, w)
		if err != nil {
			return 0, err
		}
		f, version, err := load[domain.FAQ, domain.FAQEvent](ctx, h, stream)
		if err != nil {
			return 0, err
		}
		events, err := choose(f, known)
		if err != nil || len(events) == 0 {
			return 0, err
		}
		if judge != nil {
			if err := judge(known.position, f, f.After(events...)); err != nil {
				return 0, err
			}
		}
		if err := h.number(ctx, w, events); err != nil {
			return 0, err
		}
		parts := []Part{{Stream: stream, Expected: version, Events: h.stamp(who.CommandID, events)}}
		if first, ok := h.judged(w, id, who.CommandID, known, parts[0].Events); ok {
			parts = []Part{first, parts[0]}
		}
		position, err := h.append(ctx, who, w, parts...)
		if !errors.Is(err, ErrConflict) {
			return position, err
		}
	}
	return 0, errBusy
}

// number gives a new FAQ its number.
func (h *Handler) number(ctx context.Context, w domain.WorkspaceID, events []domain.Event) error {
	added, isNew := events[0].(domain.FAQAdded)
	if !isNew {
		return nil
	}
	number, err := h.Counters.NextFAQNumber(ctx, w)
	if err != nil {
		return fmt.Errorf("number the new faq: %w", err)
	}
	added.Number = number
	events[0] = added
	return nil
}

// behindError says that an outcome was judged on less than the log says of a workspace's FAQs.
type behindError struct{ position int64 }

func (e behindError) Error() string {
	return fmt.Sprintf("the faqs were judged on less than is in the log up to %d", e.position)
}

// judgedElsewhere holds an outcome's changes of FAQs to the knowledge they were judged on.
func (h *Handler) judgedElsewhere(ctx context.Context, turn Turn, decision string, knew int64, all *elsewhere) error {
	w := turn.About.WorkspaceID
	at := slices.IndexFunc(all.parts, func(p Part) bool {
		return slices.ContainsFunc(p.Events, func(e domain.NewEvent) bool { return domain.ChangesKnowledge(e.Event) })
	})
	if at < 0 {
		return nil
	}
	known, err := h.knowledgeOf(ctx, w)
	if err != nil {
		return err
	}
	if known.position > max(knew, turn.Taught) {
		return behindError{known.position}
	}
	changed := all.parts[at]
	if first, ok := h.judged(w, domain.FAQID(changed.Stream.Key), decision+"/knowledge", known, changed.Events); ok {
		all.parts = slices.Insert(all.parts, at, first) // right before it
	}
	return nil
}
