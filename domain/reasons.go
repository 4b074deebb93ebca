package domain

// Reason is a word from a closed vocabulary that says why something is as it is. Programs compare it, people read Sentence.
type Reason string

// Why a connection is in its status.
const (
	ReasonNeverLinked     Reason = "never_linked"
	ReasonRequested       Reason = "requested"
	ReasonCodeShown       Reason = "code_shown"
	ReasonPhoneOutdated   Reason = "phone_outdated"
	ReasonLinking         Reason = "linking"
	ReasonOnline          Reason = "online"
	ReasonCatchingUp      Reason = "catching_up"
	ReasonDegraded        Reason = "degraded"
	ReasonPhoneStale      Reason = "phone_stale"
	ReasonRestarted       Reason = "restarted"
	ReasonDropped         Reason = "dropped"
	ReasonNetwork         Reason = "network"
	ReasonServerBusy      Reason = "server_busy"
	ReasonStorage         Reason = "storage"
	ReasonClosedByOwner   Reason = "closed_by_owner"
	ReasonCodeExpired     Reason = "code_expired"
	ReasonCancelled       Reason = "cancelled"
	ReasonUnlinkedOnPhone Reason = "unlinked_on_phone"
	ReasonUnlinkedByOwner Reason = "unlinked_by_owner"
	ReasonPhoneGone       Reason = "phone_gone" // the number moved to another phone, or is locked; WhatsApp says only that
	ReasonReplaced        Reason = "replaced"
	ReasonBanned          Reason = "banned"  // for a time
	ReasonBlocked         Reason = "blocked" // for good, unless WhatsApp takes it back
	ReasonOutdated        Reason = "outdated"
	ReasonPairFailed      Reason = "pair_failed"
	ReasonPairInternal    Reason = "pair_internal" // our own fault
	ReasonPasskey         Reason = "passkey"
	ReasonNumberTaken     Reason = "number_taken"
	ReasonFailed          Reason = "failed"
	ReasonCrashed         Reason = "crashed" // what came in kept ending our program
	ReasonPlanEnded       Reason = "plan_ended"
	ReasonSuspended       Reason = "suspended"
)

// Why the bot answered as it did, stayed silent, or a reply was not sent.
const (
	ReasonExact        Reason = "exact_wording"
	ReasonConfident    Reason = "confident"
	ReasonUnsure       Reason = "unsure"
	ReasonNoMatch      Reason = "no_match"
	ReasonNoFAQs       Reason = "no_faqs"
	ReasonGreeting     Reason = "greeting"
	ReasonSmallTalk    Reason = "small_talk"
	ReasonCommand      Reason = "command"
	ReasonPaused       Reason = "bot_paused"
	ReasonTooOld       Reason = "too_old"
	ReasonNotText      Reason = "not_text"
	ReasonOwnerActive  Reason = "owner_active"
	ReasonOptedOut     Reason = "opted_out"
	ReasonIgnored      Reason = "ignored"
	ReasonRateLimited  Reason = "rate_limited"
	ReasonTooLate      Reason = "too_late"
	ReasonDisconnected Reason = "disconnected"
	ReasonWithdrawn    Reason = "withdrawn" // the customer deleted the message
	ReasonHuman        Reason = "asked_for_a_person"
	ReasonRepeat       Reason = "repeated"
	ReasonLoop         Reason = "loop"

	ReasonPicked          Reason = "picked"        // the customer chose by number or name
	ReasonFollowUp        Reason = "follow_up"     // read together with what was answered just before
	ReasonMenu            Reason = "menu"          // the customer asked what there is
	ReasonThanks          Reason = "thanks"        // the customer said thank you
	ReasonOptingOut       Reason = "opting_out"    // the customer asks for no more messages, now
	ReasonOptingIn        Reason = "opting_in"     // the customer asks for messages again, now
	ReasonNotAllowed      Reason = "not_allowed"   // the bot answers only people the business allowed
	ReasonSavedContact    Reason = "saved_contact" // the bot leaves saved contacts alone
	ReasonSoftReturn      Reason = "soft_return"   // a person spoke within a day and the bot is not sure
	ReasonOutOfOrder      Reason = "out_of_order"  // a later message was decided already
	ReasonComplaint       Reason = "complaint"
	ReasonAbuse           Reason = "abuse"
	ReasonGaveUp          Reason = "gave_up" // no answer found twice, handed over
	ReasonEdited          Reason = "edited"  // the customer changed the message after the decision
	ReasonUnreadable      Reason = "unreadable"
	ReasonUnclear         Reason = "unclear"           // several FAQs were possible, twice
	ReasonAppReply        Reason = "app_reply"         // WhatsApp's own app answered by itself
	ReasonNewChatsStopped Reason = "new_chats_stopped" // by WhatsApp (463)
	ReasonNewChatsUsed    Reason = "new_chats_used_up" // all that the number may begin on this day
	ReasonSameText        Reason = "same_text"         // the same words went to many chats
	ReasonNotLetIn        Reason = "not_let_in"        // WhatsApp lets the number write to this chat no more, for now (463)
	ReasonNotTaken        Reason = "not_taken"         // WhatsApp refused the message, for another reason
	ReasonOwnNote         Reason = "own_note"          // the owner wrote something to themselves that is no command
	ReasonErased          Reason = "erased"            // the customer was
)

// RefusedBy is what a code means with which WhatsApp refuses a message for good.
func RefusedBy(code string) Reason {
	if code == "463" {
		return ReasonNotLetIn
	}
	return ReasonNotTaken
}

// Sentence is the reason as the owner reads it.
func (r Reason) Sentence() string {
	if s, ok := sentences[r]; ok {
		return s
	}
	return string(r)
}

var sentences = map[Reason]string{ //nolint:gochecknoglobals,gosec // a constant table; "passkey" is a word in it
	ReasonNeverLinked:     "Link your number so the bot can answer.",
	ReasonRequested:       "Getting your code.",
	ReasonCodeShown:       "Waiting for you to scan or type the code.",
	ReasonPhoneOutdated:   "Update WhatsApp on the phone, then scan again.",
	ReasonLinking:         "Code accepted. Finishing; keep WhatsApp open on your phone.",
	ReasonOnline:          "Connected.",
	ReasonCatchingUp:      "Connected, catching up on messages.",
	ReasonDegraded:        "The connection is unstable.",
	ReasonPhoneStale:      "Your phone has not been online for 12 days. Open WhatsApp on it within 2 days, or WhatsApp removes this link.",
	ReasonRestarted:       "We restarted and are connecting again.",
	ReasonDropped:         "The connection dropped. We are connecting again.",
	ReasonNetwork:         "WhatsApp cannot be reached. We keep trying.",
	ReasonServerBusy:      "WhatsApp is busy. We keep trying.",
	ReasonStorage:         "We cannot save messages right now, so we leave them with WhatsApp and keep trying.",
	ReasonClosedByOwner:   "You disconnected. FAQs and history are safe.",
	ReasonCodeExpired:     "That code expired. Codes last about 2½ minutes.",
	ReasonCancelled:       "Linking was cancelled.",
	ReasonUnlinkedOnPhone: "Your phone unlinked us. FAQs and history are safe.",
	ReasonUnlinkedByOwner: "You removed the link. FAQs and history are safe.",
	ReasonPhoneGone:       "WhatsApp logged this number out, because it moved to another phone or is locked. Check WhatsApp on the phone, then link again.",
	ReasonReplaced:        "This link was opened elsewhere.",
	ReasonBanned:          "WhatsApp limited this number. We stopped sending.",
	ReasonBlocked:         "WhatsApp has blocked this number. Open WhatsApp on the phone and ask for a review.",
	ReasonOutdated:        "Our service needs an update. Your data is safe.",
	ReasonPairFailed:      "Linking failed. Please try again.",
	ReasonPairInternal:    "Linking failed on our side, not on your phone. Please try again.",
	ReasonPasskey:         "WhatsApp asks this number for a passkey, which only WhatsApp's own apps can use. Remove it on the phone (WhatsApp, Settings, Account, Passkeys), then link with a new code.",
	ReasonNumberTaken:     "This number is already linked to another workspace.",
	ReasonFailed:          "WhatsApp refused the connection.",
	ReasonCrashed:         "Something this number received kept stopping our service, so we set the number aside. Nothing is lost; ask support, or connect again.",
	ReasonPlanEnded:       "Your plan has ended.",
	ReasonSuspended:       "This workspace is suspended. Ask support to lift it.",
	ReasonExact:           "The message is one of the FAQ's wordings.",
	ReasonConfident:       "The FAQ matched with enough confidence.",
	ReasonUnsure:          "Several FAQs were possible.",
	ReasonNoMatch:         "No FAQ matched well enough.",
	ReasonNoFAQs:          "There is no FAQ yet.",
	ReasonGreeting:        "The customer said hello.",
	ReasonSmallTalk:       "Small talk needs no answer.",
	ReasonCommand:         "An owner's command.",
	ReasonPaused:          "The bot is paused.",
	ReasonTooOld:          "The message was older than two minutes when it arrived.",
	ReasonNotText:         "The message has no text.",
	ReasonOwnerActive:     "A person from the business is talking in this chat.",
	ReasonOptedOut:        "The customer asked for no more messages.",
	ReasonIgnored:         "This number is ignored.",
	ReasonRateLimited:     "The workspace's sending limit was reached.",
	ReasonTooLate:         "It could not be sent within two hours.",
	ReasonDisconnected:    "The number was not connected.",
	ReasonWithdrawn:       "The customer deleted the message.",
	ReasonHuman:           "The customer asked for a person.",
	ReasonRepeat:          "The same question had just been answered.",
	ReasonLoop:            "Two automatic programs were answering each other.",
	ReasonPicked:          "The customer chose it from the list.",
	ReasonFollowUp:        "The message follows up on the answer before it.",
	ReasonMenu:            "The customer asked for the menu.",
	ReasonThanks:          "The customer said thank you.",
	ReasonOptingOut:       "The customer asked for no more messages.",
	ReasonOptingIn:        "The customer asked for messages again.",
	ReasonNotAllowed:      "The bot answers only people you allowed.",
	ReasonSavedContact:    "The bot leaves your saved contacts alone.",
	ReasonSoftReturn:      "A person from the business wrote here within a day, so the bot answers only when it is sure.",
	ReasonOutOfOrder:      "A later message was answered already.",
	ReasonComplaint:       "It sounds like a complaint. A person should read it first.",
	ReasonAbuse:           "The customer was abusive.",
	ReasonGaveUp:          "The bot had no answer twice.",
	ReasonEdited:          "The customer changed a message that was answered already.",
	ReasonUnreadable:      "The message could not be opened.",
	ReasonUnclear:         "It stayed unclear which question was meant.",
	ReasonAppReply:        "WhatsApp's own app answered by itself.",
	ReasonNewChatsStopped: "WhatsApp lets this number begin no chats for now.",
	ReasonNewChatsUsed:    "All chats that this number may begin today were begun.",
	ReasonSameText:        "The same text had gone to many chats within minutes.",
	ReasonNotLetIn:        "WhatsApp does not let this number write to this customer now. Answer from the phone, or wait until the customer writes again.",
	ReasonNotTaken:        "WhatsApp did not take the message.",
	ReasonOwnNote:         "It was no command.",
	ReasonErased:          "The customer was erased.",
}
