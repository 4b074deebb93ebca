package projections

import (
	"fmt"
	"strings"
	"time"

	"switchboard.example/domain"
)

// Sentence says in plain words what happened. It names nobody and quotes nothing of a customer's.
func Sentence(r domain.Recorded) string { return strings.TrimSpace(sentenceOf(r)) }

func sentenceOf(r domain.Recorded) string {
	switch e := r.Event.(type) {
	case domain.WorkspaceEvent:
		return who(r) + " " + workspaceSentence(e)
	case domain.ConnectionEvent:
		return connectionSentence(e)
	case domain.FAQEvent:
		return who(r) + " " + faqSentence(e)
	case domain.CustomerForgotten:
		return who(r) + " erased a customer; nothing of theirs can be read any more."
	case domain.CustomerEvent:
		return customerSentence(e)
	case domain.ConversationEvent:
		return conversationSentence(e)
	case domain.AdminEvent:
		return adminSentence(e)
	}
	return "Something happened: " + r.Type + "."
}

func who(r domain.Recorded) string {
	switch r.Actor.Kind {
	case domain.ActorMember:
		return "A member"
	case domain.ActorOwner:
		return "The owner, by phone,"
	case domain.ActorCustomer:
		return "A customer"
	case domain.ActorBot:
		return "The bot"
	case domain.ActorWhatsApp:
		return "WhatsApp"
	case domain.ActorAdmin:
		return "The platform"
	case domain.ActorSystem:
	}
	return "Switchboard"
}

func workspaceSentence(e domain.WorkspaceEvent) string {
	switch e := e.(type) {
	case domain.WorkspaceRegistered:
		return fmt.Sprintf("signed up as “%s”; the trial runs until %s.", e.Name, day(e.TrialUntil))
	case domain.WorkspaceRenamed:
		return fmt.Sprintf("renamed the business to “%s”.", e.Name)
	case domain.WorkspaceSettingsChanged:
		return "changed the settings."
	case domain.WorkspacePlanChanged:
		return "set the plan to " + planWords(e) + "."
	case domain.WorkspaceSuspended:
		return "suspended the workspace."
	case domain.WorkspaceResumed:
		return "lifted the suspension."
	case domain.WorkspaceMemberAdded:
		return fmt.Sprintf("added a member as %s.", e.Role)
	case domain.WorkspaceMemberRemoved:
		return "removed a member."
	case domain.WorkspaceAdminNumberVerified:
		return "verified a phone for commands."
	case domain.WorkspaceAdminNumberRemoved:
		return "removed a phone; its commands count no longer."
	case domain.WorkspaceMemberAlertsChosen:
		return "chose when they are told of alerts."
	case domain.WorkspaceAlertRaised:
		return "told the business: " + alertWords(e)
	case domain.WorkspaceBotPaused:
		if e.Until.IsZero() {
			return "paused the bot until somebody resumes it."
		}
		return "paused the bot until " + clock(e.Until) + "."
	case domain.WorkspaceShiftFitted:
		return fmt.Sprintf("learned from %d judged questions how sure the bot must be: %+.2f on the log-odds.", e.Labels, e.Shift)
	case domain.WorkspaceShiftReset:
		return "forgot what judged questions said about how sure the bot must be."
	case domain.WorkspaceBotResumed:
		return "resumed the bot."
	case domain.WorkspaceQuickReplySeen:
		return "wrote within seconds of a customer's message."
	case domain.WorkspaceAppReplyRecognised:
		return "has an automatic reply switched on in the WhatsApp app; it is better switched off."
	}
	return "did something with the workspace."
}

func alertWords(e domain.WorkspaceAlertRaised) string {
	switch e.Kind {
	case domain.AlertDisconnected:
		return "the number is not connected."
	case domain.AlertBack:
		return "the number is connected again."
	case domain.AlertWaiting:
		return count(e.Count, "customer waits", "customers wait") + " for a person."
	case domain.AlertLoop:
		return "a chat looks like another program; the bot is quiet there."
	case domain.AlertLimit:
		return "a sending limit was reached."
	case domain.AlertAppReply:
		return "the WhatsApp app answers by itself."
	case domain.AlertPlan:
		return "where the plan stands."
	case domain.AlertLive:
		return "the plan was renewed, customers are answered again."
	case domain.AlertPutAside:
		return "a message kept failing and was put aside."
	}
	return "something."
}

func planWords(e domain.WorkspacePlanChanged) string {
	state := strings.ReplaceAll(string(e.State), "_", " ")
	if e.Until.IsZero() {
		return state
	}
	return state + " until " + day(e.Until)
}

func connectionSentence(e domain.ConnectionEvent) string {
	switch e := e.(type) {
	case domain.ConnectionRequested:
		return "Connecting WhatsApp was asked for."
	case domain.ConnectionQRIssued:
		return fmt.Sprintf("QR code %d of %d was shown.", e.Attempt, e.Of)
	case domain.ConnectionPairingCodeIssued:
		return "A pairing code was shown."
	case domain.ConnectionCodeExpired:
		return "The code ran out unused."
	case domain.ConnectionCodeRefused:
		return "The phone could not use the code. " + e.Reason.Sentence()
	case domain.ConnectionPaired:
		return "The phone accepted the code."
	case domain.ConnectionConnected:
		if e.Attempt > 1 {
			return fmt.Sprintf("WhatsApp connected at try %d.", e.Attempt)
		}
		return "WhatsApp connected."
	case domain.ConnectionDisconnected:
		return "WhatsApp disconnected. " + e.Reason.Sentence()
	case domain.ConnectionReleased:
		return "The connection was let go of, because the process that held it ends or another one takes over."
	case domain.ConnectionReconnecting:
		return fmt.Sprintf("Reconnecting, try %d. %s", max(1, e.Attempt), e.Reason.Sentence())
	case domain.ConnectionCatchingUp:
		return fmt.Sprintf("WhatsApp began to hand over %s that came in while it was not connected.", count(e.Announced, "message", "messages"))
	case domain.ConnectionCaughtUp:
		return fmt.Sprintf("Caught up: %s came in while WhatsApp was not connected.", count(e.Received, "message", "messages"))
	case domain.ConnectionRestricted:
		return "WhatsApp limited the number" + untilWords(e.Until) + "." + limitWords(e.Code)
	case domain.ConnectionNewChatsAllowed:
		return fmt.Sprintf("The number may begin %d chats a day from day %d on.", e.Limit, e.Day)
	case domain.ConnectionChatBegun:
		return fmt.Sprintf("The business wrote to a customer who had not written for a day: chat %d of %d begun on day %d.", e.Count, e.Limit, e.Day)
	case domain.ConnectionSendRefused:
		return "A message of the business was refused. " + e.Reason.Sentence() + " It opens again on " + clock(e.Until) + "."
	case domain.ConnectionCrashed:
		return "Something the number received stopped our service."
	case domain.ConnectionRestrictionEnded:
		return "WhatsApp's limit on the number is over."
	case domain.ConnectionDegraded:
		if e.Reason == domain.ReasonPhoneStale {
			return e.Reason.Sentence()
		}
		return "The connection became unstable."
	case domain.ConnectionSteadied:
		if e.Reason == domain.ReasonPhoneStale {
			return "The phone was seen again."
		}
		return "The connection is steady again."
	case domain.ConnectionUnlinked:
		return "The link was removed. " + e.Reason.Sentence()
	case domain.ConnectionFailed:
		return "Connecting was given up. " + e.Reason.Sentence()
	}
	return "Something happened to the connection."
}

func faqSentence(e domain.FAQEvent) string {
	switch e := e.(type) {
	case domain.FAQAdded:
		if len(e.Questions) == 0 {
			return fmt.Sprintf("added FAQ #%d for questions customers asked.", e.Number)
		}
		return fmt.Sprintf("added FAQ #%d, “%s”.", e.Number, first(e.Questions))
	case domain.FAQRevised:
		return "changed " + revisedWords(e) + " of an FAQ."
	case domain.FAQWordingAdded:
		return "added a way to ask an FAQ."
	case domain.FAQWordingRemoved:
		return "removed a way to ask an FAQ."
	case domain.FAQEnabled:
		return "switched an FAQ on."
	case domain.FAQDisabled:
		return "switched an FAQ off."
	case domain.FAQRemoved:
		return "removed an FAQ."
	case domain.FAQPicked:
		return "heard which FAQ a customer meant."
	case domain.FAQClusterAnswered:
		return "answered a question that had no answer."
	case domain.FAQDismissed:
		return "dismissed an unanswered question."
	case domain.FAQDismissalUndone:
		return "took a dismissed question back."
	case domain.FAQReplyDeclined:
		return "declined a reply to a customer as an FAQ's answer."
	case domain.FAQTestSaved:
		return "saved a test of an FAQ."
	case domain.FAQTestRemoved:
		return "removed a test of an FAQ."
	case domain.FAQKnowledgeChanged:
		return "changed what saved tests are judged on."
	}
	return "did something with an FAQ."
}

func revisedWords(e domain.FAQRevised) string {
	var parts []string
	if e.Questions != nil {
		parts = append(parts, "the questions")
	}
	if e.Answer != nil {
		parts = append(parts, "the answer")
	}
	if e.PidginAnswer != nil {
		parts = append(parts, "the Pidgin answer")
	}
	if e.OnlyWhenSure != nil {
		parts = append(parts, "the caution")
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}

func customerSentence(e domain.CustomerEvent) string {
	switch e.(type) {
	case domain.CustomerSeen:
		return "A customer's name or number was learned."
	case domain.CustomerAddressMoved:
		return "A phone number belongs to another customer now."
	case domain.CustomerAddressLinked:
		return "Another address of a customer became known."
	case domain.CustomerMerged:
		return "Two customers turned out to be one."
	case domain.CustomerIgnored:
		return "It was decided whether the bot leaves a customer alone."
	case domain.CustomerAllowed:
		return "It was decided whether the bot answers a customer where it answers only some."
	case domain.CustomerForgotten: // sentenceOf says who did it
	}
	return "Something happened to a customer."
}

func conversationSentence(e domain.ConversationEvent) string {
	switch e := e.(type) {
	case domain.MessageReceived:
		if e.Kind == domain.KindCall {
			return "A customer called, and nobody took the call."
		}
		return "A customer sent " + kindWords(e.Kind) + "."
	case domain.MessageEdited:
		return "A customer changed a message."
	case domain.MessageDeleted:
		return "A customer deleted a message."
	case domain.MessageUndecryptable:
		return "A message arrived that could not be read."
	case domain.IdentityChanged:
		return "A customer's security code changed; they may have a new phone."
	case domain.OwnerReplied:
		if e.Automatic {
			return "The WhatsApp app replied by itself."
		}
		return "The business replied by phone."
	case domain.OwnerReplyReclassified:
		return "An earlier reply turned out to be automatic. " + e.Why.Sentence()
	case domain.ConfirmationAsked:
		return "A command waits for a confirmation."
	case domain.CommandCarriedOut:
		return fmt.Sprintf("The command %s was carried out by the %s.", e.Command, e.Role)
	case domain.OwnerCommanded:
		return "The owner sent a command."
	case domain.ReplyDecided:
		return decisionSentence(e)
	case domain.QuestionUnanswered:
		return "A question was kept for the owner to answer."
	case domain.ConversationHandedOff:
		return "The bot handed the chat over. " + e.Reason.Sentence()
	case domain.ConversationTakenOver:
		return "A member took the chat over" + untilWords(e.Until) + "."
	case domain.ConversationGivenBack:
		return "The chat was given back to the bot."
	case domain.ConversationOptedOut:
		return "A customer asked for no more automatic messages."
	case domain.ConversationOptedIn:
		return "A customer asked for automatic messages again."
	case domain.ConversationMuted:
		return "The bot went quiet in a chat" + untilWords(e.Until) + ". " + e.Reason.Sentence()
	default:
		return replySentence(e)
	}
}

func replySentence(e domain.ConversationEvent) string {
	switch e := e.(type) {
	case domain.ReplyQueued:
		return "A reply is ready to be sent."
	case domain.ReplySent:
		return "A reply was sent."
	case domain.ReplyDelivered:
		return "A reply was delivered."
	case domain.ReplyRead:
		return "A reply was read."
	case domain.ReplyRetryRequested:
		if e.Unreadable() {
			return "A reply is not readable by the customer: their phone asked for it again and again."
		}
		return "A customer's phone asked for a reply once more."
	case domain.ReplyRetried:
		return fmt.Sprintf("WhatsApp refused a reply (%s). Its chat's privacy token was refreshed, and it goes once more.", e.Code)
	case domain.ReplyFailed:
		return "A reply was refused by WhatsApp. " + domain.RefusedBy(e.Code).Sentence()
	case domain.ReplyCancelled:
		return "A reply was not sent. " + e.Reason.Sentence()
	default:
		return "Something happened in a chat."
	}
}

func decisionSentence(e domain.ReplyDecided) string {
	why := " " + e.Why.Sentence()
	switch e.Decision {
	case domain.DecideAnswer:
		return "The bot chose an answer." + why
	case domain.DecideChoices:
		return "The bot asked which question was meant." + why
	case domain.DecideFallback:
		return "The bot had no answer." + why
	case domain.DecideGreeting:
		return "The bot greeted a customer."
	case domain.DecideAway:
		return "The bot said that nobody is there."
	case domain.DecideCommand:
		return "The bot carried out the owner's command."
	case domain.DecideSilence:
		return "The bot stayed silent." + why
	}
	return "The bot decided something." + why
}

func adminSentence(e domain.AdminEvent) string {
	switch e := e.(type) {
	case domain.AdminCommandIssued:
		return fmt.Sprintf("The platform ordered %s: %s", strings.ReplaceAll(e.Command, "_", " "), ended(e.Reason))
	case domain.AdminCommandRefused:
		return fmt.Sprintf("The platform's order was refused: %s (%s).", strings.ReplaceAll(e.Command, "_", " "), e.Refusal)
	}
	return "The platform did something."
}

func kindWords(k domain.MessageKind) string {
	switch k {
	case domain.KindText:
		return "a message"
	case domain.KindImage, domain.KindOther:
		return map[domain.MessageKind]string{domain.KindImage: "a picture", domain.KindOther: "something the bot cannot read"}[k]
	case domain.KindVideo, domain.KindDocument, domain.KindSticker, domain.KindLocation, domain.KindContact, domain.KindPoll, domain.KindReaction:
		return "a " + string(k)
	case domain.KindVoice:
		return "a voice message"
	case domain.KindCall:
		return "a call"
	case domain.KindUnreadable:
		return "something that could not be opened"
	}
	return "something"
}

func ended(sentence string) string {
	sentence = strings.TrimSpace(sentence)
	if strings.HasSuffix(sentence, ".") {
		return sentence
	}
	return sentence + "."
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// limitWords are what WhatsApp means by the code of a limit.
func limitWords(code int) string {
	switch code {
	case 101:
		return " Too many messages went to people who do not have the number saved."
	case 102:
		return " Too many people blocked it."
	case 103:
		return " It made too many groups with people who do not have it saved."
	case 104:
		return " The same message went out too often."
	case 106:
		return " Too many messages went to broadcast lists."
	case 463:
		return " It may not begin new chats; answers still go out."
	}
	return ""
}

func untilWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + clock(t)
}

func day(t time.Time) string   { return t.UTC().Format("2 January 2006") }
func clock(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
