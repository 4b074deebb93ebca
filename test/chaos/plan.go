package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The faults that end a process.
const (
	faultKill     = "kill"     // the server
	faultPostgres = "postgres" // its database
	faultPhones   = "phones"   // the local WhatsApp
)

// The faults of connections and messages, by the names the local WhatsApp knows them under.
const (
	faultDrop          = "drop"
	faultHalfOpen      = "half_open"
	faultRefuse        = "refuse_http"
	faultDuplicate     = "duplicate"
	faultAckError      = "ack_error"
	faultLoseAck       = "lose_ack"
	faultUndecryptable = "undecryptable"
)

// faultLose really loses messages, which nobody can make good: with it a run has to fail. It shows that this program notices.
const faultLose = "lose_message"

func allFaults() []string {
	return []string{
		faultKill, faultPostgres, faultPhones, faultDrop, faultHalfOpen, faultRefuse, faultDuplicate, faultAckError, faultLoseAck, faultUndecryptable,
	}
}

// plan is what to do.
type plan struct {
	Workspaces int
	Rate       float64 // messages per second, over all workspaces
	Duration   time.Duration
	Seed       uint64
	Faults     []string
	Settle     time.Duration // how long everything may take to be quiet again

	Apart  bool   // the database is a server of this program's, reached by DATABASE_URL, and not the product's own
	Binary string // the program to start; empty builds it
	Keep   string // folder for the evidence, which is always written there; empty: a new one, only when something is wrong
}

func (p plan) has(fault string) bool { return slices.Contains(p.Faults, fault) }

// command is how to do the same again.
func (p plan) command() string {
	apart := ""
	if p.Apart {
		apart = " --apart"
	}
	return fmt.Sprintf("go run ./test/chaos --workspaces %d --rate %g --duration %v --seed %d --faults %s%s",
		p.Workspaces, p.Rate, p.Duration, p.Seed, strings.Join(p.Faults, ","), apart)
}

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.IntVar(&p.Workspaces, "workspaces", 50, "how many workspaces are linked")
	flags.Float64Var(&p.Rate, "rate", 20, "messages per second, over all workspaces")
	flags.DurationVar(&p.Duration, "duration", time.Minute, "how long customers write and faults strike")
	flags.Uint64Var(&p.Seed, "seed", 1, "who writes what, and what breaks when")
	faults := flags.String("faults", strings.Join(allFaults(), ","), "what breaks, separated by commas")
	flags.DurationVar(&p.Settle, "settle", time.Minute, "how long everything may take to be quiet again")
	flags.BoolVar(&p.Apart, "apart", false, "give the server a database by DATABASE_URL instead of letting it run its own")
	flags.StringVar(&p.Binary, "binary", "", "the program to start; empty builds it")
	flags.StringVar(&p.Keep, "keep", "", "folder to keep the evidence in, whatever the result; empty: only when something is wrong")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	if *faults != "" {
		p.Faults = strings.Split(*faults, ",")
	}
	return p, p.check()
}

func (p plan) check() error {
	for _, fault := range p.Faults {
		if fault != faultLose && !slices.Contains(allFaults(), fault) {
			return fmt.Errorf("there is no fault %q; there are %s", fault, strings.Join(allFaults(), ", "))
		}
	}
	if p.Workspaces < 1 || p.Rate <= 0 || p.Duration <= 0 {
		return errors.New("workspaces, rate and duration must be above zero")
	}
	return nil
}
