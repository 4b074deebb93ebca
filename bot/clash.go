package bot

import (
	"cmp"
	"slices"

	"switchboard.example/bot/match"
	"switchboard.example/domain"
)

// Clash looks for an FAQ other than id (which may be empty for a new one) that a wording would be taken for.
func (k *Knowledge) Clash(id domain.FAQID, wording string) (match.Clash, bool) {
	clash, ok := k.index.Clash(string(id), wording)
	return clash, ok && !isRival(clash.FAQID)
}

// Clashing looks among the wordings that an FAQ is to have, and has not before, for one that would be taken for another FAQ. Before
// is zero for a new FAQ. Nearly everything is nearest to something while its own FAQ is not there, so that a wording clashes only if
// another FAQ would win beside all the other wordings too, and one of a new FAQ only if that other FAQ would be taken for it as well.
func (k *Knowledge) Clashing(before, after domain.FAQ) (wording string, clash match.Clash, clashes bool) {
	after.ID, after.Enabled = cmp.Or(after.ID, newFAQ), true
	for _, wording := range after.Questions {
		if slices.Contains(before.Questions, wording) {
			continue
		}
		clash, near := k.Clash(after.ID, wording)
		if near && k.winsBeside(after, wording) && (before.ID != "" || k.isTakenFor(domain.FAQID(clash.FAQID), after)) {
			return wording, clash, true
		}
	}
	return "", match.Clash{}, false
}

// winsBeside says whether another FAQ wins a wording beside the others that an FAQ is to have.
func (k *Knowledge) winsBeside(f domain.FAQ, wording string) bool {
	f.Questions = slices.DeleteFunc(slices.Clone(f.Questions), func(q string) bool { return q == wording })
	faqs, changes := k.with(f)
	if len(f.Questions) == 0 || !changes {
		return true // there is nothing beside it, or it was taken into account
	}
	_, near := knowledgeOf(k.model, k.Revision, faqs, k.dismissed).Clash(f.ID, wording)
	return near
}

// isTakenFor says whether an FAQ would be taken for another if it were not there itself.
func (k *Knowledge) isTakenFor(id domain.FAQID, another domain.FAQ) bool {
	f, ok := k.FAQ(id)
	if !ok {
		return false
	}
	gone := f
	gone.Removed = true
	faqs, _ := k.with(gone, another)
	without := knowledgeOf(k.model, k.Revision, faqs, k.dismissed)
	return slices.ContainsFunc(f.Questions, func(q string) bool {
		clash, near := without.Clash(id, q)
		return near && clash.FAQID == string(another.ID)
	})
}
