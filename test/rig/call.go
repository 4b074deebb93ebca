package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// newClient allows many calls at once to one server, from an address of this machine or, when that is nil, any.
func newClient(from net.IP) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: from}
	}
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 256, MaxConnsPerHost: 512, IdleConnTimeout: time.Minute,
		},
	}
}

// Refusal is an answer that is not a success, in the server's words.
type Refusal struct {
	Status int
	Code   string // the product's stable word for it, if any
	Said   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("status %d %s: %s", r.Status, r.Code, r.Said) }

// api is one server spoken to in JSON.
type api struct {
	base   string // with scheme, without a slash at the end
	client *http.Client
}

// call sends body as JSON, if there is one, and reads the answer into into, if there is one.
func (a api) call(ctx context.Context, method, path, token string, body, into any) error {
	answer, err := a.send(ctx, method, path, token, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}

func (a api) send(ctx context.Context, method, path, token string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, refusal(response.StatusCode, answer)
	}
	return answer, nil
}

func refusal(status int, answer []byte) error {
	var said struct{ Detail, Code, Error string }
	_ = json.Unmarshal(answer, &said) // what is not JSON has no words for us
	return &Refusal{Status: status, Code: said.Code, Said: said.Detail + said.Error}
}
