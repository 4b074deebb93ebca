// Command train fits what the matcher ships: background counts, own vectors, ranker and confidence.
//
//	go run ./bot/match/train -out bot/match SET.json …
//	go run ./bot/match/train -check [-also OTHER.json] SET.json …   # fit on half of the FAQs, measure on the others
//
// Only sets whose licence allows shipping what was fitted on them may be named; see the README of package match.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

type config struct {
	out, date, also string
	check           bool
	version         int
	vectors         vectorConfig
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	var cfg config
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.StringVar(&cfg.out, "out", "", "folder to write calibration.json, background.txt and vectors.bin to")
	flags.BoolVar(&cfg.check, "check", false, "fit on half of each set's FAQs and measure on the other half, both ways")
	flags.StringVar(&cfg.also, "also", "", "comma-separated sets to measure on but never fit on")
	flags.StringVar(&cfg.date, "date", "", "date written into the calibration")
	flags.IntVar(&cfg.version, "version", 1, "version written into the calibration")
	cfg.vectors.register(flags)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	sets, err := load(flags.Args())
	if err != nil {
		return err
	}
	others, err := load(strings.FieldsFunc(cfg.also, func(r rune) bool { return r == ',' }))
	if err != nil {
		return err
	}
	if !cfg.check && cfg.out != "" && cfg.date == "" {
		return errors.New("-date is needed to write a calibration")
	}
	if cfg.check {
		return check(sets, others, cfg, stdout)
	}
	return ship(sets, others, flags.Args(), cfg, stdout)
}

func load(paths []string) ([]*eval.Set, error) {
	sets := make([]*eval.Set, 0, len(paths))
	for _, path := range paths {
		s, err := eval.Load(path)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// check measures each half of every set's FAQs with a model that only saw the other half, then the other sets.
func check(sets, others []*eval.Set, cfg config, stdout io.Writer) error {
	for side := range uint32(2) {
		f, err := fit(half(sets, checkBit, 1-side), cfg)
		if err != nil {
			return fmt.Errorf("fit on a half: %w", err)
		}
		for _, s := range half(sets, checkBit, side) {
			if err := report(f, s, stdout); err != nil {
				return err
			}
		}
	}
	if len(others) == 0 {
		return nil
	}
	f, err := fit(sets, cfg)
	if err != nil {
		return err
	}
	for _, s := range others {
		if err := report(f, s, stdout); err != nil {
			return err
		}
	}
	return nil
}

// checkBit splits FAQs for checking, independently of the folds inside a fit.
const checkBit = 2

func report(f fitted, s *eval.Set, stdout io.Writer) error {
	model, err := f.model()
	if err != nil {
		return err
	}
	for _, k := range counts(s) {
		m := eval.Measure(s, eval.PredictWith(model, s, k))
		_, err := fmt.Fprintf(stdout, "%-26s k=%-2d top-1 %5.1f  cov@95 %5.1f  precision %5.1f  answered %5.1f  wrong %4.1f  off-topic %4.1f  solved %5.1f  ece %.3f\n",
			s.Name, k, 100*m.Top1, 100*m.Coverage, 100*m.Precision, 100*m.Answered, 100*m.Wrong, 100*m.OffTopic, 100*m.Solved, m.ECE)
		if err != nil {
			return fmt.Errorf("print figures: %w", err)
		}
	}
	return reportTeaching(model, s, stdout)
}

// lessons is how many corrections the replay gives.
const lessons = 100

// reportTeaching replays corrections from one wording per FAQ, where the set is long enough to show anything.
func reportTeaching(model *match.Model, s *eval.Set, stdout io.Writer) error {
	if len(s.Queries) < 3*lessons || longest(s) < 2 {
		return nil
	}
	for _, dismiss := range []bool{false, true} {
		rest, predictions, corrected := eval.Teach(model, s, eval.Lessons{Wordings: 1, Corrections: lessons, Dismiss: dismiss, Seed: 1})
		m := eval.Measure(rest, predictions)
		_, err := fmt.Fprintf(stdout, "%-26s taught %3d, dismissing %-5t top-1 %5.1f  precision %5.1f  answered %5.1f  wrong %4.1f  off-topic %4.1f\n",
			s.Name, corrected, dismiss, 100*m.Top1, 100*m.Precision, 100*m.Answered, 100*m.Wrong, 100*m.OffTopic)
		if err != nil {
			return fmt.Errorf("print figures: %w", err)
		}
	}
	return nil
}

// counts are the numbers of wordings worth measuring: 0 is all.
func counts(s *eval.Set) []int {
	n := longest(s)
	switch {
	case n > 10:
		return []int{1, 3, 5, 10, 0}
	case n > 3:
		return []int{1, 3, 5, 10}
	case n > 1:
		return []int{1, 3}
	default:
		return []int{1}
	}
}

// ship fits on everything and writes the files the matcher embeds.
func ship(sets, others []*eval.Set, paths []string, cfg config, stdout io.Writer) error {
	f, err := fit(sets, cfg)
	if err != nil {
		return err
	}
	f.calibration.Version, f.calibration.FittedOn = cfg.version, cfg.date
	for _, p := range paths {
		f.calibration.Files = append(f.calibration.Files, filepath.Base(p))
	}
	if f.calibration.Figures, err = figures(f, sets); err != nil {
		return err
	}
	for _, s := range slices.Concat(sets, others) {
		if err := report(f, s, stdout); err != nil {
			return err
		}
	}
	return write(f, cfg.out)
}

func figures(f fitted, sets []*eval.Set) (map[string]float64, error) {
	model, err := f.model()
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, s := range sets {
		k := min(longest(s), 10)
		m := eval.Measure(s, eval.PredictWith(model, s, k))
		name := fmt.Sprintf("%s_k%d", s.Name, k)
		out[name+"_top1"], out[name+"_coverage95"], out[name+"_precision"] = round(m.Top1), round(m.Coverage), round(m.Precision)
	}
	return out, nil
}

func round(v float64) float64 { return float64(int(v*1000+0.5)) / 1000 }

func write(f fitted, dir string) error {
	if dir == "" {
		return nil
	}
	data, err := json.MarshalIndent(f.calibration, "", "  ")
	if err != nil {
		return fmt.Errorf("write calibration: %w", err)
	}
	files := map[string][]byte{"calibration.json": append(data, '\n'), "background.txt": []byte(f.background), "vectors.bin": nil}
	if f.vectors != nil {
		files["vectors.bin"] = f.vectors.Bytes()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil { //nolint:gosec // these are sources, readable by all
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
