package main

import (
	"fmt"
	"time"
)

// ask is one message that will be written.
type ask struct {
	at       time.Duration // after the start
	customer string        // number
	shop     int
	lesson   lesson
	address  string // phone or lid
}

// lesson is an FAQ with the words a customer asks it in.
type lesson struct{ question, asked, answer string }

// lessons are what every shop's bot knows.
func lessons() []lesson {
	return []lesson{
		{"How much is delivery?", "how much is delivery please?", "Delivery is 1,500 within Lagos."},
		{"When do you open?", "when do you open?", "We open at 8:00, Monday to Saturday."},
		{"How can I pay?", "how can i pay", "By transfer, card or cash on delivery."},
	}
}

const (
	newcomers = 0.6             // the share of messages from people who never wrote before; most of them write once
	rest      = 5 * time.Second // how long a customer is quiet after a message
)

// regular is a customer who wrote before.
type regular struct {
	number string
	shop   int
	last   time.Duration
}

// compose decides from the seed alone who writes what when.
func compose(p plan) []ask {
	d := dice(p.Seed, 0)
	asks := make([]ask, 0, int(p.Rate*p.Duration.Seconds()))
	var regulars []regular // the one who has been quiet longest first
	for i := range cap(asks) {
		at := time.Duration(float64(i) / p.Rate * float64(time.Second))
		var who regular
		if len(regulars) > 0 && at-regulars[0].last >= rest && d.Float64() >= newcomers {
			who, regulars = regulars[0], regulars[1:]
		} else {
			who = regular{number: customerNumber(p.Seed, i), shop: d.IntN(p.Workspaces)}
		}
		who.last = at
		regulars = append(regulars, who)
		asks = append(asks, ask{
			at: at, customer: who.number, shop: who.shop, lesson: lessons()[d.IntN(len(lessons()))], address: []string{"phone", "lid"}[d.IntN(2)],
		})
	}
	return asks
}

// inBatch is how many messages a customer writes while the server is away.
const inBatch = 5

// composeBatch decides who writes what while the server is away: each customer some messages, one after the other.
func composeBatch(p plan) (batch [][]ask) {
	d := dice(p.Seed, 300)
	for i := range (p.Batch + inBatch - 1) / inBatch {
		one := ask{customer: customerNumber(p.Seed, 500_000+i), shop: d.IntN(p.Workspaces), address: []string{"phone", "lid"}[d.IntN(2)]}
		asks := make([]ask, inBatch)
		for k := range asks {
			one.lesson = lessons()[d.IntN(len(lessons()))]
			asks[k] = one
		}
		batch = append(batch, asks)
	}
	return batch
}

func customerNumber(seed uint64, i int) string { return fmt.Sprintf("23490%02d%06d", seed%100, i) }

// teaching is what a shop's bot says: the answer, with the shop's own word in it.
func teaching(seed uint64, shop int, l lesson) string { return l.answer + " " + marker(seed, shop) }

func shopNumber(seed uint64, i int) string { return fmt.Sprintf("23480%02d1%05d", seed%100, i) }
