package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

func TestTheRegressionFindsAKnownLaw(t *testing.T) {
	t.Parallel()
	names := match.SignNames()
	var samples []sample
	for i := range 400 {
		signs := make([]float64, len(names))
		signs[0] = float64(i%20)/10 - 1
		p := 1 / (1 + math.Exp(-(0.5 + 2*signs[0])))
		samples = append(samples, sample{signs, true, true, p}, sample{signs, true, false, 1 - p})
	}
	_, w := fitConfidence(samples)
	if math.Abs(w["bias"]-0.5) > 0.05 || math.Abs(w[names[0]]-2) > 0.05 {
		t.Errorf("bias %.3f and %s %.3f, want 0.5 and 2", w["bias"], names[0], w[names[0]])
	}
}

func TestWhetherAnythingAnswersAndWhichIsFirstAreAskedApart(t *testing.T) {
	t.Parallel()
	names := match.SignNames()
	var samples []sample
	for i := range 400 {
		signs := make([]float64, len(names))
		signs[0], signs[1] = float64(i%20)/10, float64(i/20)/10
		answerable := i%20+i%3 > 10 // what the first sign tells
		samples = append(samples, sample{signs, answerable, answerable && i/20+i%3 > 10, 1})
	}
	answerable, first := fitConfidence(samples)
	if answerable[names[0]] < 3 || answerable[names[1]] > 0.1 {
		t.Errorf("an answer there is: %.2f by the sign that tells, %.2f by the other", answerable[names[0]], answerable[names[1]])
	}
	if first[names[1]] < 3 || first[names[0]] > 0.1 {
		t.Errorf("the first is right: %.2f by the sign that tells, %.2f by the other", first[names[1]], first[names[0]])
	}
}

func TestTheRankerTrustsThePartThatKnows(t *testing.T) {
	t.Parallel()
	n := len(match.PartNames())
	var contests []contest
	for i := range 100 {
		right, wrong := make([]float64, n), make([]float64, n)
		right[1], wrong[1] = 1, float64(i%4)/3
		right[2], wrong[2] = float64(i%7)/7, float64((i+3)%7)/7
		contests = append(contests, contest{parts: [][]float64{right, wrong}, weight: 1})
	}
	w := fitRanker(contests)
	if names := match.PartNames(); w[names[1]] < 2*w[names[2]] || w[names[2]] < 0 {
		t.Errorf("weights %v", w)
	}
}

func TestASignThatSpeaksForAnAnswerNeverCountsAgainstIt(t *testing.T) {
	t.Parallel()
	names := match.SignNames()
	var samples []sample
	for i := range 400 {
		signs := make([]float64, len(names))
		signs[0], signs[1] = float64(i%20), float64(i%7)
		samples = append(samples, sample{signs, true, i%7 < 3, 1})
	}
	if _, w := fitConfidence(samples); w[names[1]] != 0 {
		t.Errorf("%s weighs %.3f although it was highest where the answer was wrong", names[1], w[names[1]])
	}
}

func TestUnknownWordsNeverSpeakForAnAnswer(t *testing.T) {
	t.Parallel()
	at := slices.Index(match.SignNames(), "unknown_many")
	for _, rightWhereUnknown := range []bool{true, false} {
		var samples []sample
		for i := range 400 {
			signs := make([]float64, len(match.SignNames()))
			signs[at] = float64(i%10) / 10
			samples = append(samples, sample{signs, (signs[at] > 0.5) == rightWhereUnknown, true, 1})
		}
		answerable, _ := fitConfidence(samples)
		if w := answerable["unknown_many"]; rightWhereUnknown && w != 0 || !rightWhereUnknown && w > -1 {
			t.Errorf("right where words are unknown %v: weight %.3f", rightWhereUnknown, w)
		}
	}
}

// twins are FAQs whose two halves use different words for the same things.
func twins() *eval.Set {
	s := &eval.Set{Name: "twins"}
	pairs := map[string][]string{
		"a": {"zorp blick", "zorp fenn", "zorp dray", "plix"}, "b": {"murn tolk", "murn gole", "murn wosk", "vond"},
		"c": {"kelp jass", "kelp rint", "kelp hune", "qued"},
	}
	for _, name := range []string{"a", "b", "c"} {
		id := name
		s.FAQs = append(s.FAQs, eval.FAQ{ID: id, Questions: pairs[name][:2]})
		for _, text := range pairs[name][2:] {
			s.Queries = append(s.Queries, eval.Query{Text: text, FAQID: &id}, eval.Query{Text: text + " " + pairs[name][3], FAQID: &id})
		}
	}
	return s
}

func TestVectorsLearnThatWordsGoTogether(t *testing.T) {
	t.Parallel()
	sets := []*eval.Set{twins()}
	cfg := config{vectors: vectorConfig{Dim: 16, Rows: 512, Epochs: 60, Rate: 1}}
	background := countBackground(sets)
	vectors, err := trainVectors(sets, background, cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := trainVectors(sets, background, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vectors, again); diff != "" {
		t.Error("training twice gives different vectors")
	}
	cal := match.Calibration{Ranker: map[string]float64{"vector_best_few": 1}}
	model, err := match.NewModel(cal, background, vectors)
	if err != nil {
		t.Fatal(err)
	}
	index := model.NewIndex(twins().Workspace(1))
	for text, want := range map[string]string{"plix": "a", "vond": "b", "qued": "c"} {
		e := index.Evidence(text)
		if got := e.Best(); got != want {
			t.Errorf("%q is nearest to %q, want %q", text, got, want)
		}
	}
}

func TestHalvesShareNoFAQ(t *testing.T) {
	t.Parallel()
	s := &eval.Set{Name: "x"}
	for i := range 30 {
		s.FAQs = append(s.FAQs, eval.FAQ{ID: string(rune('a' + i)), Questions: []string{"q"}})
	}
	seen := map[string]int{}
	for side := range uint32(2) {
		for _, part := range half([]*eval.Set{s}, 0, side) {
			for _, f := range part.FAQs {
				seen[f.ID]++
			}
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d of 30 FAQs kept", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("FAQ %q is in %d halves", id, n)
		}
	}
}

func TestEveryListOfOurOwnWordsIsRead(t *testing.T) {
	t.Parallel()
	words, asked, err := ownSynonyms()
	if err != nil {
		t.Fatal(err)
	}
	if len(words) < 400 || len(asked) < 400 {
		t.Errorf("%d lists of words and %d of wishes", len(words), len(asked))
	}
	for _, list := range append(words, asked...) {
		if len(list) < 2 {
			t.Errorf("%q has nothing of the same meaning beside it", list)
		}
		for _, w := range list {
			if strings.TrimSpace(w) != w || w == "" || strings.ContainsAny(w, "@|") {
				t.Errorf("%q is not a word", w)
			}
		}
	}
}

func TestNeitherWishNorThingAloneTellsTwoListsApart(t *testing.T) {
	t.Parallel()
	got := askEach([]string{"price of @ | cost of @", "where is @ | find @", "things: cake, bag / purse"})
	want := []synonyms{
		{"price of cake", "cost of cake"},
		{"where is cake", "find cake"},
		{"price of bag", "cost of purse"},
		{"where is purse", "find bag"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}

func TestABatchShowsNeighboursSideBySideAndNoGroupTwice(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{2, 30, 500} {
		l := lesson{groups: make([]group, n), neighbours: min(batchNeighbours, n)}
		for range 20 {
			got := l.draw(random)
			if len(got) != min(batchGroups, n) {
				t.Fatalf("%d of %d groups drawn", len(got), n)
			}
			for i := range l.neighbours - 1 {
				if got[i+1] != (got[i]+1)%n {
					t.Errorf("%d stands beside %d of %d", got[i+1], got[i], n)
				}
			}
			slices.Sort(got)
			if len(slices.Compact(got)) != min(batchGroups, n) {
				t.Errorf("a group of %d was drawn twice", n)
			}
		}
	}
}
