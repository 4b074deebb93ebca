package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

const maxRequest = 96 << 20 // a medium in base64

// routes is everything the server serves: the chat socket, media, the page and its API.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", s.chat)
	mux.HandleFunc("POST /mms/{kind}/{token}", s.uploadMedia)
	mux.HandleFunc("GET /mms/{kind}/{token}", s.downloadMedia)
	s.pageRoutes(mux)

	api := func(pattern string, handle func(*http.Request) (any, error)) {
		mux.Handle(pattern, sameOrigin(answer(handle)))
	}
	mux.HandleFunc("GET /sandbox/api/root-key", s.getRootKey)
	mux.HandleFunc("GET /sandbox/api/stream", s.stream)
	api("GET /sandbox/api/phones", s.getPhones)
	api("POST /sandbox/api/phones", s.postPhone)
	api("GET /sandbox/api/phones/{phone}", s.getPhone)
	api("POST /sandbox/api/phones/{phone}/scan", s.postScan)
	api("POST /sandbox/api/phones/{phone}/enter-code", s.postEnterCode)
	api("GET /sandbox/api/phones/{phone}/judge", s.getJudgement)
	api("GET /sandbox/api/phones/{phone}/messages", s.getMessages)
	api("POST /sandbox/api/phones/{phone}/messages", s.postMessage)
	mux.HandleFunc("GET /sandbox/api/phones/{phone}/messages/{id}/media", s.getMedia)
	api("POST /sandbox/api/phones/{phone}/read", s.postRead)
	api("POST /sandbox/api/phones/{phone}/typing", s.postTyping)
	api("POST /sandbox/api/phones/{phone}/unlink", s.postUnlink)
	api("POST /sandbox/api/phones/{phone}/reinstall", s.postReinstall)
	api("POST /sandbox/api/phones/{phone}/offline", s.postOffline)
	api("POST /sandbox/api/phones/{phone}/number", s.postNumber)
	api("POST /sandbox/api/phones/{phone}/history", s.postHistory)
	api("POST /sandbox/api/phones/{phone}/call", s.postCall)
	api("POST /sandbox/api/phones/{phone}/hang-up", s.postHangUp)
	api("GET /sandbox/api/phones/{phone}/settings", s.getSettings)
	api("POST /sandbox/api/phones/{phone}/contacts", s.postContact)
	api("POST /sandbox/api/phones/{phone}/token", s.postToken)
	api("DELETE /sandbox/api/phones/{phone}/devices/{device}", s.deleteDevice)
	api("POST /sandbox/api/decode-qr", decodeQR)
	api("GET /sandbox/api/faults", s.getFaults)
	api("GET /sandbox/api/faults/active", s.getActiveFaults)
	api("POST /sandbox/api/faults", s.postFault)
	api("DELETE /sandbox/api/faults", s.deleteFaults)
	api("GET /sandbox/api/behaviour", s.getBehaviour)
	api("PATCH /sandbox/api/behaviour", s.patchBehaviour)
	api("GET /sandbox/api/stats", s.getStats)
	api("/sandbox/api/", func(*http.Request) (any, error) {
		return nil, refuse(statusNotFound, "There is nothing here. README.md lists the control API.")
	})
	return mux
}

// created marks an answer that made something.
type created struct{ value any }

// answer turns a function into a handler that speaks JSON.
func answer(handle func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		value, err := handle(r)
		status := http.StatusOK
		if err != nil {
			var sentence string
			status, sentence = statusOf(err)
			value = map[string]string{"error": sentence}
		}
		if made, ok := value.(created); ok {
			status, value = http.StatusCreated, made.value
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value)
	})
}

// sameOrigin refuses what other sites' pages send: the API has no accounts, so it must
// not be within reach of every page a developer opens.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				next = answer(func(*http.Request) (any, error) {
					return nil, refuse(http.StatusForbidden, "Only the sandbox's own page may call its API from a browser.")
				})
			}
		}
		next.ServeHTTP(w, r)
	})
}

// read decodes a JSON body; an empty one leaves into as it is.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return refuse(statusBadRequest, "The request's JSON cannot be read: "+err.Error()+".")
	}
	return nil
}

func (s *Server) phoneOf(r *http.Request) (*Phone, error) {
	if p := s.find(r.PathValue("phone")); p != nil {
		return p, nil
	}
	return nil, refuse(statusNotFound, "There is no phone with the number "+r.PathValue("phone")+" here.")
}

func (s *Server) getRootKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s.RootKeyHex())
}

func (s *Server) getFaults(*http.Request) (any, error) {
	return FaultKinds(), nil
}

func (s *Server) getActiveFaults(*http.Request) (any, error) { return s.faults.list(), nil }

func (s *Server) postFault(r *http.Request) (any, error) {
	var order Fault
	if err := read(r, &order); err != nil {
		return nil, err
	}
	if err := s.Fault(r.Context(), order); err != nil {
		return nil, err
	}
	return order, nil
}

func (s *Server) deleteFaults(*http.Request) (any, error) {
	s.ClearFaults()
	return s.faults.list(), nil
}

func (s *Server) getBehaviour(*http.Request) (any, error) { return s.Behaviour(), nil }

func (s *Server) patchBehaviour(r *http.Request) (any, error) {
	b := s.Behaviour()
	if err := read(r, &b); err != nil {
		return nil, err
	}
	s.SetBehaviour(b)
	return b, nil
}

func (s *Server) getStats(*http.Request) (any, error) { return s.Stats(), nil }

// patient is a request's context that survives the client's leaving: what a phone began
// it finishes.
func patient(r *http.Request) context.Context { return context.WithoutCancel(r.Context()) }

func intQuery(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return 0
	}
	return n
}
