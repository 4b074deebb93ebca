package httpapi

import (
	"net/http"
	"regexp"
	"strings"

	"switchboard.example/domain"
)

type importFAQsRequest struct {
	Text string `json:"text"`
}

type draftsBody struct {
	Drafts []draftBody `json:"drafts"`
}

type draftBody struct {
	Questions []string `json:"questions"`
	Answer    string   `json:"answer"`

	PidginAnswer *string `json:"pidginAnswer"`
}

const (
	maxImportText = 100_000
	maxDrafts     = 500
)

// importFAQs reads text into drafts to look over; nothing is saved.
func (s *Server) importFAQs(c call) error {
	body, err := read[importFAQsRequest](c)
	if err != nil {
		return err
	}
	if err := within("text", body.Text, 1, maxImportText); err != nil {
		return err
	}
	drafts := readDrafts(body.Text)
	if len(drafts) == 0 {
		return domain.InvalidField("text", "import.nothing", `No questions were found. Write "Q: …" and "A: …", or a question that ends in "?" with its answer below.`)
	}
	return writeJSON(c, http.StatusOK, draftsBody{Drafts: drafts})
}

var (
	questionMark = regexp.MustCompile(`(?i)^\s*(?:q(?:uestion)?\s*\d*|customer)\s*[:.)\-]\s*(.*)$`)
	answerMark   = regexp.MustCompile(`(?i)^\s*(?:a(?:ns(?:wer)?)?\s*\d*|reply|me|us)\s*[:.)\-]\s*(.*)$`)
	pidginMark   = regexp.MustCompile(`(?i)^\s*pidgin(?: answer)?\s*[:.)\-]\s*(.*)$`)
	listMark     = regexp.MustCompile(`^\s*(?:\d{1,3}[.)]|[-*•])\s+`)
	// chatStamp is what a copied WhatsApp chat puts before each line: "[23/11/2026, 12:01] Ada: ".
	chatStamp = regexp.MustCompile(`^\s*\[?\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? \d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?\]?(?: -)?\s*[^:]{1,60}:\s*`)
)

// draftReader gathers questions and the lines of their answer.
type draftReader struct {
	drafts    []draftBody
	questions []string
	answer    []string
	pidgin    []string // lines of the answer for who asks in Pidgin
	inPidgin  bool
}

// readDrafts understands "Q: … A: …", several questions for one answer, and questions that end in "?" with the answer below.
func readDrafts(text string) []draftBody {
	var r draftReader
	for line := range strings.Lines(text) {
		r.take(strings.TrimSpace(chatStamp.ReplaceAllString(strings.TrimRight(line, "\r\n"), "")))
	}
	r.finish()
	return r.drafts[:min(len(r.drafts), maxDrafts)]
}

func (r *draftReader) take(line string) {
	if found := questionMark.FindStringSubmatch(line); found != nil {
		r.ask(found[1])
		return
	}
	if found := answerMark.FindStringSubmatch(line); found != nil && len(r.questions) > 0 {
		r.answer = append(r.answer, found[1])
		return
	}
	if found := pidginMark.FindStringSubmatch(line); found != nil && len(r.answer) > 0 {
		r.pidgin, r.inPidgin = append(r.pidgin, found[1]), true
		return
	}
	bare := listMark.ReplaceAllString(line, "")
	if strings.HasSuffix(bare, "?") {
		r.ask(bare)
		return
	}
	switch {
	case r.inPidgin:
		r.pidgin = append(r.pidgin, line)
	case len(r.questions) > 0:
		r.answer = append(r.answer, line)
	}
}

// ask begins the next draft once the one before has an answer.
func (r *draftReader) ask(question string) {
	if strings.TrimSpace(strings.Join(r.answer, "")) != "" {
		r.finish()
	}
	if question = strings.Join(strings.Fields(question), " "); question != "" && len(r.questions) < domain.MaxWordings {
		r.questions = append(r.questions, cut(question, domain.MaxWordingLength))
	}
}

func (r *draftReader) finish() {
	answer, pidgin := strings.TrimSpace(strings.Join(r.answer, "\n")), strings.TrimSpace(strings.Join(r.pidgin, "\n"))
	if len(r.questions) > 0 && answer != "" {
		r.drafts = append(r.drafts, draftBody{Questions: r.questions, Answer: cut(answer, domain.MaxAnswerLength), PidginAnswer: orNull(cut(pidgin, domain.MaxAnswerLength))})
	}
	r.questions, r.answer, r.pidgin, r.inPidgin = nil, nil, nil, false
}

// cut shortens text to a number of characters.
func cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most])
	}
	return text
}
