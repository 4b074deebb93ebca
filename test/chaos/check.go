package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// violation is one thing that must not be.
type violation struct {
	Rule string `json:"rule"`
	What string `json:"what"`
}

// The rules, by what they ask for.
const (
	ruleJudge    = "the judge keeps what it acknowledged"
	ruleLoss     = "every message is in the log once"
	ruleAfter    = "a message is confirmed after the log has it"
	ruleOrder    = "a customer's messages are in the log as they were sent"
	ruleReply    = "every message has one reply, seen once"
	ruleReadable = "every reply can be read at the first try"
	ruleModels   = "read models agree with the log"
	ruleLog      = "the log has no holes"
	ruleOwn      = "nothing reaches another workspace or customer"
	ruleHonest   = "what is shown is so"
	ruleTimely   = "what is shown becomes so in time"
	ruleQuiet    = "all is quiet again in time"
	ruleAlive    = "nothing ends by itself"
	ruleSteady   = "a line that nothing cuts stays"
	ruleOwner    = "a line has one owner"
	ruleApart    = "a workspace is shown nothing of another's"
	ruleSecret   = "the log of the program has no secrets" //nolint:gosec // a rule, no credential
	ruleBounded  = "nothing is left behind"
	rulePaced    = "replies leave no faster than a person writes"
	ruleReplay   = "read models equal a fresh fold of the log"
)

// figures are what was counted on the way.
type figures struct {
	Written  int `json:"written"`   // messages on the customers' phones
	Answered int `json:"answered"`  // of them, those with a reply that their customer could read
	Lost     int `json:"lost"`      // not in the log
	Replies  int `json:"replies"`   // decrypted by customers
	Missing  int `json:"missing"`   // messages without a reply
	Failed   int `json:"failed"`    // replies given up, as the owner is told
	Doubled  int `json:"doubled"`   // replies too many
	Garbled  int `json:"garbled"`   // replies that could not be read, or not at once
	Copies   int `json:"copies"`    // arrivals of a reply that the phone knew already, which it does not show
	AskAgain int `json:"ask_again"` // messages the server asked to be sent again because it could not read them
	Merged   int `json:"merged"`    // messages answered together with another one
	TooOld   int `json:"too_old"`   // messages that came in over two minutes late and were left unanswered for that, as the log says
	Sorry    int `json:"sorry"`     // messages that could not be read in time, whose customer was told so before the answer
}

// checker compares what the phones say with what the log says.
type checker struct {
	evidence

	figures    figures
	asked      map[string]bool // messages that had to be sent again: the library confirms what it asks for anew
	violations []violation

	shopOf   map[string]shopState      // by workspace
	sender   map[string]string         // message id → customer
	recorded map[string][]fact         // message id → facts of it having been received
	queued   map[string]fact           // WhatsApp's id of a reply → it was queued
	answered map[string]map[string]int // message id → the ids of the replies to it
	gaveUp   map[string]bool           // reply id → it failed or was cancelled
	tooOld   map[string]bool           // message id → it was decided to leave it unanswered, because it came in too late
	sorry    map[string]bool           // WhatsApp's ids of replies that only say that the message could not be read
	excused  map[string]int            // customer → how many of those it got
	unread   map[string]bool           // WhatsApp's ids of replies that arrived and could not be read
}

// check returns what was counted and what is wrong.
func check(e evidence) (figures, []violation) {
	c := &checker{
		evidence: e, shopOf: map[string]shopState{}, sender: map[string]string{}, recorded: map[string][]fact{},
		queued: map[string]fact{}, answered: map[string]map[string]int{}, gaveUp: map[string]bool{},
		asked: map[string]bool{}, tooOld: map[string]bool{}, sorry: map[string]bool{}, excused: map[string]int{},
		unread: map[string]bool{},
	}
	c.index()
	c.judge()
	for _, number := range slices.Sorted(maps.Keys(e.Phones)) {
		c.customer(number, e.Phones[number])
	}
	c.strangers()
	c.log()
	c.screens()
	c.lines()
	c.rest()
	return c.figures, c.violations
}

func (c *checker) wrong(rule, format string, args ...any) {
	c.violations = append(c.violations, violation{rule, fmt.Sprintf(format, args...)})
}

func (c *checker) index() {
	for _, s := range c.Shops {
		c.shopOf[s.Workspace] = s
	}
	for number, all := range c.Phones {
		for _, m := range all {
			if m.Direction == "out" {
				c.sender[m.ID], c.asked[m.ID] = number, m.Retries > 0
			}
		}
	}
	for _, f := range c.Facts {
		c.indexFact(f)
	}
	c.excuse()
}

// excuse finds replies that were decided before a readable copy of their message had come: all they could say is that the
// message could not be read, and the copy is answered all the same.
func (c *checker) excuse() {
	unread := map[string]bool{}
	for _, f := range c.Facts {
		if f.Type == "conversation.message_undecryptable" && c.recorded[f.Message] != nil {
			unread[f.Message] = true
		}
	}
	for id, replies := range c.answered {
		for reply := range replies {
			if unread[id] && c.queued[reply].Position < c.recorded[id][0].Position {
				c.sorry[reply] = true
				c.figures.Sorry++
				delete(replies, reply)
			}
		}
	}
}

func (c *checker) indexFact(f fact) {
	switch f.Type {
	case "conversation.message_received":
		c.recorded[f.Message] = append(c.recorded[f.Message], f)
	case "conversation.reply_queued":
		if _, known := c.queued[f.WhatsAppID]; known {
			c.wrong(ruleReply, "two replies are queued as %s", f.WhatsAppID)
		}
		c.queued[f.WhatsAppID] = f
		for _, id := range f.InReplyTo {
			if c.answered[id] == nil {
				c.answered[id] = map[string]int{}
			}
			c.answered[id][f.WhatsAppID]++
		}
		if len(f.InReplyTo) > 1 {
			c.figures.Merged += len(f.InReplyTo) - 1
		}
	case "conversation.reply_decided":
		for _, id := range f.InReplyTo {
			c.tooOld[id] = f.Decision == "silence" && f.Why == "too_old"
		}
	case "conversation.reply_failed", "conversation.reply_cancelled":
		c.gaveUp[f.Reply] = true
		c.figures.Failed++
	}
}

// judge checks the phones themselves: whoever was told that a message is sent still has it.
func (c *checker) judge() {
	for id, customer := range c.Told {
		if c.sender[id] != customer {
			c.wrong(ruleJudge, "%s was sent and is not on its phone", id)
		}
	}
}

// customer checks one phone.
func (c *checker) customer(number string, all []message) {
	var sent, received []message
	for _, m := range all {
		if m.Direction == "out" {
			sent = append(sent, m)
		} else {
			received = append(received, m)
		}
	}
	c.figures.Written += len(sent)
	c.order(number, sent)
	seen := map[string]int{}
	for _, m := range received {
		seen[m.ID]++
		c.reply(number, m)
	}
	for _, m := range sent {
		c.message(m, seen)
	}
	if len(received) > len(sent)+c.excused[number] {
		c.figures.Doubled += len(received) - len(sent) - c.excused[number]
		c.wrong(ruleReply, "%s wrote %d messages and got %d replies", number, len(sent), len(received))
	}
}

// message checks that what a customer sent was recorded and answered.
func (c *checker) message(m message, seen map[string]int) {
	c.figures.AskAgain += m.Retries
	facts := c.recorded[m.ID]
	if len(facts) == 0 {
		c.figures.Lost++
	}
	if len(facts) != 1 {
		c.wrong(ruleLoss, "%s is in the log %d times", m.ID, len(facts))
	}
	for _, f := range facts {
		if to := c.shopOf[f.Workspace].Number; to != m.Peer {
			c.wrong(ruleOwn, "%s was written to %s and is in the log of %s", m.ID, m.Peer, to)
		}
	}
	replies := c.answered[m.ID]
	if len(replies) == 0 && c.tooOld[m.ID] {
		c.figures.TooOld++
		return
	}
	if len(replies) != 1 {
		c.wrong(ruleReply, "%s (%s) has %d replies in the log", m.ID, m.Text, len(replies))
	}
	shown, read, gaveUp := 0, false, false
	for id := range replies {
		shown += seen[id]
		read = read || seen[id] > 0 && !c.unread[id]
		gaveUp = gaveUp || c.gaveUp[c.queued[id].Reply]
	}
	if read {
		c.figures.Answered++
	}
	if shown == 0 {
		c.figures.Missing++
	}
	if shown != 1 && (shown != 0 || !gaveUp) {
		c.wrong(ruleReply, "the reply to %s was seen %d times", m.ID, shown)
	}
}

// reply checks what a customer got.
func (c *checker) reply(number string, m message) {
	c.figures.Replies++
	c.figures.Copies += max(0, m.Copies-1)
	if m.Status == "failed" || m.Retries > 0 && !c.Plan.has(faultRetryStorm) {
		c.figures.Garbled++
		c.wrong(ruleReadable, "%s is %s after %d tries more: %s", m.ID, m.Status, m.Retries, m.Error)
	}
	c.unread[m.ID] = m.Status == "failed"
	f, known := c.queued[m.ID]
	if !known {
		c.wrong(ruleReply, "%s got %s, which the log does not know", number, m.ID)
		return
	}
	if from := c.shopOf[f.Workspace].Number; from != m.Peer {
		c.wrong(ruleOwn, "%s comes from %s and is in the log of %s", m.ID, m.Peer, from)
	}
	for _, id := range f.InReplyTo {
		if c.sender[id] != number {
			c.wrong(ruleOwn, "%s went to %s and answers %s of %s", m.ID, number, id, c.sender[id])
		}
	}
	if c.sorry[m.ID] {
		c.excused[number]++
	}
	if m.Status != "failed" && !c.sorry[m.ID] && !c.Plan.Pacing && !taught(m.Text) { // at a person's pace it also says that it said so before
		c.wrong(ruleReply, "%s says %q", m.ID, m.Text)
	}
	for _, word := range anyMarker.FindAllString(m.Text, -1) {
		if word != c.shopOf[f.Workspace].Word {
			c.wrong(ruleApart, "%s from %s has %s in it", m.ID, m.Peer, word)
		}
	}
	if m.Copies > mostArrivals {
		c.wrong(ruleReply, "%s arrived %d times", m.ID, m.Copies)
	}
}

func taught(text string) bool {
	return slices.ContainsFunc(lessons(), func(l lesson) bool { return strings.Contains(text, l.answer) })
}

// order checks that the log has a customer's messages as they were sent, but for those the server had to ask for again.
func (c *checker) order(number string, sent []message) {
	before := int64(0)
	for _, m := range sent {
		for _, f := range c.recorded[m.ID] {
			if m.Retries > 0 {
				continue
			}
			if f.Position < before {
				c.wrong(ruleOrder, "%s of %s is at %d, after %d", m.ID, number, f.Position, before)
			}
			before = f.Position
		}
	}
}

// strangers finds what is in the log and nobody wrote.
func (c *checker) strangers() {
	for id := range c.recorded {
		if c.sender[id] == "" {
			c.wrong(ruleOwn, "%s is in the log and nobody wrote it", id)
		}
	}
}

func (c *checker) log() {
	l := c.Log
	if l.Events != l.Last || l.Last != l.Head {
		c.wrong(ruleLog, "%d events, the last at %d, the head at %d", l.Events, l.Last, l.Head)
	}
	if l.BrokenStreams > 0 || l.BackInTime > 0 {
		c.wrong(ruleLog, "%d streams have holes, %d events go back in time", l.BrokenStreams, l.BackInTime)
	}
}

// noise counts what looked like messages, could not be read and never came again: nobody wrote them.
func (c *checker) noise() int {
	all := map[string]bool{}
	for _, f := range c.Facts {
		if f.Type == "conversation.message_undecryptable" && c.recorded[f.Message] == nil {
			all[f.Workspace+f.Message] = true
		}
	}
	return len(all)
}

func (c *checker) screens() {
	l := c.Log
	received := 0
	for _, facts := range c.recorded {
		received += len(facts)
	}
	received += c.noise()
	if int(l.ThreadIn) != received || int(l.ThreadOut) != len(c.queued) {
		c.wrong(ruleModels, "the screens have %d messages and %d replies, the log %d and %d", l.ThreadIn, l.ThreadOut, received, len(c.queued))
	}
	if l.DeadLetters > 0 || l.Turns > 0 || l.Outbox > 0 {
		c.wrong(ruleModels, "%d events not applied, %d turns open, %d replies waiting", l.DeadLetters, l.Turns, l.Outbox)
	}
	for _, s := range c.Shops {
		online := len(s.Devices) == 1 && s.Devices[0].Online
		if online != (s.Shown == "connected") {
			c.wrong(ruleHonest, "%s is shown as %s and its devices are %+v", s.Number, s.Shown, s.Devices)
		}
		if len(s.Devices) != 1 {
			c.wrong(ruleHonest, "%s has %d linked devices", s.Number, len(s.Devices))
		}
	}
}
