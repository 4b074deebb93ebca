package bot

import (
	"fmt"
	"strings"
	"time"

	"switchboard.example/domain"
)

// SayAlert puts an alert into words for the business's chat with itself and its members' phones; empty for one that cannot be told
// there.
func SayAlert(w domain.Workspace, a domain.WorkspaceAlertRaised, link string) string {
	switch a.Kind {
	case domain.AlertDisconnected:
		return "" // nothing can be sent just now; the dashboard shows it, and AlertBack tells it afterwards
	case domain.AlertBack:
		return fmt.Sprintf("⚙️ 🟢 Connected again. Your number was not connected for %s.", countOf(a.Count, "minute"))
	case domain.AlertWaiting:
		return fmt.Sprintf("⚙️ %s for a person for more than %d minutes. *!waiting* lists them.", waits(a.Count), a.Waited())
	case domain.AlertLoop:
		return "⚙️ A chat looks like another program answering me, so I'm quiet there for 6 hours: " + link
	case domain.AlertLimit:
		return "⚙️ A sending limit is reached. Messages are saved and not answered until it allows more."
	case domain.AlertAppReply:
		return "⚙️ The WhatsApp app answers customers by itself. Switch its greeting and away message off, so that they don't get two answers."
	case domain.AlertPutAside:
		return "⚙️ A message came in that I can't read yet. It is kept, and shown as soon as we have mended that. Please look at the business's phone for new chats."
	case domain.AlertPlan:
		return "⚙️ 💳 " + PlanWarning(a) + " Renew: " + link
	case domain.AlertLive:
		return "⚙️ ▶️ Live again. Customers are answered from now on."
	}
	return ""
}

// Notice is an alert as a browser shows it while the dashboard is closed.
type Notice struct {
	Title  string
	Body   string
	Path   string        // of the dashboard's page that it opens
	Tag    string        // what it is about: the next about the same takes its place
	Urgent bool          // a customer is losing patience
	Keep   time.Duration // how long it is worth showing
}

// InNeed is who has waited longest for a person, and how many wait in all.
type InNeed struct {
	Waiting
	People int
}

const (
	noticeKept   = 4 * time.Hour
	planKept     = 24 * time.Hour
	noticeText   = 240 // characters of a customer's
	noticeName   = 60
	inboxPage    = "/inbox/"
	waitingPage  = "/inbox?filter=needs_you"
	alertsPage   = "/alerts"
	whatsAppPage = "/whatsapp"
)

// SayNotice puts an alert into words for a browser: who it is about, and what they want. The person is who waits, or whose chat
// it is; nobody's name is known to it otherwise.
func SayNotice(w domain.Workspace, a domain.WorkspaceAlertRaised, who InNeed) Notice {
	n := Notice{Path: alertsPage, Tag: string(a.Kind), Keep: noticeKept}
	switch a.Kind {
	case domain.AlertDisconnected:
		n.Title, n.Body = "Your number is not connected", w.Name+": customers are not getting answers."
		n.Path, n.Tag, n.Urgent = whatsAppPage, "connection", true
	case domain.AlertBack:
		n.Title, n.Body = "Connected again", w.Name+": your number was not connected for "+countOf(a.Count, "minute")+"."
		n.Path, n.Tag = whatsAppPage, "connection"
	case domain.AlertWaiting:
		n.Title = nameOf(who.Person, "A customer") + " waits for you"
		n.Body, n.Path, n.Urgent = nameOf(who.Person, "A customer")+": "+wordsOf(who.Text), inboxPage+string(who.CustomerID), true
		if who.People > 1 {
			n.Title, n.Path = fmt.Sprintf("%d customers wait for you", who.People), waitingPage
		}
	case domain.AlertLoop:
		n.Title, n.Body = "The bot is quiet in one chat", nameOf(who.Person, "A chat")+" looks like another program. The bot is quiet there for 6 hours."
		n.Tag += " " + string(a.CustomerID)
		if a.CustomerID != "" {
			n.Path = inboxPage + string(a.CustomerID)
		}
	case domain.AlertLimit:
		n.Title, n.Body = "A sending limit is reached", w.Name+": messages are saved and not answered until it allows more."
	case domain.AlertAppReply:
		n.Title, n.Body = "The WhatsApp app answers by itself", "Switch its greeting and away message off, so that customers don't get two answers."
	case domain.AlertPutAside:
		n.Title, n.Body = "A message cannot be read yet", "It is kept, and shown as soon as we have mended that. Please look at the business's phone for new chats."
	case domain.AlertPlan:
		n.Title, n.Body, n.Path, n.Keep = w.Name, PlanWarning(a), "/settings", planKept
	case domain.AlertLive:
		n.Title, n.Body, n.Tag = "Live again", w.Name+": customers are answered from now on.", string(domain.AlertPlan)
	}
	return n
}

func nameOf(p Person, nobody string) string {
	switch {
	case p.Name != "":
		return cut(p.Name, noticeName)
	case p.Phone != "":
		return showPhone(p.Phone)
	}
	return nobody
}

func wordsOf(text string) string {
	if words := cut(text, noticeText); words != "" {
		return words
	}
	return "a message without words"
}

// cut makes one line of a text, of about so many characters at most.
func cut(text string, most int) string { return clip(strings.Join(strings.Fields(text), " "), most) }

func waits(people int) string {
	if people == 1 {
		return "1 customer has waited"
	}
	return fmt.Sprintf("%d customers have waited", people)
}

// PlanWarning says where the plan stands, before what happens happens.
func PlanWarning(a domain.WorkspaceAlertRaised) string {
	what, _, _ := strings.Cut(a.Subject, " ")
	switch what {
	case "trial":
		return fmt.Sprintf("Your trial ends in %s. Then customers get no answers.", countOf(a.Count, "day"))
	case "past_due":
		return fmt.Sprintf("Your payment is due. In %s customers get no answers.", countOf(a.Count, "day"))
	case "socket":
		return fmt.Sprintf("In %s I stop listening to your number, and messages are not counted any more.", countOf(a.Count, "day"))
	case "unlink":
		return fmt.Sprintf("In %s your number is unlinked and its keys are destroyed. FAQs stay.", countOf(a.Count, "day"))
	}
	return "Your plan has ended. Customers get no answers; their messages are saved and counted."
}
