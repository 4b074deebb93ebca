package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// phoneView is a phone as the API shows it.
type phoneView struct {
	Phone     string    `json:"phone"`
	Name      string    `json:"name"`
	LID       string    `json:"lid"`
	Kind      string    `json:"kind"`
	CreatedAt time.Time `json:"createdAt"`
	Offline   bool      `json:"offline"` // the handset is off the air
	Devices   []Device  `json:"devices"`
	Messages  int       `json:"messages"`
	Unread    int       `json:"unread"`
	Typing    []string  `json:"typing"`    // numbers that are typing to it now
	CodeAsked bool      `json:"codeAsked"` // a device waits for its code to be typed here
}

// Phones lists all phones, oldest first.
func (s *Server) Phones() []*Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Phone, 0, len(s.phones))
	for _, p := range s.phones {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *Phone) int {
		return cmp.Or(a.record.CreatedAt.Compare(b.record.CreatedAt), cmp.Compare(a.number, b.number))
	})
	return all
}

func (s *Server) view(p *Phone) phoneView {
	v := phoneView{
		Phone: p.number, Name: p.Name(), LID: p.lid, Kind: p.record.Kind, CreatedAt: p.record.CreatedAt,
		Devices: p.Devices(), Typing: p.TypingPeers(), CodeAsked: len(s.codeRequests(p)) > 0,
		Offline: p.Offline(),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v.Messages = len(p.messages)
	for _, m := range p.messages {
		if m.Direction == DirectionIn && m.Status == StatusDelivered {
			v.Unread++
		}
	}
	return v
}

func (s *Server) getPhones(*http.Request) (any, error) {
	views := []phoneView{}
	for _, p := range s.Phones() {
		views = append(views, s.view(p))
	}
	return views, nil
}

func (s *Server) postPhone(r *http.Request) (any, error) {
	var body struct{ Phone, Name, LID, Kind string }
	if err := read(r, &body); err != nil {
		return nil, err
	}
	p, err := s.AddPhone(NewPhone{Number: body.Phone, Name: body.Name, LID: body.LID, Kind: body.Kind})
	if err != nil {
		return nil, err
	}
	return created{s.view(p)}, nil
}

func (s *Server) getPhone(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	return s.view(p), nil
}

type codeBody struct {
	Code string `json:"code"`
}

func (s *Server) postScan(r *http.Request) (any, error) {
	return s.pair(r, func(p *Phone, code string) (Device, error) { return p.Scan(patient(r), code) })
}

func (s *Server) postEnterCode(r *http.Request) (any, error) {
	return s.pair(r, func(p *Phone, code string) (Device, error) { return p.EnterCode(patient(r), code) })
}

func (s *Server) pair(r *http.Request, link func(*Phone, string) (Device, error)) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body codeBody
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return link(p, body.Code)
}

// getMessages lists a phone's messages in order; ?peer= keeps one chat, ?last= the newest so many.
func (s *Server) getMessages(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	messages := p.Messages()
	if peer := digits(r.URL.Query().Get("peer")); peer != "" {
		messages = slices.DeleteFunc(messages, func(m Message) bool { return m.Peer != peer })
	}
	if last := intQuery(r, "last"); last > 0 && last < len(messages) {
		messages = messages[len(messages)-last:]
	}
	return messages, nil
}

func (s *Server) postMessage(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body Outgoing
	if err := read(r, &body); err != nil {
		return nil, err
	}
	m, err := p.SendMessage(patient(r), body)
	if err != nil {
		return nil, err
	}
	return created{m}, nil
}

// getMedia gives the decrypted medium of a message.
func (s *Server) getMedia(w http.ResponseWriter, r *http.Request) {
	p, err := s.phoneOf(r)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	m, plain, err := p.attachment(r.PathValue("id"))
	if err != nil {
		status, sentence := statusOf(err)
		http.Error(w, sentence, status)
		return
	}
	w.Header().Set("Content-Type", cmp.Or(m.Media.MIME, "application/octet-stream"))
	w.Header().Set("Content-Security-Policy", "sandbox")
	_, _ = w.Write(plain) //nolint:gosec // the policy above keeps it from being a page
}

func (s *Server) getJudgement(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	return p.Judge(), nil
}

func (s *Server) postNumber(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Number string `json:"number"`
		Notify bool   `json:"notify"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	moved, err := s.ChangeNumber(patient(r), p.number, body.Number, body.Notify)
	if err != nil {
		return nil, err
	}
	return s.view(moved), nil
}

func (s *Server) postOffline(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	body := struct {
		Offline bool `json:"offline"`
	}{Offline: true}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := p.SetOffline(patient(r), body.Offline); err != nil {
		return nil, err
	}
	return s.view(p), nil
}

func (s *Server) postHistory(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		How string `json:"how"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := p.SendHistory(patient(r), cmp.Or(body.How, HistoryInline)); err != nil {
		return nil, err
	}
	return s.view(p), nil
}

func (s *Server) postToken(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		To  string  `json:"to"`
		Age float64 `json:"age"` // seconds since it was issued
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	at := s.now().Add(-time.Duration(body.Age * float64(time.Second)))
	if err := p.IssueToken(patient(r), body.To, at); err != nil {
		return nil, err
	}
	return map[string]time.Time{"issuedAt": at}, nil
}

func (s *Server) postCall(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		To    string `json:"to"`
		Video bool   `json:"video"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	call, err := p.Call(patient(r), body.To, body.Video)
	if err != nil {
		return nil, err
	}
	return created{call}, nil
}

func (s *Server) postHangUp(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		ID string `json:"id"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return s.view(p), p.HangUp(patient(r), body.ID)
}

func (s *Server) getSettings(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	return p.Settings(), nil
}

func (s *Server) postContact(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return s.view(p), p.SaveContact(patient(r), body.Number, body.Name)
}

type peerBody struct {
	Peer   string `json:"peer"`
	Typing *bool  `json:"typing"`
	To     string `json:"to"`
}

func (s *Server) postRead(r *http.Request) (any, error) {
	p, body, err := s.peerOf(r)
	if err != nil {
		return nil, err
	}
	n, err := p.Read(patient(r), body.Peer)
	return map[string]int{"read": n}, err
}

func (s *Server) postTyping(r *http.Request) (any, error) {
	p, body, err := s.peerOf(r)
	if err != nil {
		return nil, err
	}
	typing := body.Typing == nil || *body.Typing
	return map[string]bool{"typing": typing}, p.Typing(body.Peer, typing)
}

func (s *Server) peerOf(r *http.Request) (*Phone, peerBody, error) {
	var body peerBody
	p, err := s.phoneOf(r)
	if err == nil {
		err = read(r, &body)
	}
	body.Peer = cmp.Or(body.Peer, body.To)
	return p, body, err
}

func (s *Server) postUnlink(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Device int `json:"device"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := p.Unlink(patient(r), body.Device); err != nil {
		return nil, err
	}
	return s.view(p), nil
}

func (s *Server) deleteDevice(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	device, err := strconv.Atoi(r.PathValue("device"))
	if err != nil || device < 1 {
		return nil, refuse(statusNotFound, "A linked device has a number from 1.")
	}
	if err := p.Unlink(patient(r), device); err != nil {
		return nil, err
	}
	return s.view(p), nil
}

func (s *Server) postReinstall(r *http.Request) (any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Notify bool `json:"notify"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := p.Reinstall(patient(r), body.Notify); err != nil {
		return nil, err
	}
	return s.view(p), nil
}
