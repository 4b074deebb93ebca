package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard.example/bot/match/eval"
)

// barberSet writes a small set of our own to a file: messages no wording resembles, which only teaching can help.
func barberSet(t *testing.T) string {
	t.Helper()
	s := eval.Set{Name: "barber", FAQs: []eval.FAQ{
		{ID: "price", Questions: []string{"How much is a haircut?"}},
		{ID: "home", Questions: []string{"Do you do home service?"}},
		{ID: "dye", Questions: []string{"Do you dye hair?"}},
	}}
	for i := range 20 {
		s.Queries = append(s.Queries, eval.Query{Text: fmt.Sprintf("gbam gbam zzz %d", i), FAQID: new("dye")})
	}
	path := filepath.Join(t.TempDir(), "barber.json")
	if err := writeSet(path, &s); err != nil {
		t.Fatal(err)
	}
	return path
}

func matched(t *testing.T, args ...string) (code int, lines []eval.Prediction, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"match"}, args...), program{out: &out, err: &errs})
	for line := range strings.Lines(out.String()) {
		var p eval.Prediction
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p)
	}
	return code, lines, errs.String()
}

func TestMatchWritesOneLineForEachMessage(t *testing.T) {
	t.Parallel()
	code, lines, stderr := matched(t, "--set", barberSet(t), "--k", "1")
	if code != 0 || len(lines) != 20 || stderr != "" {
		t.Errorf("code %d, %d lines, %q", code, len(lines), stderr)
	}
	for _, p := range lines {
		if p.FAQID != nil {
			t.Errorf("answered without being taught: %+v", p)
		}
	}
}

func TestMatchTeachesBeforeItPredicts(t *testing.T) {
	t.Parallel()
	set, rest := barberSet(t), filepath.Join(t.TempDir(), "rest.json")
	code, all, stderr := matched(t, "--set", set, "--k", "1", "--teach")
	if code != 0 || len(all) != 20 || !strings.Contains(stderr, "assigned") {
		t.Fatalf("code %d, %d lines, %q", code, len(all), stderr)
	}
	code, after, _ := matched(t, "--set", set, "--k", "1", "--teach=3", "--rest", rest)
	if code != 0 || len(after) != 10 {
		t.Fatalf("code %d, %d lines", code, len(after))
	}
	for _, p := range after {
		if p.FAQID == nil || *p.FAQID != "dye" {
			t.Errorf("not learnt: %+v", p)
		}
	}
	data, err := os.ReadFile(rest)
	if err != nil || strings.Count(string(data), "gbam gbam") != 10 {
		t.Errorf("the rest: %s, %v", data, err)
	}
}

func TestMatchRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"--set", "x.json", "--k", "0"}, {"--set", "x.json", "--rest", "y.json"}, {"--set", "x.json", "--teach=none"}, {"--set", "x.json", "more"},
	} {
		if code, _, stderr := matched(t, args...); code != 2 || stderr == "" {
			t.Errorf("%v: code %d, %q", args, code, stderr)
		}
	}
}
