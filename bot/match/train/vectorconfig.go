package main

import (
	"flag"
	"fmt"
	"strconv"
)

// vectorConfig sizes and trains the table of own vectors.
type vectorConfig struct {
	Dim, Rows, Epochs int
	Rate              float32
}

func (c *vectorConfig) register(flags *flag.FlagSet) {
	flags.IntVar(&c.Dim, "dim", 256, "numbers per vector; 0 ships none")
	flags.IntVar(&c.Rows, "rows", 32768, "buckets of hashed words")
	flags.IntVar(&c.Epochs, "epochs", 30, "passes over the sets")
	c.Rate = 2
	flags.Func("rate", "size of the first training steps (default 2)", func(s string) error {
		v, err := parseFloat(s)
		c.Rate = v
		return err
	})
}

func parseFloat(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil {
		return 0, fmt.Errorf("read number: %w", err)
	}
	return float32(v), nil
}
