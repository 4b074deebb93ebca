package match

import (
	"strings"
	"testing"
)

func TestTheLexiconReadsWithoutContradictions(t *testing.T) {
	t.Parallel()
	lex, err := readLexicon()
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for first, list := range lex.rules {
		rules += len(list)
		for i, r := range list {
			if r.from[0] != first || i > 0 && len(r.from) > len(list[i-1].from) {
				t.Errorf("rule %v is out of place under %q", r.from, first)
			}
		}
	}
	if rules < 500 || len(lex.concepts) < 500 || len(lex.smallTalk) < 200 {
		t.Errorf("%d rules, %d concept words, %d small-talk messages: a file did not load", rules, len(lex.concepts), len(lex.smallTalk))
	}
}

func TestEveryConceptOfARuleHasItsWords(t *testing.T) {
	t.Parallel()
	lex, err := readLexicon()
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{"cod": true} // an idea only phrases can name
	for _, concepts := range lex.concepts {
		for _, c := range concepts {
			defined[c] = true
		}
	}
	for _, list := range lex.rules {
		for _, r := range list {
			for _, c := range r.concepts {
				if !defined[c] {
					t.Errorf("%q names the unknown concept %q", strings.Join(r.from, " "), c)
				}
			}
		}
	}
}

func TestTheModelSaysWhatItWasFittedOn(t *testing.T) {
	t.Parallel()
	model, err := ShippedModel()
	if err != nil {
		t.Fatal(err)
	}
	cal := model.Calibration
	if cal.Version < 1 || cal.FittedOn == "" || len(cal.Files) == 0 || len(cal.Figures) == 0 {
		t.Errorf("calibration does not name its origin: %+v", cal)
	}
	for _, file := range cal.Files {
		if strings.HasPrefix(file, "hint3") || strings.HasPrefix(file, "stack") {
			t.Errorf("fitted on %s, whose licence does not allow it", file)
		}
	}
	for _, name := range append(PartNames(), SignNames()...) {
		_, part := cal.Ranker[name]
		_, answerable := cal.Answerable[name]
		_, first := cal.First[name]
		if !part && (!answerable || !first) {
			t.Errorf("no weight for %q", name)
		}
	}
}

func TestSpellingRepairFindsTheNearestWord(t *testing.T) {
	t.Parallel()
	s := newSpeller(map[string]bool{"delivery": true, "deliver": true, "price": true, "refund": true, "wholesale": true})
	for give, want := range map[string]string{
		"delivrey": "delivery", "refnud": "refund", "prce": "price", "wolesael": "wholesale", "whoelsale": "wholesale",
		"xyzzyx": "", "pric": "price", "rice": "price", "banana": "",
	} {
		if got, _ := s.nearest(give); got != want {
			t.Errorf("nearest(%q) = %q, want %q", give, got, want)
		}
	}
}

func TestSlipsCountsEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"card", "card", 0}, {"card", "crad", 1}, {"card", "cars", 1}, {"card", "cad", 1}, {"card", "cards", 1}, {"card", "dark", 2}, {"card", "open", 3}} {
		if got := slips(c.a, c.b, 2); got != c.want {
			t.Errorf("slips(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestVectorsSurviveStorage(t *testing.T) {
	t.Parallel()
	give := &Vectors{Dim: 2, Rows: 2, Scale: 0.5, Table: []int8{1, -2, 127, -127}}
	got, err := ReadVectors(give.Bytes())
	if err != nil || got.Dim != 2 || got.Rows != 2 || got.Scale != 0.5 || string(bytesOf(got)) != string(bytesOf(give)) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, broken := range [][]byte{{1}, give.Bytes()[:14]} {
		if _, err := ReadVectors(broken); err == nil {
			t.Errorf("%d bytes were read", len(broken))
		}
	}
}

func bytesOf(v *Vectors) []byte {
	out := make([]byte, 0, len(v.Table))
	for _, x := range v.Table {
		out = append(out, byte(x))
	}
	return out
}
