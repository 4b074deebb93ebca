package main

import (
	"hash/fnv"
	"slices"
	"strings"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// wordings are the numbers of wordings per FAQ the calibration is fitted at.
var wordings = []int{1, 2, 3, 5, 10}

// offTopic is the share of off-topic messages assumed in traffic.
const offTopic = 0.3

// fitted is everything training makes.
type fitted struct {
	calibration match.Calibration
	background  string
	vectors     *match.Vectors
}

func (f fitted) model() (*match.Model, error) {
	return match.NewModel(f.calibration, f.background, f.vectors)
}

// fit makes background counts and vectors from the sets, then fits ranker and confidence. FAQs are weighed with
// vectors trained on other FAQs, because those of a real shop were not seen either.
func fit(sets []*eval.Set, cfg config) (fitted, error) {
	sets = slices.Concat(sets, cfg.ours)
	out := fitted{background: countBackground(sets)}
	folds, err := newFolds(sets, out.background, cfg)
	if err != nil {
		return out, err
	}
	var contests []contest
	for _, f := range folds {
		contests = append(contests, f.contests()...)
	}
	out.calibration = match.Calibration{Wordings: wordings, OffTopic: offTopic, Ranker: fitRanker(contests)}
	var samples []sample
	for _, f := range folds {
		f.model.Calibration = out.calibration
		samples = append(samples, f.samples()...)
	}
	out.calibration.Answerable, out.calibration.First = fitConfidence(samples)
	out.vectors, err = trainVectors(sets, out.background, cfg)
	return out, err
}

// fold is the messages for one half of the sets' FAQs and a model whose vectors come from the other half. In
// whole the FAQs of both halves compete, so that workspaces are as large as real ones; in sets only the one half.
type fold struct {
	model       *match.Model
	sets, whole []*eval.Set
}

func newFolds(sets []*eval.Set, background string, cfg config) ([]fold, error) {
	if cfg.vectors.Dim == 0 {
		model, err := match.NewModel(match.Calibration{}, background, nil)
		return []fold{{model, nil, sets}}, err
	}
	var folds []fold
	for side := range uint32(2) {
		vectors, err := trainVectors(foldHalf(sets, 1-side), background, cfg)
		if err != nil {
			return nil, err
		}
		model, err := match.NewModel(match.Calibration{}, background, vectors)
		if err != nil {
			return nil, err
		}
		mine := foldHalf(sets, side)
		folds = append(folds, fold{model, mine, whole(sets, mine)})
	}
	return folds, nil
}

// leastHalved is how many FAQs a set needs to be cut in halves.
const leastHalved = 15

// half keeps, of every set, the FAQs and off-topic messages on one side of a bit of their hash. Small sets stay
// whole on side one and are left out on side zero.
func half(sets []*eval.Set, bit int, side uint32) []*eval.Set {
	var out []*eval.Set
	for _, s := range sets {
		if len(s.FAQs) >= leastHalved {
			out = append(out, keep(s, func(id string) bool { return bucket(id)>>bit&1 == side }))
		} else if side == 1 {
			out = append(out, s)
		}
	}
	return out
}

// foldHalf is one half of the large sets and every other small one, so that vectors of either side have learnt from shops
// like those they are tried on.
func foldHalf(sets []*eval.Set, side uint32) []*eval.Set {
	out := half(large(sets), 0, side)
	small := uint32(0)
	for _, s := range sets {
		if len(s.FAQs) < leastHalved {
			if small%2 == side {
				out = append(out, s)
			}
			small++
		}
	}
	return out
}

// whole gives the messages of the parts all FAQs of their sets to compete.
func whole(sets, parts []*eval.Set) []*eval.Set {
	out := make([]*eval.Set, 0, len(parts))
	for _, part := range parts {
		for _, s := range sets {
			if s.Name == part.Name {
				out = append(out, &eval.Set{Name: s.Name, FAQs: s.FAQs, Queries: part.Queries})
			}
		}
	}
	return out
}

// keep is the part of a set whose FAQ ids and off-topic texts pass.
func keep(s *eval.Set, pass func(string) bool) *eval.Set {
	out := &eval.Set{Name: s.Name}
	for _, f := range s.FAQs {
		if pass(f.ID) {
			out.FAQs = append(out.FAQs, f)
		}
	}
	for _, q := range s.Queries {
		if q.FAQID != nil && pass(*q.FAQID) || q.FAQID == nil && pass(q.Text) {
			out.Queries = append(out.Queries, q)
		}
	}
	return out
}

func (f fold) contests() []contest {
	var out []contest
	for _, shop := range f.shops() {
		out = append(out, shop.contests(f.model)...)
	}
	return out
}

func (shop shop) contests(model *match.Model) []contest {
	var out []contest
	index := model.NewIndex(shop.workspace)
	for _, q := range shop.inScope {
		if c, ok := newContest(index.Evidence(q.Text), *q.FAQID, shop.weight*share(len(shop.inScope))); ok {
			out = append(out, c)
		}
	}
	return out
}

func (f fold) samples() []sample {
	var out []sample
	for _, shop := range f.shops() {
		out = append(out, shop.samples(f.model, strangers(f.whole, shop.name))...)
	}
	return out
}

func (shop shop) samples(model *match.Model, strangers []eval.Query) []sample {
	var out []sample
	index := model.NewIndex(shop.workspace)
	add := func(list []eval.Query, weight float64) {
		for _, q := range list {
			e := index.Evidence(q.Text)
			if e.Signs == nil {
				continue
			}
			answerable := q.FAQID != nil
			out = append(out, sample{e.Signs, answerable, answerable && e.Best() == *q.FAQID, shop.weight * weight * share(len(list))})
		}
	}
	add(shop.inScope, 1-offTopic)
	add(shop.offTopic, offTopic*0.75)
	add(strangers, offTopic*0.25)
	return out
}

func share(n int) float64 {
	if n == 0 {
		return 0
	}
	return 1 / float64(n)
}

// shop is one workspace cut from a set, with its messages.
type shop struct {
	name      string
	workspace match.Workspace
	inScope   []eval.Query
	offTopic  []eval.Query
	weight    float64
}

// shops are the whole workspaces at every number of wordings, and smaller ones at three and ten.
func (f fold) shops() []shop {
	var out []shop
	for _, s := range f.whole {
		for _, k := range wordings {
			if k == 1 || k <= longest(s) {
				out = append(out, newShop(s, k, f.weightOf(s)))
			}
		}
	}
	for _, s := range f.sets {
		if len(s.FAQs) >= 8 && longest(s) > ownDepth {
			lacking, weight := f.lacking(s), lackingShop*f.weightOf(s)
			out = append(out, newShop(lacking, 3, weight), newShop(lacking, 10, weight))
		}
	}
	return out
}

// ownDepth is how many wordings the FAQs of made-up shops have.
const ownDepth = 3

// weightOf lets every source count once, however many sets were cut from it or made up.
func (f fold) weightOf(s *eval.Set) float64 {
	n := 0
	for _, other := range f.whole {
		if family(other.Name) == family(s.Name) {
			n++
		}
	}
	return share(n)
}

// lackingShop is how much a workspace that lacks some FAQs counts beside a whole one.
const lackingShop = 0.5

// lacking is the whole set of a part without half of the part's FAQs: their messages are off-topic now, and near.
func (f fold) lacking(part *eval.Set) *eval.Set {
	at := slices.IndexFunc(f.whole, func(s *eval.Set) bool { return s.Name == part.Name })
	mine := func(id string) bool {
		return slices.ContainsFunc(part.FAQs, func(f eval.FAQ) bool { return f.ID == id })
	}
	gone := func(id string) bool { return mine(id) && bucket(id)>>lackBit&1 == 1 }
	out := &eval.Set{Name: part.Name}
	for _, f := range f.whole[at].FAQs {
		if !gone(f.ID) {
			out.FAQs = append(out.FAQs, f)
		}
	}
	for _, q := range part.Queries {
		if q.FAQID != nil && gone(*q.FAQID) {
			q.FAQID = nil
		}
		out.Queries = append(out.Queries, q)
	}
	return out
}

// lackBit chooses the FAQs a workspace lacks.
const lackBit = 5

func longest(s *eval.Set) int {
	n := 0
	for _, f := range s.FAQs {
		n = max(n, len(f.Questions))
	}
	return n
}

// manyMessages is how many messages of a set are enough at one number of wordings; of more, every other is used.
const manyMessages = 200

func newShop(s *eval.Set, k int, weight float64) shop {
	out := shop{name: s.Name, workspace: s.Workspace(k), weight: weight}
	for i, q := range s.Queries {
		if len(s.Queries) > manyMessages && (i+k)%2 == 0 {
			continue
		}
		if q.FAQID != nil {
			out.inScope = append(out.inScope, q)
		} else {
			out.offTopic = append(out.offTopic, q)
		}
	}
	return out
}

func bucket(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32() >> 8
}

// manyStrangers is how many messages of other sources are enough for one workspace.
const manyStrangers = 200

// strangers are messages of sets from other sources: far off-topic for the named one.
func strangers(sets []*eval.Set, name string) []eval.Query {
	var out []eval.Query
	for _, s := range sets {
		if family(s.Name) == family(name) {
			continue
		}
		for n, q := range s.Queries {
			if q.FAQID != nil && n%8 == 0 {
				out = append(out, eval.Query{Text: q.Text})
			}
		}
	}
	if len(out) <= manyStrangers {
		return out
	}
	spread := make([]eval.Query, manyStrangers)
	for i := range spread {
		spread[i] = out[i*len(out)/manyStrangers]
	}
	return spread
}

// family names the source a set was cut from: sets of one source may answer each other's messages.
func family(name string) string {
	if strings.HasPrefix(name, "small") {
		return "clinc" // cut from the same source
	}
	for i, r := range name {
		if r == '_' {
			return name[:i]
		}
	}
	return name
}
