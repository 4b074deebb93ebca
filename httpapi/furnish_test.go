package httpapi

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func (w *world) furnishEmpty(email string) furnished {
	w.Helper()
	p := w.signUp(email)
	w.must(w.db.Get(new(int), `SELECT 1`))
	renamed := "Another shop"
	_, err := w.handler.ChangeSettings(w.Context(), commands.ChangeWorkspace{WorkspaceID: p.account.WorkspaceID}, domain.SettingsChange{Name: &renamed})
	w.must(err)
	return furnished{person: p}
}

// furnish makes a workspace with an FAQ, a customer who asked and was answered, and a question nobody could answer.
func (w *world) furnish() furnished {
	w.Helper()
	f := furnished{person: w.signUp("ada@example.com")}
	id := f.account.WorkspaceID
	var err error
	f.faq, _, err = w.handler.AddFAQ(w.Context(), commands.AddFAQ{WorkspaceID: id, Draft: domain.FAQDraft{
		Questions: []string{"How much?"}, Answer: "₦1,500", Enabled: true,
	}})
	w.must(err)
	_, err = w.handler.SaveFAQTest(w.Context(), commands.SaveFAQTest{WorkspaceID: id, FAQID: f.faq, Text: "how much na"})
	w.must(err)
	f.customer, err = w.handler.ReceiveMessage(w.Context(), commands.ReceiveMessage{
		WorkspaceID: id, From: commands.Sender{Addresses: []string{"2348030000001@s.whatsapp.net"}, Phone: "2348030000001", Name: "Bola"},
		MessageID: "M1", Kind: domain.KindText, Text: "do you deliver?", SentAt: w.clock.Now(), ReplyTo: "2348030000001@s.whatsapp.net",
	})
	w.must(err)
	f.allowed, _, err = w.handler.AllowNumber(w.Context(), commands.ChangeWorkspace{WorkspaceID: id}, "2348030000077")
	w.must(err)
	answered, err := w.handler.AnswerTurn(w.Context(), commands.AnswerTurn{WorkspaceID: id, CustomerID: f.customer, Choose: answering})
	w.must(err)
	for _, model := range []string{modelFAQs, modelInbox, modelThread, modelUnanswered, modelWorkspaces, modelTimeline, modelAnalytics} {
		w.must(w.server.config.Waiter.Wait(w.Context(), model, answered.Position))
	}
	return f
}

func answering(turn commands.Turn, messages []domain.TurnMessage) (commands.Outcome, bool, error) {
	return commands.Outcome{
		Decided: domain.ReplyDecided{Decision: domain.DecideFallback, Why: domain.ReasonNoMatch}, Reply: "I asked the team.",
		Also: []domain.ConversationEvent{domain.QuestionUnanswered{
			About: turn.About, Cluster: "c1", InReplyTo: []domain.MessageID{messages[0].ID}, AskedAt: messages[0].SentAt, Text: messages[0].Text,
		}},
	}, true, nil
}

// liveStream reads a stream event by event.
type liveStream struct {
	*world
	response *http.Response
	lines    chan string
	stop     context.CancelFunc
}

func (w *world) openStream(p person, lastID string) *liveStream {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+streamPath, nil)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+p.token)
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultTransport.RoundTrip(request) //nolint:bodyclose // close does
	w.must(err)
	if response.StatusCode != http.StatusOK {
		stop()
		w.Fatalf("the stream answers %d", response.StatusCode)
	}
	s := &liveStream{world: w, response: response, lines: make(chan string, 1000), stop: stop}
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	return s
}

func (s *liveStream) close() {
	s.stop()
	_ = s.response.Body.Close()
	for range s.lines {
	}
}

// event is one event of a stream.
type event struct{ name, id, data string }

// next returns the next event of the given names, passing over others.
func (s *liveStream) next(names ...string) event {
	s.Helper()
	timeout := time.After(20 * time.Second)
	var e event
	for {
		select {
		case line, open := <-s.lines:
			if !open {
				s.Fatalf("the stream ended before %v", names)
			}
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "event":
				e = event{name: value}
			case "id":
				e.id = value
			case "data":
				e.data = value
				if slices.Contains(names, e.name) {
					return e
				}
			}
		case <-timeout:
			s.Fatalf("no %v within 20 s", names)
		}
	}
}
