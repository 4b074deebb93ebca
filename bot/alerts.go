package bot

import (
	"fmt"
	"strings"

	"switchboard.example/domain"
)

// SayAlert puts an alert into words for the business's chat with itself; empty for one that cannot be told there.
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
		return "⚙️ A message came in that I can't read yet. It is kept, and shown as soon as we have mended that. Please look at your phone for new chats."
	case domain.AlertPlan:
		return "⚙️ 💳 " + PlanWarning(a) + " Renew: " + link
	case domain.AlertLive:
		return "⚙️ ▶️ Live again. Customers are answered from now on."
	}
	return ""
}

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
