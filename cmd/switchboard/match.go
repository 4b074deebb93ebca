package main

import (
	"context"
	"flag"
	"fmt"

	"switchboard.example/bot/match/eval"
)

// matchSet lets anybody score the shipped matcher: it reads a file of FAQs and messages and writes one prediction a line.
func matchSet(_ context.Context, p program) error {
	flags := flag.NewFlagSet("match", flag.ContinueOnError)
	flags.SetOutput(p.err)
	file := flags.String("set", "", "a JSON file with faqs and queries")
	k := flags.Int("k", 3, "how many wordings of each FAQ to use")
	if err := flags.Parse(p.args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *file == "" || *k < 1 {
		return fmt.Errorf("%w: match needs --set FILE and --k of at least 1", errUsage)
	}
	set, err := eval.Load(*file)
	if err != nil {
		return err
	}
	predictions, err := eval.Predict(set, *k)
	if err != nil {
		return err
	}
	return eval.Write(p.out, predictions)
}
