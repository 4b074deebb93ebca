package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// matchSet lets anybody score the shipped matcher: it reads a file of FAQs and messages and writes one prediction a line.
// With --teach it first plays an owner who corrects what was not answered rightly.
func matchSet(_ context.Context, p program) error {
	flags := flag.NewFlagSet("match", flag.ContinueOnError)
	flags.SetOutput(p.err)
	file := flags.String("set", "", "a JSON file with faqs and queries")
	k := flags.Int("k", 3, "how many wordings of each FAQ to use")
	var teach corrections
	flags.Var(&teach, "teach", "replay owner corrections, 100 or --teach=N, then predict; messages used for teaching keep what was predicted before")
	seed := flags.Uint64("seed", 1, "with --teach, the order in which messages come")
	shift := flags.Bool("shift", false, "with --teach, also fit how careful the bot is on what was judged meanwhile")
	rest := flags.String("rest", "", "with --teach, write the messages that came after the corrections to this file, and predict only those")
	if err := flags.Parse(p.args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *file == "" || *k < 1 || flags.NArg() > 0 || (*rest != "" || *shift) && teach == 0 {
		return fmt.Errorf("%w: match needs --set FILE and --k of at least 1; --rest and --shift need --teach", errUsage)
	}
	set, err := eval.Load(*file)
	if err != nil {
		return err
	}
	if teach == 0 {
		predictions, err := eval.Predict(set, *k)
		if err != nil {
			return err
		}
		return eval.Write(p.out, predictions)
	}
	model, err := match.ShippedModel()
	if err != nil {
		return fmt.Errorf("read the matcher: %w", err)
	}
	lesson := eval.Teach(model, set, eval.Lessons{Wordings: *k, Corrections: int(teach), Dismiss: true, Shift: *shift, Seed: *seed})
	_, _ = fmt.Fprintf(p.err, "%d messages assigned, %d dismissed\n", lesson.Corrected, lesson.Dismissed)
	if *shift {
		_, _ = fmt.Fprintf(p.err, "shift %.3f: of %d judged, %d were right and %.1f expected\n", lesson.Fit.Shift, lesson.Fit.Labels, lesson.Fit.Right, lesson.Fit.Expected)
	}
	if *rest == "" {
		return eval.Write(p.out, lesson.Predictions)
	}
	after, predictions := lesson.Rest()
	if err := writeSet(*rest, after); err != nil {
		return err
	}
	return eval.Write(p.out, predictions)
}

func writeSet(path string, s *eval.Set) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write set: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // the caller names the file, and anybody may read it
		return fmt.Errorf("write set: %w", err)
	}
	return nil
}

// corrections is how many an owner makes: a flag that may stand alone.
type corrections int

const usualCorrections = 100

func (c *corrections) String() string   { return strconv.Itoa(int(*c)) }
func (c *corrections) IsBoolFlag() bool { return true }

func (c *corrections) Set(text string) error {
	if text == "true" {
		*c = usualCorrections
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of corrections above zero, got %q", text)
	}
	*c = corrections(n)
	return nil
}
