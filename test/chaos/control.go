package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// control orders faults from the local WhatsApp and reads its records.
type control struct {
	base   string
	client *http.Client
}

func newControl(addr string) control {
	return control{"http://" + addr + "/sandbox/api", &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// stats is what the local WhatsApp counts. The counters begin again with the process.
type stats struct {
	Online, Queued int
	Counters       map[string]int64
}

// message is a phone's record of one message.
type message struct {
	ID        string    `json:"id"`
	Direction string    `json:"direction"` // in or out
	Peer      string    `json:"peer"`
	Text      string    `json:"text"`
	At        time.Time `json:"at"`
	Status    string    `json:"status"`
	Copies    int       `json:"copies"`
	Retries   int       `json:"retries"`
	Error     string    `json:"error,omitempty"`
}

// device is a linked device as the local WhatsApp sees it.
type device struct{ Online bool }

// connection is a linked device's socket, and entry a stanza or an event of it, as the local WhatsApp's journal has them.
type connection struct {
	ID       uint64
	Device   int
	OpenedAt time.Time
	ClosedAt *time.Time
}

type journalEntry struct {
	At         time.Time
	Connection uint64
	Device     int
	What       string
	Class      string
	ID         string
}

// judgement is what the local WhatsApp saw of one account since it was started.
type judgement struct {
	Connections []connection
	Journal     []journalEntry
	Unknown     map[string]int64
}

func (c control) judge(ctx context.Context, number string) (j judgement, err error) {
	return j, c.call(ctx, http.MethodGet, "/phones/"+number+"/judge", nil, &j)
}

func (c control) order(ctx context.Context, fault map[string]any) error {
	return c.call(ctx, http.MethodPost, "/faults", fault, nil)
}

// ordered is a fault in force.
type ordered struct {
	Kind    string
	Applied int // how often it happened
}

func (c control) active(ctx context.Context) (all []ordered, err error) {
	return all, c.call(ctx, http.MethodGet, "/faults/active", nil, &all)
}

func (c control) stats(ctx context.Context) (s stats, err error) {
	return s, c.call(ctx, http.MethodGet, "/stats", nil, &s)
}

func (c control) messages(ctx context.Context, number string) (all []message, err error) {
	return all, c.call(ctx, http.MethodGet, "/phones/"+number+"/messages", nil, &all)
}

func (c control) devices(ctx context.Context, number string) ([]device, error) {
	var phone struct{ Devices []device }
	return phone.Devices, c.call(ctx, http.MethodGet, "/phones/"+number, nil, &phone)
}

func (c control) call(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content)) //nolint:gosec // our own sandbox
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.client.Do(request) //nolint:gosec // our own sandbox
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: status %d: %s", method, path, response.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
