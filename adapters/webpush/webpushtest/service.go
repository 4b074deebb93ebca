// Package webpushtest is a push service for tests. It does what a browser does with a message: it opens it with the browser's own
// keys (RFC 8291), and what the service does before: it checks who sent it (RFC 8292).
package webpushtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Push is a message as it came in.
type Push struct {
	Text    []byte
	TTL     string
	Topic   string
	Urgency string
	Sender  string // the key that signed it
	Contact string
}

// Words are the text's fields.
func (p Push) Words(t *testing.T) map[string]any {
	t.Helper()
	var words map[string]any
	if err := json.Unmarshal(p.Text, &words); err != nil {
		t.Fatalf("%q: %v", p.Text, err)
	}
	return words
}

// Service is a push service, and the browsers it knows.
type Service struct {
	t        *testing.T
	url      string
	released chan struct{}

	mu       sync.Mutex
	browsers map[string]*Browser
	known    int
}

// New starts a service.
func New(t *testing.T) *Service {
	t.Helper()
	s := &Service{t: t, browsers: map[string]*Browser{}, released: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(s.take))
	s.url = server.URL
	t.Cleanup(func() { close(s.released); server.Close() })
	return s
}

// Browser is one that has subscribed.
type Browser struct {
	Endpoint string
	key      *ecdh.PrivateKey
	auth     []byte
	service  *Service
	came     chan struct{} // a message came in, or began to hang

	status int
	header http.Header
	hangs  bool
	pushes []Push
	tries  int
}

// Browser subscribes one.
func (s *Service) Browser() *Browser {
	s.t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known++
	path := fmt.Sprintf("/push/%d", s.known)
	b := &Browser{
		Endpoint: s.url + path, key: key, auth: []byte(rand.Text()[:16]), service: s, status: http.StatusCreated,
		came: make(chan struct{}, 1000), header: http.Header{},
	}
	s.browsers[path] = b
	return b
}

// BrowserAt is Browser under another name of this machine.
func (s *Service) BrowserAt(host string) *Browser {
	s.t.Helper()
	b := s.Browser()
	b.Endpoint = strings.Replace(b.Endpoint, "127.0.0.1", host, 1)
	return b
}

// P256DH is the browser's public key.
func (b *Browser) P256DH() []byte { return b.key.PublicKey().Bytes() }

// Auth is the browser's secret.
func (b *Browser) Auth() []byte { return b.auth }

// Keys are both as the browser's own JSON has them.
func (b *Browser) Keys() (p256dh, auth string) {
	return base64.RawURLEncoding.EncodeToString(b.P256DH()), base64.RawURLEncoding.EncodeToString(b.auth)
}

// Answers has the service answer so from now on; headers are names and values.
func (b *Browser) Answers(status int, headers ...string) {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	b.status, b.header = status, http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		b.header.Set(headers[i], headers[i+1])
	}
}

// Hangs has the service answer nothing at all from now on.
func (b *Browser) Hangs() {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	b.hangs = true
}

// Pushes are the messages that were taken.
func (b *Browser) Pushes() []Push {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	return append([]Push(nil), b.pushes...)
}

// Tries counts the messages that came in, whatever was answered.
func (b *Browser) Tries() int {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	return b.tries
}

// Next waits for the next message that comes in, and returns the newest that was taken, if any.
func (b *Browser) Next(t *testing.T) Push {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case <-b.came:
	case <-late.C:
		t.Fatal("nothing came")
	}
	pushes := b.Pushes()
	if len(pushes) == 0 {
		return Push{}
	}
	return pushes[len(pushes)-1]
}

func (s *Service) take(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	b := s.browsers[r.URL.Path]
	s.mu.Unlock()
	if b == nil || r.Method != http.MethodPost {
		http.Error(w, "no such browser", http.StatusNotFound)
		return
	}
	push, err := b.read(r)
	if err != nil {
		s.t.Errorf("a message that no browser could read: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	b.tries++
	hangs, status, header := b.hangs, b.status, b.header
	if !hangs && status < 300 {
		b.pushes = append(b.pushes, push)
	}
	s.mu.Unlock()
	b.came <- struct{}{}
	if hangs {
		select {
		case <-r.Context().Done():
		case <-s.released:
		}
		return
	}
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
}

func (b *Browser) read(r *http.Request) (Push, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "aes128gcm" {
		return Push{}, fmt.Errorf("the content encoding is %q", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 {
		return Push{}, errors.Join(errors.New("more than 4096 bytes (RFC 8030 §7.2), or cut off"), err)
	}
	text, err := open(body, b.key, b.auth)
	if err != nil {
		return Push{}, err
	}
	p := Push{Text: text, TTL: r.Header.Get("TTL"), Topic: r.Header.Get("Topic"), Urgency: r.Header.Get("Urgency")}
	p.Sender, p.Contact, err = signer(r)
	return p, err
}

// open decrypts a message of one record (RFC 8291 §3.4, RFC 8188 §2).
func open(body []byte, key *ecdh.PrivateKey, auth []byte) ([]byte, error) {
	const saltSize, sizeSize = 16, 4
	if len(body) < saltSize+sizeSize+1+65 || body[saltSize+sizeSize] != 65 {
		return nil, errors.New("the header is too short")
	}
	salt, size, public := body[:saltSize], binary.BigEndian.Uint32(body[saltSize:]), body[saltSize+sizeSize+1:][:65]
	record := body[saltSize+sizeSize+1+65:]
	if int(size) < len(record) {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	shared, err := key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, failed := hkdf.Key(sha256.New, secret, salt, info, n)
		err = errors.Join(err, failed)
		return out
	}
	ikm := derive(shared, auth, "WebPush: info\x00"+string(key.PublicKey().Bytes())+string(public), 32)
	block, failed := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	nonce := derive(ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded, err := gcm.Open(nil, nonce, record, nil)
	if err != nil {
		return nil, err
	}
	text, last := bytes.CutSuffix(bytes.TrimRight(padded, "\x00"), []byte{2})
	if !last {
		return nil, errors.New("no last record")
	}
	return text, nil
}

// signer checks who sent a message (RFC 8292 §2 and §3).
func signer(r *http.Request) (key, contact string, err error) {
	var token string
	scheme, params, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for param := range strings.SplitSeq(params, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(param), "="); name {
		case "t":
			token = value
		case "k":
			key = value
		}
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil || scheme != "vapid" {
		return "", "", fmt.Errorf("not signed: %s %w", scheme, err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return "", "", err
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return public, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience("http://"+r.Host), jwt.WithExpirationRequired())
	if err != nil {
		return "", "", err
	}
	if ends, err := claims.GetExpirationTime(); err != nil || time.Until(ends.Time) > 24*time.Hour {
		return "", "", errors.New("signed for more than a day")
	}
	contact, err = claims.GetSubject()
	return key, contact, err
}
