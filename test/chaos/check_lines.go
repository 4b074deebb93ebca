package main

import (
	"slices"
	"time"
)

// mostArrivals is how often a reply may arrive whose phone asks for it again and again: once, five times more, and what
// faults double and restarts send again on top.
const mostArrivals = 1 + 5 + 3

// lines checks what the local WhatsApp's journal says about each line, and that nothing was cut without a cause.
func (c *checker) lines() {
	for _, s := range c.Shops {
		for _, e := range strangersOf(s.Journal) {
			c.wrong(ruleOwner, "%s: %s %s came over connection %d at %s, after a later one had logged in", s.Number, e.Class, e.ID, e.Connection, e.At.Format(time.RFC3339Nano))
		}
	}
	for _, s := range c.Shops {
		c.confirmed(s)
	}
	if slices.ContainsFunc(c.Plan.Faults, cuts) || c.Plan.Batch > 0 {
		return
	}
	for _, f := range c.Lines {
		if f.Type != "connection.connected" && f.RecordedAt.After(c.Began) {
			c.wrong(ruleSteady, "%s: %s at %s", f.Workspace, f.Type, f.RecordedAt.Format(time.RFC3339Nano))
		}
	}
}

// confirmed checks that nothing was confirmed to WhatsApp that the log did not have: not while the database was away, not ever.
func (c *checker) confirmed(s shopState) {
	for _, e := range s.Journal {
		if e.What != "confirmed" || e.Class != "message" || c.sender[e.ID] == "" || c.asked[e.ID] {
			continue
		}
		if facts := c.recorded[e.ID]; len(facts) == 0 || facts[0].RecordedAt.After(e.At) {
			c.wrong(ruleAfter, "%s was confirmed at %s, and the log has it as %v", e.ID, e.At.Format(time.RFC3339Nano), facts)
		}
	}
}

// strangersOf finds what a device sent over a connection after a later connection of the same device had logged in.
func strangersOf(journal []journalEntry) (all []journalEntry) {
	newest := map[int]uint64{}
	for _, e := range journal {
		switch e.What {
		case "logged-in":
			newest[e.Device] = max(newest[e.Device], e.Connection)
		case "received":
			if e.Connection < newest[e.Device] {
				all = append(all, e)
			}
		}
	}
	return all
}

// rest checks what was found without the phones.
func (c *checker) rest() {
	for _, l := range c.Lies {
		if l.Took > l.limit() {
			c.wrong(ruleTimely, "%s was shown as %s for %v, from %v on, and online was %v", l.Number, l.Shown, l.Took, l.Began, l.Online)
		}
	}
	for _, f := range c.Foreign {
		c.wrong(ruleApart, "%s: %s", f.Where, f.Word)
	}
	for _, l := range c.Leaks {
		c.wrong(ruleSecret, "%s", l)
	}
	if c.Replay != "" {
		c.wrong(ruleReplay, "%s", c.Replay)
	}
	if !c.After.within(c.Before) {
		c.wrong(ruleBounded, "before it held %+v, now %+v", c.Before, c.After)
	}
	if c.Plan.Pacing {
		c.paced()
	}
}

// How fast replies may leave a workspace, and go to one chat. What is measured is when phones had them, which comes in jerks.
const (
	burst    = 3
	perChat  = time.Second
	mayHurry = 100 * time.Millisecond
)

// paced checks the times at which phones took replies: a bucket of three that fills by one a second.
func (c *checker) paced() {
	sent := map[string][]time.Time{}
	for number, all := range c.Phones {
		var before time.Time
		for _, m := range all {
			if m.Direction != "in" {
				continue
			}
			sent[m.Peer] = append(sent[m.Peer], m.At)
			if gap := m.At.Sub(before); gap < perChat-mayHurry {
				c.wrong(rulePaced, "%s got %s %v after the one before", number, m.ID, gap)
			}
			before = m.At
		}
	}
	for shop, times := range sent {
		slices.SortFunc(times, time.Time.Compare)
		left, last := float64(burst), time.Time{}
		for _, at := range times {
			left = min(burst, left+at.Sub(last).Seconds()) - 1
			if last = at; left < -mayHurry.Seconds() {
				c.wrong(rulePaced, "%s sent faster than one a second at %s", shop, at.Format(time.RFC3339Nano))
				break
			}
		}
	}
}
