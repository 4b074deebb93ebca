package domain_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

func TestAChangedSecurityCodeIsNewsOnce(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	about := domain.About{WorkspaceID: "w", CustomerID: "c"}
	changed := func(at time.Time, implicit bool) domain.IdentityChanged {
		return domain.IdentityChanged{About: about, Implicit: implicit, ChangedAt: at}
	}
	wrote := domain.Conversation{}.Evolve(domain.MessageReceived{About: about, MessageID: "M", SentAt: noon, ReceivedAt: noon, ReplyTo: "x"})
	known := wrote.Evolve(changed(noon, false))
	for name, c := range map[string]struct {
		given domain.Conversation
		heard domain.IdentityChanged
		news  bool
	}{
		"of somebody who never wrote":                  {domain.Conversation{}, changed(noon, false), false},
		"of a customer":                                {wrote, changed(noon, false), true},
		"of somebody whose message could not be read":  {domain.Conversation{}.Evolve(domain.MessageUndecryptable{About: about, MessageID: "M", SentAt: noon}), changed(noon, false), true},
		"of somebody the business wrote to":            {domain.Conversation{}.Evolve(domain.OwnerReplied{About: about, MessageID: "M", SentAt: noon}), changed(noon, true), true},
		"said again":                                   {known, changed(noon, false), false},
		"said a little later":                          {known, changed(noon.Add(time.Minute), false), false},
		"heard from the phone before WhatsApp said so": {wrote.Evolve(changed(noon, true)), changed(noon.Add(-5*time.Hour), false), false},
		"of the same customer, another time":           {known, changed(noon.Add(time.Hour), true), true},
	} {
		if got := len(c.given.SeeIdentityChange(c.heard)) > 0; got != c.news {
			t.Errorf("%s: news is %v", name, got)
		}
	}
	quiet := known
	quiet.IdentityChangedAt = time.Time{}
	if diff := cmp.Diff(wrote, quiet); diff != "" {
		t.Errorf("it changed the chat:\n%s", diff)
	}
}
