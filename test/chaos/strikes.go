package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"switchboard.example/test/rig"
)

// The chances of what happens to single messages.
func chances() map[string]map[string]any {
	return map[string]map[string]any{
		faultDuplicate:     {"probability": 0.05},
		faultAckError:      {"probability": 0.05, "code": http.StatusInternalServerError},
		faultLoseAck:       {"probability": 0.01},
		faultUndecryptable: {"probability": 0.02},
		faultCutFrame:      {"probability": 0.01},
		faultCorruptFrame:  {"probability": 0.01},
		faultReorder:       {"probability": 0.05},
		faultRetryStorm:    {"probability": 0.03},
		faultLose:          {"probability": 0.3},
	}
}

// missed is a strike at somebody who was away already, such as a reset ordered while the phones were killed.
const missed = "missed"

// rage lets everything strike at its time and returns when the last has struck and is over.
func (s *site) rage(ctx context.Context, begin time.Time) {
	until := begin.Add(s.plan.Duration)
	s.orderChances(ctx, until)
	if s.plan.has(faultPoints) {
		s.points.rage(true)
		if err := s.server.crash(ctx, 0); err != nil {
			s.history.add("start given up", err)
		}
	}
	var all sync.WaitGroup
	for _, one := range schedule(s.plan) {
		if pause(ctx, time.Until(begin.Add(one.At))) != nil {
			break
		}
		all.Go(func() {
			s.history.add("strike", one)
			if err := s.strike(ctx, one, until); err != nil {
				s.history.add(missed, err)
			}
		})
	}
	all.Wait()
	if pause(ctx, time.Until(until)-countBefore) == nil {
		s.countChances(ctx)
	}
}

// countBefore is how long before their end chances are counted: afterwards nobody knows them any more.
const countBefore = 250 * time.Millisecond

// countChances finds out how often chances were taken, since the phones were started last.
func (s *site) countChances(ctx context.Context) {
	orders, err := s.phones.active(ctx)
	if err != nil {
		s.history.add(missed, err)
		return
	}
	for _, o := range orders {
		s.taken[o.Kind] += o.Applied
	}
}

func (s *site) strike(ctx context.Context, one strike, until time.Time) error {
	switch one.Fault {
	case faultKill:
		return s.server.crash(ctx, one.Pause)
	case faultPostgres:
		return s.strikeDatabase(ctx, one)
	case faultLock:
		return s.lock(ctx, one.Pause)
	case faultReadOnly:
		return s.readOnly(ctx, one.Pause)
	case faultStall:
		return s.database.stall(ctx, one.Pause)
	case faultPhones:
		err := s.sandbox.crash(ctx, one.Pause)
		s.orderChances(ctx, until) // it forgot them
		return err
	case faultHostile:
		return s.phones.order(ctx, map[string]any{"kind": one.Fault, "code": hostileFrames, "seed": one.Draw})
	case faultMalformed:
		return s.phones.order(ctx, map[string]any{"kind": one.Fault})
	case faultRefuse:
		return s.phones.order(ctx, map[string]any{"kind": one.Fault, "seconds": one.Pause.Seconds()})
	case faultHalfOpen:
		s.honest.frozen(one.Shop)
		return s.phones.order(ctx, map[string]any{"kind": one.Fault, "phone": s.shops[one.Shop].number})
	default:
		order := map[string]any{"kind": one.Fault, "phone": s.shops[one.Shop].number}
		if one.Pause > 0 {
			order["seconds"], order["milliseconds"] = one.Pause.Seconds(), slowness.Milliseconds()
		}
		return s.phones.order(ctx, order)
	}
}

// hostileFrames are sent to each connection at a strike.
const hostileFrames = 20

// slowness is how long a slow line takes for each stanza.
const slowness = 2 * time.Second

// strikeDatabase also measures how long the server is not ready because of it.
func (s *site) strikeDatabase(ctx context.Context, one strike) error {
	before, struck := s.database.running(), time.Now()
	if err := s.database.strike(ctx, one); err != nil || before == 0 {
		return err
	}
	if one.Draw%databaseStrikes == databaseOneProcess {
		return nil // it is the same server afterwards, and ready before anybody could look
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	err := rig.Eventually(ctx, "wait for the database", func(ctx context.Context) error {
		if now := s.database.running(); now == 0 || now == before {
			return rig.ErrNotYet
		}
		return s.place.Product().Ready(ctx)
	})
	if err != nil {
		return err
	}
	s.back.addReady(time.Since(struck))
	return nil
}

// dice are a kind's own, and others each time the phones forget them: the first hundreds of throws of one seed may be without a
// chance of 2 %, and they would come again and again.
func (s *site) dice(kind string) uint64 {
	s.thrown.Lock()
	defer s.thrown.Unlock()
	s.throws[kind]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", s.plan.Seed, kind, s.throws[kind]))
	return binary.BigEndian.Uint64(sum[:]) >> 11 // JSON's numbers have 53 bits
}

// orderChances orders what happens to single messages until the end.
func (s *site) orderChances(ctx context.Context, until time.Time) {
	for kind, how := range chances() {
		left := time.Until(until)
		if !s.plan.has(kind) || left <= 0 {
			continue
		}
		order := map[string]any{"kind": kind, "seconds": left.Seconds(), "seed": s.dice(kind)}
		maps.Copy(order, how)
		if err := s.phones.order(ctx, order); err != nil {
			s.history.add(missed, err)
		}
	}
}
