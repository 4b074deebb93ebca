package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard.example/domain"
)

type faqKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	FAQID       domain.FAQID       `json:"faq_id"`
}

func (k faqKey) key() faqKey { return k }

// faqRow is one FAQ. LearnedFrom runs beside Questions and names the customer whose words a wording is; empty for the owner's.
type faqRow struct {
	faqKey
	Number       int                 `json:"number"`
	Questions    []string            `json:"questions"`
	LearnedFrom  []domain.CustomerID `json:"learned_from"`
	Answer       string              `json:"answer"`
	PidginAnswer string              `json:"pidgin_answer"`
	Enabled      bool                `json:"enabled"`
	OnlyWhenSure bool                `json:"only_when_sure"`
	Revision     int                 `json:"revision"`
	UpdatedAt    *time.Time          `json:"updated_at"`
	Tests        []domain.FAQTest    `json:"tests"`
}

// faqRevisionRow says when the workspace's FAQs last changed, so that whoever keeps them in memory knows.
type faqRevisionRow struct {
	workspaceKey
	Revision int64 `json:"revision"`
}

// faqDayRow counts how often an FAQ was the answer on one day (UTC).
type faqDayRow struct {
	faqDayKey
	Times int64 `json:"times"`
}

type faqDayKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	FAQID       domain.FAQID       `json:"faq_id"`
	Day         string             `json:"day"` // 2026-11-23
}

func (k faqDayKey) key() faqDayKey { return k }

var (
	faqsTable         = newTable[faqKey, faqRow]("read_faqs")
	faqRevisionsTable = newTable[workspaceKey, faqRevisionRow]("read_faq_revisions")
	faqDaysTable      = newTable[faqDayKey, faqDayRow]("read_faq_days")
)

// FAQs are the questions and answers of each workspace, with how often each was the answer.
func FAQs() Projection {
	taught := typesOf(domain.FAQAdded{}, domain.FAQRevised{}, domain.FAQWordingAdded{}, domain.FAQWordingRemoved{}, domain.FAQEnabled{},
		domain.FAQDisabled{}, domain.FAQRemoved{}, domain.FAQTestSaved{}, domain.FAQTestRemoved{})
	return Projection{
		Name: "faqs", Version: 1, Gather: together, AtOnce: taught, Tables: []string{"read_faqs", "read_faq_revisions", "read_faq_days"},
		Types: append(typesOf(domain.ReplyDecided{}, domain.CustomerMerged{}, domain.CustomerForgotten{}), taught...),
		Apply: applyFAQs,
	}
}

func applyFAQs(ctx context.Context, page []domain.Recorded, w Writer) error {
	err := inStretches(page, isMergeOrForgotten,
		func(stretch []domain.Recorded) error { return faqsTable.fold(ctx, w, stretch, touchFAQs, evolveFAQs) },
		func(r domain.Recorded) error { return rewriteWordings(ctx, w, r) })
	if err != nil {
		return err
	}
	if err := faqRevisionsTable.fold(ctx, w, page, touchFAQRevision, evolveFAQRevision); err != nil {
		return err
	}
	return faqDaysTable.fold(ctx, w, page, touchFAQDay, evolveFAQDay)
}

// faqOf returns which FAQ an event changes.
func faqOf(e domain.Event) domain.FAQID {
	switch e := e.(type) {
	case domain.FAQAdded:
		return e.FAQID
	case domain.FAQRevised:
		return e.FAQID
	case domain.FAQWordingAdded:
		return e.FAQID
	case domain.FAQWordingRemoved:
		return e.FAQID
	case domain.FAQEnabled:
		return e.FAQID
	case domain.FAQDisabled:
		return e.FAQID
	case domain.FAQRemoved:
		return e.FAQID
	case domain.FAQTestSaved:
		return e.FAQID
	case domain.FAQTestRemoved:
		return e.FAQID
	}
	return ""
}

func touchFAQs(r domain.Recorded) []faqKey {
	if id := faqOf(r.Event); id != "" {
		return []faqKey{{r.Workspace(), id}}
	}
	return nil
}

func evolveFAQs(rows *rows[faqKey, faqRow], r domain.Recorded) {
	k := faqKey{r.Workspace(), faqOf(r.Event)}
	switch e := r.Event.(type) {
	case domain.FAQAdded:
		rows.put(faqRow{faqKey: k}.with(domain.FAQ{}.Evolve(e), make([]domain.CustomerID, len(e.Questions)), r))
	case domain.FAQRemoved:
		rows.remove(k)
	case domain.FAQTestSaved, domain.FAQTestRemoved: // what the FAQ says stays as it is
		rows.change(k, func(row faqRow) faqRow {
			tested := row.with(row.faq().Evolve(e.(domain.FAQEvent)), row.LearnedFrom, r)
			tested.UpdatedAt = row.UpdatedAt
			return tested
		})
	case domain.FAQEvent:
		rows.change(k, func(row faqRow) faqRow { return row.with(row.faq().Evolve(e), row.learnedAfter(e), r) })
	}
}

func (row faqRow) faq() domain.FAQ {
	return domain.FAQ{
		ID: row.FAQID, Number: row.Number, Questions: row.Questions, Answer: row.Answer, PidginAnswer: row.PidginAnswer, Enabled: row.Enabled,
		OnlyWhenSure: row.OnlyWhenSure, Revision: row.Revision, Tests: row.Tests,
	}
}

func (row faqRow) with(f domain.FAQ, learned []domain.CustomerID, r domain.Recorded) faqRow {
	row.Number, row.Answer, row.PidginAnswer, row.Enabled = f.Number, words(f.Answer), words(f.PidginAnswer), f.Enabled
	row.OnlyWhenSure, row.Revision, row.UpdatedAt = f.OnlyWhenSure, f.Revision, stored(r.OccurredAt)
	row.Questions, row.LearnedFrom = make([]string, len(f.Questions)), append([]domain.CustomerID{}, learned...)
	for i, q := range f.Questions {
		row.Questions[i] = words(q)
	}
	row.Tests = make([]domain.FAQTest, len(f.Tests))
	for i, t := range f.Tests {
		row.Tests[i] = domain.FAQTest{ID: words(t.ID), Text: words(t.Text)}
	}
	return row
}

// learnedAfter follows Questions through an event that changes them.
func (row faqRow) learnedAfter(e domain.FAQEvent) []domain.CustomerID {
	have := slices.Clip(row.LearnedFrom)
	switch e := e.(type) {
	case domain.FAQRevised:
		if e.Questions != nil {
			return make([]domain.CustomerID, len(e.Questions))
		}
	case domain.FAQWordingAdded:
		return append(have, e.FromCustomer)
	case domain.FAQWordingRemoved:
		if e.Index >= 0 && e.Index < len(have) {
			return slices.Concat(have[:e.Index], have[e.Index+1:])
		}
	default: // the questions stay as they are
	}
	return have
}

// rewriteWordings gives a merged customer's wordings to the one that stays, or blanks what was learned from a forgotten one.
// The places stay, because later events count them.
func rewriteWordings(ctx context.Context, w Writer, r domain.Recorded) error {
	k, _ := aboutOf(r)
	if e, ok := r.Event.(domain.CustomerMerged); ok {
		_, err := w.ExecContext(ctx, `
			UPDATE read_faqs
			SET learned_from = array_replace(learned_from, $3::text, $2::text)
			WHERE workspace_id = $1 AND $3 = ANY (learned_from)`, k.WorkspaceID, k.CustomerID, e.Merged)
		return wrap(err, "move learned wordings")
	}
	_, err := w.ExecContext(ctx, `
		UPDATE read_faqs
		SET questions = ARRAY(
			SELECT CASE WHEN f.from_customer = $2 THEN '' ELSE f.question END
			FROM unnest(questions, learned_from) WITH ORDINALITY AS f (question, from_customer, place)
			ORDER BY f.place)
		WHERE workspace_id = $1 AND $2 = ANY (learned_from)`, k.WorkspaceID, k.CustomerID)
	return wrap(err, "forget learned wordings")
}

func touchFAQRevision(r domain.Recorded) []workspaceKey {
	_, isForgotten := r.Event.(domain.CustomerForgotten)
	if faqOf(r.Event) != "" || isForgotten {
		return []workspaceKey{{r.Workspace()}}
	}
	return nil
}

func evolveFAQRevision(rows *rows[workspaceKey, faqRevisionRow], r domain.Recorded) {
	for _, k := range touchFAQRevision(r) {
		rows.put(faqRevisionRow{workspaceKey: k, Revision: r.Position})
	}
}

func touchFAQDay(r domain.Recorded) []faqDayKey {
	if e, ok := r.Event.(domain.ReplyDecided); ok && e.Decision == domain.DecideAnswer && e.FAQ != "" {
		return []faqDayKey{{r.Workspace(), e.FAQ, r.OccurredAt.UTC().Format(time.DateOnly)}}
	}
	return nil
}

func evolveFAQDay(rows *rows[faqDayKey, faqDayRow], r domain.Recorded) {
	for _, k := range touchFAQDay(r) {
		row, _ := rows.get(k)
		rows.put(faqDayRow{faqDayKey: k, Times: row.Times + 1})
	}
}

// FAQ is a workspace's question wordings and their answer.
type FAQ struct {
	ID            domain.FAQID `json:"faq_id"`
	Number        int          `json:"number"`
	Questions     []string     `json:"questions"`
	Answer        string       `json:"answer"`
	PidginAnswer  string       `json:"pidgin_answer"` // empty: none
	Enabled       bool         `json:"enabled"`
	OnlyWhenSure  bool         `json:"only_when_sure"`
	Revision      int          `json:"revision"`
	UpdatedAt     time.Time    `json:"updated_at"`
	TimesAnswered int64        `json:"times_answered"` // since the day asked about

	Tests []domain.FAQTest `json:"tests"`
}

// Known is the FAQ as the bot and decisions about it know it. Whose its wordings are is in the log alone.
func (f FAQ) Known() domain.FAQ {
	return domain.FAQ{
		ID: f.ID, Number: f.Number, Questions: f.Questions, Answer: f.Answer, PidginAnswer: f.PidginAnswer, Enabled: f.Enabled,
		OnlyWhenSure: f.OnlyWhenSure, Revision: f.Revision, Tests: f.Tests,
	}
}

const faqColumns = `
	SELECT f.faq_id, f.number, array_remove(f.questions, '') AS questions, f.answer, f.pidgin_answer, f.enabled, f.only_when_sure, f.revision,
		f.tests, f.updated_at, coalesce((
			SELECT sum(d.times)
			FROM read_faq_days d
			WHERE d.workspace_id = f.workspace_id AND d.faq_id = f.faq_id AND d.day >= $2::date), 0) AS times_answered
	FROM read_faqs f
	WHERE f.workspace_id = $1`

// FAQsOf lists a workspace's FAQs by number, counting answers since the given moment's day.
func FAQsOf(ctx context.Context, q Queryer, w domain.WorkspaceID, since time.Time) ([]FAQ, error) {
	faqs, err := query[FAQ](ctx, q, faqColumns+` ORDER BY f.number, f.faq_id`, w, since.UTC().Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read the faqs: %w", err)
	}
	return faqs, nil
}

// FAQOf returns one FAQ; false when the workspace has none of that id.
func FAQOf(ctx context.Context, q Queryer, w domain.WorkspaceID, id domain.FAQID, since time.Time) (FAQ, bool, error) {
	faq, ok, err := queryOne[FAQ](ctx, q, faqColumns+` AND f.faq_id::text = $3`, w, since.UTC().Format(time.DateOnly), id)
	if err != nil {
		return FAQ{}, false, fmt.Errorf("read an faq: %w", err)
	}
	return faq, ok, nil
}

// StillThere keeps those of the FAQs that the workspace has, in their order.
func StillThere(ctx context.Context, q Queryer, w domain.WorkspaceID, faqs []domain.FAQID) ([]domain.FAQID, error) {
	if len(faqs) == 0 {
		return nil, nil
	}
	found, err := query[faqKey](ctx, q, `
		SELECT f.workspace_id, f.faq_id
		FROM unnest($2::text[]) WITH ORDINALITY AS asked (faq_id, place)
		JOIN read_faqs f ON f.faq_id::text = asked.faq_id
		WHERE f.workspace_id = $1
		ORDER BY asked.place`, w, faqs)
	if err != nil {
		return nil, fmt.Errorf("look which faqs are there: %w", err)
	}
	there := make([]domain.FAQID, len(found))
	for i, f := range found {
		there[i] = f.FAQID
	}
	return there, nil
}

// FAQRevision is a number that grows whenever a workspace's FAQs change; 0 when it never had any.
func FAQRevision(ctx context.Context, q Queryer, w domain.WorkspaceID) (int64, error) {
	n, err := queryNumber(ctx, q, `SELECT revision FROM read_faq_revisions WHERE workspace_id = $1`, w)
	if err != nil {
		return 0, fmt.Errorf("read the faqs' revision: %w", err)
	}
	return n, nil
}
