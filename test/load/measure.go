package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard.example/test/rig"
)

// result is what was seen.
type result struct {
	Workspaces int     `json:"workspaces"`
	Rate       float64 `json:"rate"`
	Seconds    float64 `json:"seconds"`
	Warm       float64 `json:"warm_seconds"` // before that, untimed
	Seed       uint64  `json:"seed"`
	Pacing     bool    `json:"pacing"`

	Customers int `json:"customers"`
	Written   int `json:"written"`  // messages the sandbox took
	Refused   int `json:"refused"`  // messages it did not take
	Answered  int `json:"answered"` // with the right answer
	Lost      int `json:"lost"`     // never answered rightly
	Doubled   int `json:"doubled"`  // answers too many, by id
	Copies    int `json:"copies"`   // arrivals of an id the phone knew

	LateMS    float64               `json:"late_ms"` // the most this program was behind its own plan
	Reply     spread                `json:"reply"`   // message sent → reply decrypted
	ByAddress map[string]spread     `json:"by_address"`
	ByWriter  map[string]spread     `json:"by_writer"` // new or known to the shop
	Stages    []stage               `json:"stages"`
	Link      spread                `json:"link"`      // code asked for → connected
	Processes map[string]processUse `json:"processes"` // while customers write
	Idle      map[string]processUse `json:"idle"`      // before, with everything linked

	wrong []error
}

// exchange is one message with its answer.
type exchange struct {
	ask     ask
	message rig.Message
	reply   *rig.Message // nil: none
}

func (e exchange) took() time.Duration { return e.reply.DecryptedAt.Sub(e.message.At) }

// measure reads the phones' records and the logs, and counts.
func measure(ctx context.Context, p plan, s *site, shops []*rig.Shop, c *crowd) (*result, error) {
	r := &result{Workspaces: p.Workspaces, Rate: p.Rate, Seconds: p.Duration.Seconds(), Warm: p.Warm.Seconds(), Seed: p.Seed, Pacing: p.Pacing, Refused: len(c.errs), LateMS: ms(c.late), wrong: c.errs}
	exchanges, err := r.pair(ctx, c)
	if err != nil {
		return nil, err
	}
	exchanges = slices.DeleteFunc(exchanges, func(e exchange) bool { return e.ask.at < p.Warm })
	var times []time.Duration
	byAddress, byWriter := map[string][]time.Duration{}, map[string][]time.Duration{}
	for _, e := range exchanges {
		if e.reply == nil {
			continue
		}
		times = append(times, e.took())
		byAddress[e.ask.address] = append(byAddress[e.ask.address], e.took())
		byWriter[e.ask.writer] = append(byWriter[e.ask.writer], e.took())
	}
	r.Reply, r.ByAddress, r.ByWriter = spreadOf(times), spreadsOf(byAddress), spreadsOf(byWriter)
	links := make([]time.Duration, len(shops))
	for i, one := range shops {
		links[i] = one.Linked
	}
	r.Link = spreadOf(links)
	if s.database == "" {
		return r, nil
	}
	r.Stages, err = stages(ctx, s.database, exchanges)
	return r, err
}

// pair finds each message's answer among what its customer received, and counts what is missing or too many.
func (r *result) pair(ctx context.Context, c *crowd) ([]exchange, error) {
	asked := map[string][]int{}
	for i, a := range c.asks {
		if c.sent[i] != nil {
			asked[a.customer] = append(asked[a.customer], i)
		}
	}
	r.Customers = len(asked)
	var exchanges []exchange
	for number, asks := range asked {
		all, err := c.phones.Messages(ctx, number)
		if err != nil {
			return nil, fmt.Errorf("read the phone of a customer: %w", err)
		}
		replies := received(all)
		used := 0
		for _, i := range asks {
			e := exchange{ask: c.asks[i], message: *c.sent[i]}
			if j := answering(replies, e, used); j >= 0 {
				e.reply, used = &replies[j], j+1
				r.Answered++
			} else {
				r.Lost++
			}
			exchanges = append(exchanges, e)
		}
		r.Written += len(asks)
		r.Doubled += max(0, len(replies)-len(asks))
		for _, reply := range replies {
			r.Copies += reply.Copies - 1
		}
	}
	return exchanges, nil
}

func received(all []rig.Message) []rig.Message {
	var in []rig.Message
	for _, m := range all {
		if m.Direction == "in" {
			in = append(in, m)
		}
	}
	return in
}

// answering finds the first reply from index from on that answers the message; a customer's answers come in order.
func answering(replies []rig.Message, e exchange, from int) int {
	for j := from; j < len(replies); j++ {
		reply := replies[j]
		if reply.DecryptedAt != nil && reply.DecryptedAt.After(e.message.At) && strings.Contains(reply.Text, e.ask.lesson.answer) {
			return j
		}
	}
	return -1
}
