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
	"strings"

	"switchboard.example/bot/match/eval"
)

type config struct {
	out, date, also string
	check, teach    bool
	quick, stamp    bool
	ours            []*eval.Set
	words, asked    []synonyms
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
	flags.BoolVar(&cfg.teach, "teach", false, "with -check, also replay corrections")
	flags.BoolVar(&cfg.quick, "quick", false, "with -check, only the two halves; small shops are then measured without any of them in the fit")
	flags.BoolVar(&cfg.stamp, "stamp", false, "only renew the sums of the manifest in -out, after a change that cannot change the fit")
	flags.StringVar(&cfg.also, "also", "", "comma-separated sets to measure on but never fit on")
	flags.StringVar(&cfg.date, "date", "", "date written into the calibration")
	flags.IntVar(&cfg.version, "version", 1, "version written into the calibration")
	cfg.vectors.register(flags)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	if cfg.stamp {
		return stamp(cfg.out)
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
	own, err := ownSets()
	if err != nil {
		return err
	}
	cfg.ours = own
	if cfg.words, cfg.asked, err = ownSynonyms(); err != nil {
		return err
	}
	if cfg.check {
		return check(sets, others, cfg, stdout)
	}
	return ship(sets, flags.Args(), cfg)
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

// checkBit splits FAQs for checking, independently of the folds inside a fit.
const checkBit = 2

// ship fits on everything and writes the files the matcher embeds.
func ship(sets []*eval.Set, paths []string, cfg config) error {
	f, err := fit(sets, cfg)
	if err != nil {
		return err
	}
	f.calibration.Version, f.calibration.FittedOn = cfg.version, cfg.date
	own, err := ownNames()
	if err != nil {
		return err
	}
	for _, p := range paths {
		f.calibration.Files = append(f.calibration.Files, filepath.Base(p))
	}
	f.calibration.Files = append(f.calibration.Files, own...)
	if f.calibration.Figures, err = figures(f, sets); err != nil {
		return err
	}
	if cfg.out == "" {
		return nil
	}
	if err := write(f, cfg.out); err != nil {
		return err
	}
	return stampFit(cfg.out, cfg.version, paths)
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
