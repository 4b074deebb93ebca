package main

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"switchboard.example/bot/match"
	"switchboard.example/bot/match/eval"
)

// trial is one fit and the sets it is measured on, none of whose FAQs the fit saw.
type trial struct {
	fitOn, measure []*eval.Set
}

// trials leave out one half of every large set's FAQs, then each small shop, then nothing for the sets nobody fits on.
func trials(sets, others []*eval.Set) []trial {
	out := []trial{
		{half(sets, checkBit, 1), half(large(sets), checkBit, 0)},
		{half(sets, checkBit, 0), half(large(sets), checkBit, 1)},
	}
	for _, s := range sets {
		if len(s.FAQs) < leastHalved {
			out = append(out, trial{slices.DeleteFunc(slices.Clone(sets), func(o *eval.Set) bool { return o == s }), []*eval.Set{s}})
		}
	}
	if len(others) > 0 {
		out = append(out, trial{sets, others})
	}
	return out
}

// quickTrials are the two halves alone; the small shops are measured by a fit without any of them.
func quickTrials(sets, others []*eval.Set) []trial {
	big := large(sets)
	small := slices.DeleteFunc(slices.Clone(sets), func(s *eval.Set) bool { return len(s.FAQs) >= leastHalved })
	return []trial{
		{half(big, checkBit, 1), half(big, checkBit, 0)},
		{half(big, checkBit, 0), slices.Concat(half(big, checkBit, 1), small, others)},
	}
}

// large are the sets that are measured by halves.
func large(sets []*eval.Set) []*eval.Set {
	return slices.DeleteFunc(slices.Clone(sets), func(s *eval.Set) bool { return len(s.FAQs) < leastHalved })
}

// outcome is what was predicted for one set at one number of wordings; halves are put together.
type outcome struct {
	set         *eval.Set
	wordings    int
	predictions []eval.Prediction
}

// check measures on FAQs the fit never saw: see trials.
func check(sets, others []*eval.Set, cfg config, stdout io.Writer) error {
	all := trials(sets, others)
	if cfg.quick {
		all = quickTrials(sets, others)
	}
	results, errs := make([][]outcome, len(all)), make([]error, len(all))
	slots := make(chan struct{}, 2)
	var wait sync.WaitGroup
	for i, t := range all {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i], errs[i] = t.run(cfg)
		})
	}
	wait.Wait()
	var pooled []outcome
	for i := range all {
		if errs[i] != nil {
			return errs[i]
		}
		pooled = pool(pooled, results[i])
	}
	for _, o := range pooled {
		if err := o.print(stdout); err != nil {
			return err
		}
	}
	return nil
}

func (t trial) run(cfg config) ([]outcome, error) {
	f, err := fit(t.fitOn, cfg)
	if err != nil {
		return nil, fmt.Errorf("fit on a part: %w", err)
	}
	model, err := f.model()
	if err != nil {
		return nil, err
	}
	var out []outcome
	for _, s := range t.measure {
		for _, k := range s.Depths() {
			out = append(out, outcome{s, k, eval.PredictWith(model, s, k)})
		}
		if len(s.FAQs) >= leastHalved/2 {
			last := s.Depths()[len(s.Depths())-1]
			wrong := s.Misspelled(misspelled, 1)
			out = append(out, outcome{wrong, misspelt, eval.PredictWith(model, wrong, last)})
		}
		if cfg.teach {
			out = append(out, taught(model, s)...)
		}
	}
	return out, nil
}

// pool puts the halves of one set together.
func pool(pooled, more []outcome) []outcome {
	for _, o := range more {
		at := slices.IndexFunc(pooled, func(p outcome) bool { return p.set.Name == o.set.Name && p.wordings == o.wordings })
		if at < 0 {
			pooled = append(pooled, o)
			continue
		}
		p := &pooled[at]
		p.set = &eval.Set{Name: o.set.Name, Queries: slices.Concat(p.set.Queries, o.set.Queries)}
		p.predictions = slices.Concat(p.predictions, o.predictions)
	}
	return pooled
}

func (o outcome) print(stdout io.Writer) error {
	m := eval.Measure(o.set, o.predictions)
	_, err := fmt.Fprintf(stdout, "%-26s %-9s %s\n", o.set.Name, wordingsName(o.wordings), m)
	if err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	return nil
}

// Outcomes of the replay of corrections stand beside those of numbers of wordings.
const (
	taughtOnly      = -1
	taughtDismissed = -2
	misspelt        = -3
)

func wordingsName(k int) string {
	switch k {
	case taughtOnly:
		return "taught"
	case taughtDismissed:
		return "dismissed"
	case misspelt:
		return "misspelt"
	default:
		return eval.DepthName(k)
	}
}

// misspelled is the share of longer words misspelled, with the most wordings measured before.
const misspelled = 0.3

// lessons is how many corrections the replay gives.
const lessons = 100

// taught replays corrections from one wording per FAQ, where the set is long enough to show anything.
func taught(model *match.Model, s *eval.Set) []outcome {
	if len(s.Queries) < 3*lessons || longest(s) < 2 {
		return nil
	}
	var out []outcome
	for k, dismiss := range map[int]bool{taughtOnly: false, taughtDismissed: true} {
		rest, predictions := eval.Teach(model, s, eval.Lessons{Wordings: 1, Corrections: lessons, Dismiss: dismiss, Seed: 1}).Rest()
		out = append(out, outcome{rest, k, predictions})
	}
	slices.SortFunc(out, func(a, b outcome) int { return b.wordings - a.wordings })
	return out
}
