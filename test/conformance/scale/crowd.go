package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox/sandboxtest"
)

// patience bounds every single wait.
const patience = 60 * time.Second

// crowd is many whatsmeow clients in this process.
type crowd struct {
	addr  string
	plain *http.Client
	api   *http.Client

	mu      sync.Mutex
	members []*member
	missing atomic.Int64
	all     chan struct{}
}

// member is one account's linked device; it answers everything.
type member struct {
	crowd     *crowd
	number    string
	client    *whatsmeow.Client
	codes     chan string
	connected chan struct{}
	away      atomic.Bool
	delivered chan string // ids of its answers that reached the customer
}

func newCrowd(addr string) *crowd {
	return &crowd{addr: addr, plain: sandboxtest.HTTPClient(addr), api: &http.Client{
		Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
}

// link makes the accounts and links a device to each, so many at a time.
func (c *crowd) link(ctx context.Context, sessions, lanes int) (time.Duration, error) {
	began := time.Now()
	err := inLanes(sessions, lanes, func(i int) error {
		m := c.newMember(fmt.Sprintf("23480%08d", i))
		if err := c.post(ctx, "phones", map[string]string{"phone": m.number, "name": "Shop", "kind": "owner"}); err != nil {
			return err
		}
		if err := m.client.Connect(); err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		code, err := within(m.codes)
		if err != nil {
			return fmt.Errorf("no code came: %w", err)
		}
		if err := c.post(ctx, "phones/"+m.number+"/scan", map[string]string{"code": code}); err != nil {
			return err
		}
		_, err = within(m.connected)
		c.mu.Lock()
		c.members = append(c.members, m)
		c.mu.Unlock()
		return err
	})
	return time.Since(began), err
}

func (c *crowd) newMember(number string) *member {
	m := &member{
		crowd: c, number: number, client: whatsmeow.NewClient(sandboxtest.NewDevice(), nil),
		codes: make(chan string, 1), connected: make(chan struct{}, 1), delivered: make(chan string, 64),
	}
	m.client.SetPreLoginHTTPClient(c.plain)
	m.client.SetWebsocketHTTPClient(c.plain)
	m.client.SetMediaHTTPClient(c.plain)
	m.client.ManualHistorySyncDownload = true
	// The library waits 2 s longer at each failure; this is about the server, so ask often.
	m.client.AutoReconnectHook = func(error) bool { m.client.AutoReconnectErrors = 0; return true }
	m.client.AddEventHandler(m.on)
	return m
}

func (m *member) on(event any) {
	switch e := event.(type) {
	case *events.QR:
		m.codes <- e.Codes[0]
	case *events.Connected:
		if m.away.CompareAndSwap(true, false) && m.crowd.missing.Add(-1) == 0 {
			close(m.crowd.all)
		}
		select {
		case m.connected <- struct{}{}:
		default:
		}
	case *events.Message:
		go m.answer(e)
	case *events.Receipt:
		for _, id := range e.MessageIDs {
			select {
			case m.delivered <- id:
			default:
			}
		}
	}
}

// answer repeats what was said, under an id that says what it answers.
func (m *member) answer(e *events.Message) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, _ = m.client.SendMessage(ctx, e.Info.Chat, &waE2E.Message{Conversation: new(e.Message.GetConversation())},
		whatsmeow.SendRequestExtra{ID: "RE" + e.Info.ID})
}

// talk makes round trips: a customer writes, the device answers, the customer's phone
// confirms the answer. It returns their rate and the time that 99 of 100 stayed under.
func (c *crowd) talk(ctx context.Context, trips, lanes int) (rate float64, slowest time.Duration, err error) {
	for lane := range lanes {
		if err := c.post(ctx, "phones", map[string]string{"phone": customer(lane), "name": "Customer"}); err != nil {
			return 0, 0, err
		}
	}
	took := make([]time.Duration, trips)
	var free sync.Map // a lane of its own for each worker: customers are busy one at a time
	for lane := range lanes {
		free.Store(lane, true)
	}
	began := time.Now()
	err = inLanes(trips, lanes, func(i int) error {
		lane := claim(&free)
		defer free.Store(lane, true)
		at := time.Now()
		// Few chats per lane, so that most messages go over sessions that exist.
		m := c.members[(lane*7+i%5)%len(c.members)]
		err := c.trip(ctx, m, customer(lane), fmt.Sprintf("T%08d", i))
		took[i] = time.Since(at)
		return err
	})
	total := time.Since(began)
	slices.Sort(took)
	return float64(trips) / total.Seconds(), took[trips*99/100], err
}

func customer(lane int) string { return fmt.Sprintf("23490%08d", lane) }

func claim(free *sync.Map) (lane int) {
	free.Range(func(key, _ any) bool {
		if _, taken := free.LoadAndDelete(key); taken {
			lane, _ = key.(int)
			return false
		}
		return true
	})
	return lane
}

func (c *crowd) trip(ctx context.Context, m *member, from, id string) error {
	err := c.post(ctx, "phones/"+from+"/messages", map[string]string{"to": m.number, "text": "hello", "id": id})
	if err != nil {
		return err
	}
	for {
		got, err := within(m.delivered)
		if err != nil {
			return fmt.Errorf("the answer to %s never arrived: %w", id, err)
		}
		if got == "RE"+id {
			return nil
		}
		// Another lane's; it goes on to whoever waits for it.
		select {
		case m.delivered <- got:
		default:
		}
	}
}

// expectAll counts everybody as missing, from now until they are connected again.
func (c *crowd) expectAll() {
	c.all = make(chan struct{})
	c.missing.Store(int64(len(c.members)))
	for _, m := range c.members {
		m.away.Store(true)
	}
}

// awaitAll waits until everybody is back and returns how long that took.
func (c *crowd) awaitAll(limit time.Duration) (time.Duration, error) {
	began := time.Now()
	select {
	case <-c.all:
		return time.Since(began), nil
	case <-time.NewTimer(limit).C:
		return 0, fmt.Errorf("%d sessions did not come back", c.missing.Load())
	}
}

func (c *crowd) post(ctx context.Context, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("marshal a request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.addr+"/sandbox/api/"+path, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	response, err := c.api.Do(request)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("POST %s: %d %s", path, response.StatusCode, answer)
	}
	return err
}

var errTimeout = errors.New("timed out")

func within[T any](channel <-chan T) (T, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case value := <-channel:
		return value, nil
	case <-timer.C:
		var none T
		return none, errTimeout
	}
}

// inLanes does work for 0 to n-1, so many at a time, and returns the first error.
func inLanes(n, lanes int, work func(i int) error) error {
	var next atomic.Int64
	failures := make(chan error, lanes)
	for range lanes {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					failures <- nil
					return
				}
				if err := work(i); err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	var first error
	for range lanes {
		if err := <-failures; err != nil && first == nil {
			first = err
		}
	}
	return first
}
