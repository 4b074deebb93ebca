package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	ada, ben   = "234900000001", "234900000002"
	shopA      = "234800000001"
	shopB      = "234800000002"
	workspaceA = "a"
	workspaceB = "b"
)

// peace is two customers of two shops, each with a message and its reply, and nothing wrong.
func peace() evidence {
	answer := teaching(0, 0, lessons()[0])
	held := vitals{Goroutines: 1000, Files: 100, Heap: 50_000, Database: 20}
	return evidence{
		Before: held, After: held,
		Told: map[string]string{"m1": ada, "m2": ben},
		Phones: map[string][]message{
			ada: {{ID: "m1", Direction: "out", Peer: shopA, Copies: 1}, {ID: "w1", Direction: "in", Peer: shopA, Text: answer, Status: "delivered", Copies: 2}},
			ben: {{ID: "m2", Direction: "out", Peer: shopB, Copies: 1}, {ID: "w2", Direction: "in", Peer: shopB, Text: teaching(0, 1, lessons()[0]), Status: "delivered", Copies: 1}},
		},
		Shops: []shopState{
			{Workspace: workspaceA, Number: shopA, Shown: "connected", Devices: []device{{Online: true}}, Word: marker(0, 0), Journal: linked()},
			{Workspace: workspaceB, Number: shopB, Shown: "connected", Devices: []device{{Online: true}}, Word: marker(0, 1), Journal: linked()},
		},
		Facts: []fact{
			{Position: 1, Workspace: workspaceA, Type: "conversation.message_received", Message: "m1"},
			{Position: 2, Workspace: workspaceA, Type: "conversation.reply_queued", Reply: "r1", WhatsAppID: "w1", InReplyTo: []string{"m1"}},
			{Position: 3, Workspace: workspaceB, Type: "conversation.message_received", Message: "m2"},
			{Position: 4, Workspace: workspaceB, Type: "conversation.reply_queued", Reply: "r2", WhatsAppID: "w2", InReplyTo: []string{"m2"}},
		},
		Log: logState{Events: 4, Last: 4, Head: 4, ThreadIn: 2, ThreadOut: 2},
	}
}

// linked is a line that was replaced once, as it should be.
func linked() []journalEntry {
	return []journalEntry{
		{Connection: 1, Device: 1, What: "logged-in"},
		{Connection: 1, Device: 1, What: "received", Class: "iq"},
		{Connection: 1, Device: 1, What: "closed"},
		{Connection: 2, Device: 1, What: "logged-in"},
		{Connection: 2, Device: 1, What: "received", Class: "message"},
	}
}

func TestPeaceIsFoundInOrder(t *testing.T) {
	t.Parallel()
	counted, wrong := check(peace())
	if len(wrong) != 0 {
		t.Error(wrong)
	}
	if want := (figures{Written: 2, Answered: 2, Replies: 2, Copies: 1}); counted != want {
		t.Errorf("counted %+v", counted)
	}
}

func TestAReplyThatWasGivenUpMayBeMissing(t *testing.T) {
	t.Parallel()
	e := peace()
	e.Phones[ada] = e.Phones[ada][:1]
	e.Facts = append(e.Facts, fact{Position: 5, Workspace: workspaceA, Type: "conversation.reply_failed", Reply: "r1"})
	e.Log.Events, e.Log.Last, e.Log.Head = 5, 5, 5
	counted, wrong := check(e)
	if len(wrong) != 0 || counted.Failed != 1 || counted.Missing != 1 {
		t.Error(counted, wrong)
	}
}

func TestAMessageThatCameTooLateMayBeLeftUnanswered(t *testing.T) {
	t.Parallel()
	for why, want := range map[string]int{"too_old": 0, "paused": 2} {
		e := peace()
		e.Phones[ada] = e.Phones[ada][:1]
		e.Facts[1] = fact{Position: 2, Workspace: workspaceA, Type: "conversation.reply_decided", Decision: "silence", Why: why, InReplyTo: []string{"m1"}}
		e.Log.ThreadOut = 1
		if counted, wrong := check(e); len(wrong) != want || (counted.TooOld == 1) != (want == 0) {
			t.Errorf("%s: %+v, %v", why, counted, wrong)
		}
	}
}

func TestWhoWasToldThatAMessageCouldNotBeReadMayBeAnsweredAfterwards(t *testing.T) {
	t.Parallel()
	e := peace()
	late := e.Facts[0]
	late.Position = 7
	e.Facts = append(e.Facts[1:], late,
		fact{Position: 8, Workspace: workspaceA, Type: "conversation.reply_queued", Reply: "r9", WhatsAppID: "w9", InReplyTo: []string{"m1"}})
	again(&e, "w9")
	e.Phones[ada][1].Text = "Who knows?"
	if _, wrong := check(e); len(wrong) == 0 {
		t.Error("nobody said that it could not be read")
	}
	e.Facts = append([]fact{{Position: 1, Workspace: workspaceA, Type: "conversation.message_undecryptable", Message: "m1"}}, e.Facts...)
	e.Log.ThreadOut = 3
	counted, wrong := check(e)
	if len(wrong) != 0 || counted.Sorry != 1 || counted.Doubled != 0 || counted.Missing != 0 {
		t.Error(counted, wrong)
	}
}

func TestEveryWrongIsFound(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]struct {
		rule  string
		spoil func(*evidence)
	}{
		"a message that is not in the log": {ruleLoss, func(e *evidence) { e.Facts = e.Facts[1:] }},
		"a message that was confirmed before it was in the log": {ruleAfter, func(e *evidence) {
			e.Facts[0].RecordedAt = time.Now()
			e.Shops[0].Journal = append(linked(), journalEntry{Connection: 2, Device: 1, What: "confirmed", Class: "message", ID: "m1"})
		}},
		"a message that was confirmed and is not in the log": {ruleAfter, func(e *evidence) {
			e.Facts = e.Facts[1:]
			e.Shops[0].Journal = append(linked(), journalEntry{Connection: 2, Device: 1, What: "confirmed", Class: "message", ID: "m1"})
		}},
		"a message that is in the log twice":      {ruleLoss, func(e *evidence) { e.Facts = append(e.Facts, e.Facts[0]) }},
		"a message the phones forgot":             {ruleJudge, func(e *evidence) { e.Told["m3"] = ada }},
		"a message without a reply":               {ruleReply, func(e *evidence) { e.Facts = e.Facts[:3] }},
		"a reply that never arrived":              {ruleReply, func(e *evidence) { e.Phones[ada] = e.Phones[ada][:1] }},
		"a reply under a second id":               {ruleReply, func(e *evidence) { again(e, "w3"); e.Facts = append(e.Facts, queuedAgain("w3")) }},
		"a second reply that was never seen":      {ruleReply, func(e *evidence) { e.Facts = append(e.Facts, queuedAgain("w3")) }},
		"a reply that nobody queued":              {ruleReply, func(e *evidence) { again(e, "w3") }},
		"a reply shown twice":                     {ruleReply, func(e *evidence) { again(e, "w1") }},
		"two replies under one id":                {ruleReply, func(e *evidence) { e.Facts = append(e.Facts, queuedAgain("w2")) }},
		"a reply with words nobody taught":        {ruleReply, func(e *evidence) { e.Phones[ada][1].Text = "Who knows?" }},
		"a reply that could not be read":          {ruleReadable, func(e *evidence) { e.Phones[ada][1].Status = "failed" }},
		"a reply that could be read later only":   {ruleReadable, func(e *evidence) { e.Phones[ada][1].Retries = 1 }},
		"a message in another workspace's log":    {ruleOwn, func(e *evidence) { e.Facts[0].Workspace = workspaceB }},
		"a reply to another customer's message":   {ruleOwn, func(e *evidence) { e.Facts[1].InReplyTo = []string{"m2"} }},
		"a reply from another shop":               {ruleOwn, func(e *evidence) { e.Phones[ada][1].Peer = shopB }},
		"a message that nobody wrote":             {ruleOwn, func(e *evidence) { e.Facts[0].Message = "m9" }},
		"two messages in the wrong order":         {ruleOrder, disorder},
		"a hole in the log":                       {ruleLog, func(e *evidence) { e.Log.Events = 3 }},
		"a head that is not the last event":       {ruleLog, func(e *evidence) { e.Log.Head = 5 }},
		"a stream with a hole":                    {ruleLog, func(e *evidence) { e.Log.BrokenStreams = 1 }},
		"a clock that went back":                  {ruleLog, func(e *evidence) { e.Log.BackInTime = 1 }},
		"a screen without the message":            {ruleModels, func(e *evidence) { e.Log.ThreadIn = 1 }},
		"a screen with a reply too many":          {ruleModels, func(e *evidence) { e.Log.ThreadOut = 3 }},
		"an event that could not be applied":      {ruleModels, func(e *evidence) { e.Log.DeadLetters = 1 }},
		"a reply that waits for ever":             {ruleModels, func(e *evidence) { e.Log.Outbox = 1 }},
		"a line shown as connected that is not":   {ruleHonest, func(e *evidence) { e.Shops[0].Devices[0].Online = false }},
		"a line shown as disconnected that is on": {ruleHonest, func(e *evidence) { e.Shops[0].Shown = "reconnecting" }},
		"an old connection that still sends": {ruleOwner, func(e *evidence) {
			e.Shops[0].Journal = append(linked(), journalEntry{Connection: 1, Device: 1, What: "received", Class: "message"})
		}},
		"a status that is wrong for too long": {ruleTimely, func(e *evidence) { e.Lies = []lie{{Number: shopA, Took: wrongFor + 1}} }},
		"a half-open line that is not noticed": {ruleTimely, func(e *evidence) {
			e.Lies = []lie{{Number: shopA, Took: wrongForHalfOpen + 1, HalfOpen: true}}
		}},
		"a line that nothing cut and that is lost": {ruleSteady, func(e *evidence) {
			e.Plan.Faults = []string{faultSlow, faultRetryStorm}
			e.Lines = []lineFact{{workspaceA, "connection.reconnecting", e.Began.Add(1)}}
		}},
		"a word of another workspace on a screen": {ruleApart, func(e *evidence) { e.Foreign = []sight{{"/api/faqs", marker(0, 1)}} }},
		"a word of another workspace in a reply":  {ruleApart, func(e *evidence) { e.Phones[ada][1].Text += " " + marker(0, 1) }},
		"a secret in the log":                     {ruleSecret, func(e *evidence) { e.Leaks = []string{"a phone number"} }},
		"goroutines that are left behind":         {ruleBounded, func(e *evidence) { e.After.Goroutines += 100 }},
		"files that are left open":                {ruleBounded, func(e *evidence) { e.After.Files += 20 }},
		"memory that is not given back":           {ruleBounded, func(e *evidence) { e.After.Heap *= 3 }},
		"connections that are left open":          {ruleBounded, func(e *evidence) { e.After.Database += mostConnections }},
		"read models that a replay does not give": {ruleReplay, func(e *evidence) { e.Replay = "DIFFERENT" }},
		"replies in a chat too close together":    {rulePaced, func(e *evidence) { e.Plan.Pacing = true; hurry(e, ada, 1) }},
		"too many replies of a workspace at once": {rulePaced, func(e *evidence) { e.Plan.Pacing = true; hurry(e, "", 4) }},
		"a link that is gone":                     {ruleHonest, func(e *evidence) { e.Shops[0].Devices, e.Shops[0].Shown = nil, "disconnected" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := peace()
			wrong.spoil(&e)
			_, found := check(e)
			for _, v := range found {
				if v.Rule == wrong.rule {
					return
				}
			}
			t.Errorf("found %v, want %q", found, wrong.rule)
		})
	}
}

// again shows Ada her reply once more, under this id.
func again(e *evidence, id string) {
	second := e.Phones[ada][1]
	second.ID = id
	e.Phones[ada] = append(e.Phones[ada], second)
}

// hurry lets a shop send n replies more at the same moment: to one customer, or each to somebody else.
func hurry(e *evidence, customer string, n int) {
	for i := range n {
		to := customer
		if to == "" {
			to = "23490000001" + string(rune('0'+i))
		}
		e.Phones[to] = append(e.Phones[to], e.Phones[ada][1])
	}
}

func queuedAgain(id string) fact {
	return fact{Position: 5, Workspace: workspaceA, Type: "conversation.reply_queued", Reply: "r3", WhatsAppID: id, InReplyTo: []string{"m1"}}
}

// disorder lets Ada write a second message that the log has before the first.
func disorder(e *evidence) {
	e.Phones[ada] = append(e.Phones[ada], message{ID: "m0", Direction: "out", Peer: shopA})
	e.Facts = append([]fact{{Position: 0, Workspace: workspaceA, Type: "conversation.message_received", Message: "m0"}}, e.Facts...)
}

func TestALostLineIsTimedOnceHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds int, workspace, what string) lineFact {
		return lineFact{workspace, "connection." + what, begin.Add(time.Duration(seconds) * time.Second)}
	}
	took := lost([]lineFact{
		at(0, workspaceA, "connected"), at(1, workspaceA, "disconnected"), at(2, workspaceB, "reconnecting"),
		at(3, workspaceA, "reconnecting"), at(4, workspaceA, "connected"), at(7, workspaceB, "connected"), at(8, workspaceB, "connected"),
	})
	if diff := cmp.Diff([]time.Duration{3 * time.Second, 5 * time.Second}, took); diff != "" {
		t.Error(diff)
	}
}
