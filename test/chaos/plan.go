package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchboard.example/adapters/whatsapp/failpoint"
)

// The faults that end a process.
const (
	faultKill     = "kill"     // the server
	faultPostgres = "postgres" // its database
	faultPhones   = "phones"   // the local WhatsApp
)

// The faults of a database that goes on running.
const (
	faultLock     = "lock"      // somebody locks the log
	faultReadOnly = "read_only" // it takes no writes, as when its disk is full
	faultStall    = "stall"     // it stops answering, and goes on where it was
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
	faultSlow          = "slow"
	faultMalformed     = "malformed"
	faultHostile       = "hostile"
	faultClose         = "close"
	faultStream503     = "stream_503"
	faultLogin503      = "login_503"
	faultTimelock      = "reachout_timelock"
	faultCutFrame      = "cut_frame"
	faultCorruptFrame  = "corrupt_frame"
	faultReorder       = "reorder"
	faultRetryStorm    = "retry_storm"
)

// faultLose really loses messages, which nobody can make good: with it a run has to fail. It shows that this program notices.
const faultLose = "lose_message"

// faultPoints lets the server end itself at named instructions instead of at random ones; see adapters/whatsapp/failpoint. It
// needs a program built with -tags failpoints, which this program builds when none is given.
const faultPoints = "points"

func allFaults() []string {
	return []string{
		faultKill, faultPostgres, faultPhones, faultDrop, faultHalfOpen, faultRefuse, faultDuplicate, faultAckError, faultLoseAck, faultUndecryptable,
		faultLock, faultReadOnly, faultStall, faultSlow, faultMalformed, faultHostile, faultClose, faultStream503, faultLogin503, faultTimelock, faultCutFrame, faultCorruptFrame, faultReorder, faultRetryStorm,
	}
}

// cuts says whether a fault may end connections or keep them from being made.
func cuts(fault string) bool {
	return !slices.Contains([]string{
		faultDuplicate, faultAckError, faultLoseAck, faultUndecryptable, faultSlow, faultTimelock, faultCorruptFrame, faultReorder, faultRetryStorm,
		faultMalformed, faultLose,
	}, fault)
}

// plan is what to do.
type plan struct {
	Workspaces int
	Rate       float64 // messages per second, over all workspaces
	Duration   time.Duration
	Seed       uint64
	Faults     []string
	Every      every         // faults that strike at another rhythm than their own
	Settle     time.Duration // how long everything may take to be quiet again

	Pacing  bool     // replies leave as slowly as people write
	Points  []string // where the server may end itself, with the fault "points"
	Relinks int      // how often lines are unlinked and linked again, instead of all else
	Batch   int      // messages that are written first, while the server is away

	Apart  bool   // the database is a server of this program's, reached by DATABASE_URL, and not the product's own
	Binary string // the program to start; empty builds it
	Keep   string // folder for the evidence, which is always written there; empty: a new one, only when something is wrong
}

func (p plan) has(fault string) bool { return slices.Contains(p.Faults, fault) }

// every is how often faults strike, such as kill=5s,malformed=100ms.
type every map[string]time.Duration

func (e every) String() string {
	var words []string
	for _, fault := range slices.Sorted(maps.Keys(e)) {
		words = append(words, fmt.Sprintf("%s=%v", fault, e[fault]))
	}
	return strings.Join(words, ",")
}

// Set implements flag.Value.
func (e every) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		fault, length, _ := strings.Cut(word, "=")
		d, err := time.ParseDuration(length)
		if err != nil || d <= 0 {
			return fmt.Errorf("say how often, such as %s=5s", fault)
		}
		if !slices.ContainsFunc(rhythms(), func(r rhythm) bool { return r.fault == fault }) {
			return fmt.Errorf("%q has no rhythm that could be changed", fault)
		}
		e[fault] = d
	}
	return nil
}

// command is how to do the same again.
func (p plan) command() string {
	more := ""
	if len(p.Every) > 0 {
		more += " --every " + p.Every.String()
	}
	if p.has(faultPoints) && len(p.Points) < len(failpoint.All()) {
		more += " --points " + strings.Join(p.Points, ",")
	}
	if p.Batch > 0 {
		more += fmt.Sprintf(" --batch %d", p.Batch)
	}
	if p.Pacing {
		more += " --pacing"
	}
	if p.Apart {
		more += " --apart"
	}
	return fmt.Sprintf("go run ./test/chaos --workspaces %d --rate %g --duration %v --seed %d --faults %s%s",
		p.Workspaces, p.Rate, p.Duration, p.Seed, strings.Join(p.Faults, ","), more)
}

func readPlan(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.IntVar(&p.Workspaces, "workspaces", 50, "how many workspaces are linked")
	flags.Float64Var(&p.Rate, "rate", 20, "messages per second, over all workspaces")
	flags.DurationVar(&p.Duration, "duration", time.Minute, "how long customers write and faults strike")
	flags.Uint64Var(&p.Seed, "seed", 1, "who writes what, and what breaks when")
	faults := flags.String("faults", strings.Join(allFaults(), ","), "what breaks, separated by commas")
	p.Every = every{}
	flags.Var(p.Every, "every", "strike at another rhythm, such as kill=5s,malformed=100ms")
	points := flags.String("points", strings.Join(failpoint.All(), ","), "where the server may end itself, with the fault points")
	flags.IntVar(&p.Batch, "batch", 0, "messages that are written first, while the server is away")
	flags.IntVar(&p.Relinks, "relinks", 0, "unlink and link lines so often, and see what is left behind; nothing else is done")
	flags.BoolVar(&p.Pacing, "pacing", false, "let replies leave as slowly as people write")
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
	if *points != "" {
		p.Points = strings.Split(*points, ",")
	}
	return p, p.check()
}

func (p plan) check() error {
	for _, fault := range p.Faults {
		if fault != faultLose && fault != faultPoints && !slices.Contains(allFaults(), fault) {
			return fmt.Errorf("there is no fault %q; there are %s", fault, strings.Join(allFaults(), ", "))
		}
	}
	for _, point := range p.Points {
		if !slices.Contains(failpoint.All(), point) {
			return fmt.Errorf("there is no point %q; there are %s", point, strings.Join(failpoint.All(), ", "))
		}
	}
	if p.Workspaces < 1 || p.Rate <= 0 || p.Duration <= 0 {
		return errors.New("workspaces, rate and duration must be above zero")
	}
	return nil
}
