package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
)

// phone plays what the linked phone sends into some chats of one workspace.
type phone struct {
	w     domain.Workspace
	chats map[domain.CustomerID]domain.Conversation
	count int
}

const appText = "Thank you for contacting Ada's Kitchen! We will reply soon."

func newPhone() *phone {
	return &phone{w: domain.Workspace{}.Evolve(registered), chats: map[domain.CustomerID]domain.Conversation{}}
}

// sends lets the customer write and the phone answer after a while; it tells whether that counts as a person.
func (p *phone) sends(to domain.CustomerID, at time.Time, after time.Duration, text string) (person bool) {
	p.count++
	about := domain.About{WorkspaceID: p.w.ID, CustomerID: to}
	id := domain.MessageID(string(to) + string(rune('a'+p.count)))
	p.chats[to] = p.chats[to].Evolve(domain.MessageReceived{About: about, MessageID: "in" + id, Text: "hi", SentAt: at, ReceivedAt: at})
	seen := domain.SeeOwnerMessage(p.w, p.chats[to], domain.OwnerReplied{About: about, MessageID: id, SentAt: at.Add(after), Text: text})
	for _, e := range seen.Workspace {
		p.w = p.w.Evolve(e.(domain.WorkspaceEvent))
	}
	for _, e := range seen.Elsewhere {
		p.chats[e.CustomerID] = p.chats[e.CustomerID].Evolve(e)
	}
	p.chats[to] = p.chats[to].Evolve(seen.Reply)
	return !seen.Reply.Automatic
}

func (p *phone) quiet(in domain.CustomerID, at time.Time) bool {
	return p.chats[in].Silence(p.w, at) == domain.ReasonOwnerActive
}

func TestAutomaticRepliesOfTheApp(t *testing.T) {
	later := noon.Add(time.Hour / 2)
	t.Run("count as a person the first time, and are recognised in the second chat", func(t *testing.T) {
		p := newPhone()
		if !p.sends("ada", noon, 2*time.Second, appText) || !p.quiet("ada", later) {
			t.Fatal("the first one did not silence the bot")
		}
		if p.sends("bola", noon, 3*time.Second, "  "+appText) || p.quiet("bola", later) || p.quiet("ada", later) {
			t.Fatal("the second one was not recognised, or the first chat was not opened again")
		}
		if p.sends("chidi", noon, time.Second, appText) {
			t.Fatal("the third one was not recognised at once")
		}
	})
	t.Run("leave whoever waits for a person waiting", func(t *testing.T) {
		p := newPhone()
		waits := func(in domain.CustomerID) bool { return p.chats[in].Silence(p.w, later) == domain.ReasonHuman }
		p.chats["ada"] = p.chats["ada"].Evolve(domain.ConversationHandedOff{At: noon})
		p.sends("ada", noon, 2*time.Second, appText)
		p.sends("bola", noon, 3*time.Second, appText)
		if !waits("ada") {
			t.Error("nobody spoke, and the bot speaks again")
		}
		p.chats["chidi"] = p.chats["chidi"].Evolve(domain.ConversationHandedOff{At: noon})
		p.sends("chidi", noon, time.Minute, "Good morning, how can I help?")
		if waits("chidi") {
			t.Error("a person spoke")
		}
	})
	t.Run("but not who was answered by a person since, or whose chat was given back", func(t *testing.T) {
		muchLater := noon.Add(2 * domain.QuietAfter)
		for name, since := range map[string]func(*phone){
			"answered": func(p *phone) { p.sends("ada", noon, time.Minute, "Good morning, how can I help?") },
			"given back": func(p *phone) {
				p.chats["ada"] = p.chats["ada"].Evolve(domain.ConversationGivenBack{At: noon.Add(time.Minute)})
			},
		} {
			p := newPhone()
			p.chats["ada"] = p.chats["ada"].Evolve(domain.ConversationHandedOff{At: noon})
			p.sends("ada", noon, 2*time.Second, appText)
			since(p)
			p.sends("bola", noon, 3*time.Second, appText)
			if why := p.chats["ada"].Silence(p.w, muchLater); why != "" {
				t.Errorf("%s: silent, %s", name, why)
			}
		}
	})
	t.Run("once recognised, a second time in one chat is a person's, and other chats stay recognised", func(t *testing.T) {
		p := newPhone()
		p.sends("ada", noon, time.Second, appText)
		p.sends("bola", noon, time.Second, appText)
		if !p.sends("ada", later, time.Second, appText) {
			t.Fatal("taken for the app")
		}
		if p.sends("chidi", noon, time.Second, appText) {
			t.Fatal("what was proven is forgotten")
		}
	})
	for name, c := range map[string]func(*phone) bool{
		"the same words, typed later":         func(p *phone) bool { return p.sends("bola", noon, 11*time.Second, appText) },
		"other words":                         func(p *phone) bool { return p.sends("bola", noon, time.Second, appText+" Ada") },
		"the same words twice in one chat":    func(p *phone) bool { return p.sends("ada", later, time.Second, appText) },
		"words before any customer's message": func(p *phone) bool { return p.sends("bola", noon, -time.Second, appText) },
	} {
		t.Run("a person wrote: "+name, func(t *testing.T) {
			p := newPhone()
			p.sends("ada", noon, time.Second, appText)
			if !c(p) {
				t.Fatal("taken for the app")
			}
		})
	}
	t.Run("a short answer is a person's, however quick and often", func(t *testing.T) {
		p := newPhone()
		for _, c := range []domain.CustomerID{"ada", "bola", "chidi"} {
			if !p.sends(c, noon, time.Second, "OK, one moment") {
				t.Fatal("taken for the app")
			}
		}
	})
	t.Run("words a person used twice in a chat are never the app's", func(t *testing.T) {
		p := newPhone()
		p.sends("ada", noon, time.Second, appText)
		p.sends("ada", later, time.Second, appText)
		if !p.sends("bola", noon, time.Second, appText) {
			t.Fatal("taken for the app")
		}
	})
}
