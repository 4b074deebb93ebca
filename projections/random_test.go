package projections_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"switchboard.example/domain"
)

// chance tells random histories: any event may follow any other, so that the projections meet what they did not expect.
type chance struct {
	*rand.Rand
	h      *history
	faqs   map[domain.WorkspaceID][]domain.FAQID
	open   map[domain.About][]domain.MessageID
	asked  map[domain.About][]domain.MessageID // what the last unanswered question was asked with
	sentTo map[domain.About][]domain.ReplyID
	gone   map[domain.CustomerID]bool
	count  int
}

func randomHistory(seed uint64, length int) *chance {
	c := &chance{
		Rand: rand.New(rand.NewPCG(seed, 2)), h: newHistory(), faqs: map[domain.WorkspaceID][]domain.FAQID{},
		open: map[domain.About][]domain.MessageID{}, asked: map[domain.About][]domain.MessageID{}, sentTo: map[domain.About][]domain.ReplyID{}, gone: map[domain.CustomerID]bool{},
	}
	for n := range 2 {
		w := c.workspace(n)
		c.h.add(w, domain.WorkspaceRegistered{WorkspaceID: w, Name: "Shop", TrialUntil: noon.Add(domain.TrialLength)},
			domain.WorkspaceMemberAdded{WorkspaceID: w, MemberID: id[domain.MemberID](string(w), "eve"), Role: domain.RoleOwner},
			domain.WorkspaceSettingsChanged{WorkspaceID: w, Menu: &[]domain.FAQID{}}, domain.FAQDismissed{WorkspaceID: w, Cluster: "hours"},
			domain.WorkspaceAlertRaised{WorkspaceID: w, Kind: domain.AlertPlan, At: c.h.now})
	}
	for range length {
		c.h.now = c.h.now.Add(time.Duration(c.IntN(int(3 * time.Minute))))
		w := c.workspace(c.IntN(2))
		c.h.add(w, c.next(w)...)
	}
	return c
}

func (c *chance) workspace(n int) domain.WorkspaceID {
	return id[domain.WorkspaceID]("workspace", fmt.Sprint(n))
}

func (c *chance) about(w domain.WorkspaceID) domain.About {
	return domain.About{WorkspaceID: w, CustomerID: id[domain.CustomerID](string(w), fmt.Sprint(c.IntN(4)))}
}

func (c *chance) next(w domain.WorkspaceID) []domain.Event {
	c.count++
	switch kind := c.IntN(20); {
	case kind < 6:
		return []domain.Event{c.incoming(c.about(w))}
	case kind < 9:
		return c.decide(c.about(w))
	case kind < 13:
		return []domain.Event{c.settle(c.about(w))}
	case kind < 15:
		return []domain.Event{c.chat(c.about(w))}
	case kind < 16:
		return []domain.Event{c.customer(c.about(w))}
	case kind < 18:
		return []domain.Event{c.connection(w)}
	case kind < 19:
		return []domain.Event{c.faq(w)}
	}
	return []domain.Event{c.business(w)}
}

func pick[T any](c *chance, of ...T) T { return of[c.IntN(len(of))] }

func (c *chance) incoming(a domain.About) domain.Event {
	m := domain.MessageID(fmt.Sprintf("M%d", c.count))
	if known := c.open[a]; len(known) > 0 && c.IntN(4) == 0 {
		m = known[c.IntN(len(known))]
		return pick[domain.Event](c,
			domain.MessageEdited{About: a, MessageID: m, EditedAt: c.h.now, Text: "corrected"},
			domain.MessageDeleted{About: a, MessageID: m, DeletedAt: c.h.now},
			domain.MessageUndecryptable{About: a, MessageID: m, SentAt: c.h.now})
	}
	c.open[a] = append(c.open[a], m)
	sent := c.h.now.Add(-time.Duration(c.IntN(int(5 * time.Minute))))
	return pick[domain.Event](c,
		domain.MessageReceived{About: a, MessageID: m, Kind: domain.KindText, SentAt: sent, ReceivedAt: c.h.now, Text: "how\x00 much?", ReplyTo: "x"},
		domain.MessageReceived{About: a, MessageID: m, Kind: domain.KindImage, SentAt: sent, ReceivedAt: c.h.now, ReplyTo: "x"},
		domain.MessageUndecryptable{About: a, MessageID: m, SentAt: sent, ReceivedAt: c.h.now, ReplyTo: "x"},
		domain.OwnerCommanded{About: a, MessageID: m, SentAt: sent, ReceivedAt: c.h.now, Text: "!pause"})
}

func (c *chance) decide(a domain.About) []domain.Event {
	ids := c.open[a]
	c.open[a] = nil
	d := domain.ReplyDecided{
		About: a, InReplyTo: ids, DecidedAt: c.h.now, Score: c.Float64(), Margin: c.Float64(),
		Decision: pick(c, domain.DecideAnswer, domain.DecideChoices, domain.DecideFallback, domain.DecideSilence, domain.DecideGreeting),
		Why:      pick(c, domain.ReasonConfident, domain.ReasonNoMatch, domain.ReasonSmallTalk, domain.ReasonTooOld, domain.ReasonPicked, domain.ReasonUnsure),
	}
	if faqs := c.faqs[a.WorkspaceID]; len(faqs) > 0 {
		d.FAQ = faqs[c.IntN(len(faqs))]
		d.Candidates = []domain.Candidate{{FAQ: faqs[c.IntN(len(faqs))], Score: d.Score}}
		d.Thresholds = &domain.Thresholds{Answer: 0.8, Shift: -c.Float64()}
	}
	events := []domain.Event{d}
	if d.Decision == domain.DecideFallback {
		c.asked[a] = ids
		events = append(events, domain.QuestionUnanswered{
			About: a, Cluster: pick(c, "delivery", "price", "hours"), InReplyTo: ids, SentAt: c.h.now.Add(-time.Minute), AskedAt: c.h.now, Text: "do you deliver?",
		})
	}
	if d.Decision == domain.DecideSilence {
		return events
	}
	reply := domain.ReplyIDOf(a.CustomerID, domain.MessageID(fmt.Sprintf("R%d", c.count)))
	c.sentTo[a] = append(c.sentTo[a], reply)
	return append(events, domain.ReplyQueued{
		About: a, ReplyID: reply, WhatsAppID: domain.MessageID(fmt.Sprintf("R%d", c.count)), Author: pick(c, domain.AuthorBot, domain.AuthorDashboard),
		Command: c.IntN(9) == 0, InReplyTo: ids, Deadline: c.h.now.Add(domain.ReplyDeadline), QueuedAt: c.h.now, To: "x", Text: "₦1,500",
	})
}

func (c *chance) settle(a domain.About) domain.Event {
	reply := id[domain.ReplyID]("never queued")
	if known := c.sentTo[a]; len(known) > 0 {
		reply = known[c.IntN(len(known))]
	}
	return pick[domain.Event](c,
		domain.ReplySent{About: a, ReplyID: reply, SentAt: c.h.now}, domain.ReplySent{About: a, ReplyID: reply, SentAt: c.h.now},
		domain.ReplyDelivered{About: a, ReplyID: reply, DeliveredAt: c.h.now}, domain.ReplyRead{About: a, ReplyID: reply, ReadAt: c.h.now},
		domain.ReplyFailed{About: a, ReplyID: reply, FailedAt: c.h.now},
		domain.ReplyRetryRequested{About: a, ReplyID: reply, Count: 1 + c.IntN(5), RequestedAt: c.h.now},
		domain.ReplyCancelled{About: a, ReplyID: reply, Reason: domain.ReasonTooLate, CancelledAt: c.h.now})
}

func (c *chance) chat(a domain.About) domain.Event {
	return pick[domain.Event](c,
		c.typed(a, domain.OwnerReplied{About: a, MessageID: domain.MessageID(fmt.Sprintf("O%d", c.count)), SentAt: c.h.now, Text: "Hello!", Automatic: c.IntN(4) == 0}),
		domain.OwnerReplyReclassified{About: a, MessageID: domain.MessageID(fmt.Sprintf("O%d", c.count-1)), Why: domain.ReasonAppReply},
		domain.IdentityChanged{About: a, Implicit: c.IntN(2) == 0, ChangedAt: c.h.now},
		domain.CommandCarriedOut{About: a, Command: "!faq add", Role: domain.RoleOwner, At: c.h.now},
		domain.ConversationHandedOff{About: a, Reason: domain.ReasonHuman, At: c.h.now},
		domain.ConversationTakenOver{About: a, Until: c.h.now.Add(time.Hour)}, domain.ConversationGivenBack{About: a, At: c.h.now},
		domain.ConversationOptedOut{About: a, At: c.h.now}, domain.ConversationOptedIn{About: a, At: c.h.now},
		domain.ConversationMuted{About: a, Reason: domain.ReasonLoop, Until: c.h.now.Add(time.Hour)})
}

// typed varies what a person writes: late, with a caption, or under what the customer wrote.
func (c *chance) typed(a domain.About, e domain.OwnerReplied) domain.Event {
	switch c.count % 5 {
	case 0:
		e.SentAt = e.SentAt.Add(-time.Duration(c.count%20) * time.Minute)
	case 1:
		e.Kind = domain.KindImage
	case 2:
		if known := c.asked[a]; len(known) > 0 {
			e.Quotes = known[0]
		}
	case 3:
		e.Text = "Yes,\x00 we do."
	}
	return e
}

func (c *chance) customer(a domain.About) domain.Event {
	switch c.IntN(6) {
	case 0:
		if other := c.about(a.WorkspaceID); other.CustomerID != a.CustomerID {
			return domain.CustomerMerged{About: a, Merged: other.CustomerID}
		}
	case 1:
		c.gone[a.CustomerID] = true
		return domain.CustomerForgotten{About: a, ForgottenAt: c.h.now}
	case 2:
		return domain.CustomerIgnored{About: a, Ignored: c.IntN(2) == 0}
	case 3:
		return domain.CustomerAddressLinked{About: a, Address: "x", Phone: "2348030000009"}
	}
	return domain.CustomerSeen{About: a, SeenAt: c.h.now, Phone: "2348030000001", Name: pick(c, "Ada", "Bola", "")}
}

func (c *chance) connection(w domain.WorkspaceID) domain.Event {
	return pick[domain.Event](c,
		domain.ConnectionRequested{WorkspaceID: w, Method: domain.LinkByQR}, domain.ConnectionQRIssued{WorkspaceID: w, Attempt: 1, Of: 6, ExpiresAt: c.h.now},
		domain.ConnectionPairingCodeIssued{WorkspaceID: w, ExpiresAt: c.h.now}, domain.ConnectionCodeExpired{WorkspaceID: w},
		domain.ConnectionCodeRefused{WorkspaceID: w, Reason: domain.ReasonPhoneOutdated},
		domain.ConnectionPaired{WorkspaceID: w, Device: "d", Phone: "2348030000000", PairedAt: c.h.now},
		domain.ConnectionConnected{WorkspaceID: w, Attempt: 2, ConnectedAt: c.h.now},
		domain.ConnectionDisconnected{WorkspaceID: w, Reason: domain.ReasonDropped, WillRetry: c.IntN(2) == 0, DisconnectedAt: c.h.now},
		domain.ConnectionReconnecting{WorkspaceID: w, Attempt: 3, NextAt: c.h.now, Reason: domain.ReasonNetwork},
		domain.ConnectionReleased{WorkspaceID: w, ReleasedAt: c.h.now, Evidence: domain.Evidence{Epoch: 2, ConnSeq: 5}},
		domain.ConnectionCatchingUp{WorkspaceID: w, Announced: 3, BeganAt: c.h.now},
		domain.ConnectionRestricted{WorkspaceID: w, Until: c.h.now, Code: 402}, domain.ConnectionRestrictionEnded{WorkspaceID: w, Code: 402},
		domain.ConnectionDegraded{WorkspaceID: w, Reason: domain.ReasonDegraded, Since: c.h.now},
		domain.ConnectionSteadied{WorkspaceID: w, Reason: domain.ReasonDegraded, SteadiedAt: c.h.now},
		domain.ConnectionCrashed{WorkspaceID: w, Place: "binary.Unpack", CrashedAt: c.h.now},
		domain.ConnectionUnlinked{WorkspaceID: w, Reason: domain.ReasonUnlinkedOnPhone, UnlinkedAt: c.h.now},
		domain.ConnectionFailed{WorkspaceID: w, Reason: domain.ReasonPairFailed, FailedAt: c.h.now}, domain.ConnectionCaughtUp{WorkspaceID: w})
}

func (c *chance) faq(w domain.WorkspaceID) domain.Event {
	known := c.faqs[w]
	if len(known) < 2 {
		f := id[domain.FAQID](string(w), fmt.Sprint(c.count))
		c.faqs[w] = append(known, f)
		return domain.FAQAdded{WorkspaceID: w, FAQID: f, Number: len(known) + 1, Questions: []string{"price?", "cost?"}, Answer: "₦1,500", Enabled: true}
	}
	f, answer := known[c.IntN(len(known))], "₦2,000"
	return pick[domain.Event](c,
		domain.FAQRevised{WorkspaceID: w, FAQID: f, Questions: []string{"how much?"}}, domain.FAQRevised{WorkspaceID: w, FAQID: f, Answer: &answer},
		domain.FAQWordingAdded{WorkspaceID: w, FAQID: f, Wording: "price abeg"}, domain.FAQWordingAdded{WorkspaceID: w, FAQID: f, FromCustomer: c.about(w).CustomerID, Learned: "how market"},
		domain.FAQWordingRemoved{WorkspaceID: w, FAQID: f, Index: c.IntN(3)}, domain.FAQDisabled{WorkspaceID: w, FAQID: f}, domain.FAQEnabled{WorkspaceID: w, FAQID: f},
		domain.FAQTestSaved{WorkspaceID: w, FAQID: f, TestID: fmt.Sprint(c.IntN(3)), Text: "how much"},
		domain.FAQTestRemoved{WorkspaceID: w, FAQID: f, TestID: fmt.Sprint(c.IntN(3))},
		domain.FAQPicked{WorkspaceID: w, FAQID: f, FromCustomer: c.about(w).CustomerID, Cluster: "price"},
		domain.FAQReplyDeclined{WorkspaceID: w, Cluster: pick(c, "delivery", "price"), FromCustomer: c.about(w).CustomerID},
		domain.FAQClusterAnswered{WorkspaceID: w, FAQID: f, Cluster: pick(c, "delivery", "price")},
		domain.FAQRemoved{WorkspaceID: w, FAQID: f}, domain.FAQDismissed{WorkspaceID: w, Cluster: pick(c, "delivery", "price")},
		domain.FAQDismissalUndone{WorkspaceID: w, Cluster: pick(c, "delivery", "price")})
}

func (c *chance) business(w domain.WorkspaceID) domain.Event {
	zone, quiet, member := "Africa/Accra", 15, id[domain.MemberID](string(w), pick(c, "ada", "bola"))
	return pick[domain.Event](c,
		domain.WorkspaceRenamed{WorkspaceID: w, Name: "Ada's"}, domain.WorkspaceSettingsChanged{WorkspaceID: w, Timezone: &zone},
		domain.WorkspacePlanChanged{WorkspaceID: w, State: domain.Active, Until: c.h.now.Add(time.Hour)}, domain.WorkspacePlanChanged{WorkspaceID: w, State: domain.Expired},
		domain.WorkspaceSuspended{WorkspaceID: w}, domain.WorkspaceResumed{WorkspaceID: w},
		domain.WorkspaceBotPaused{WorkspaceID: w, Until: c.h.now.Add(time.Hour)}, domain.WorkspaceBotPaused{WorkspaceID: w}, domain.WorkspaceBotResumed{WorkspaceID: w},
		domain.WorkspaceSettingsChanged{WorkspaceID: w, QuietMinutes: &quiet, Hours: &domain.Hours{Open: []domain.Opening{{Day: 1, From: 540, To: 1080}}}},
		domain.WorkspaceMemberAdded{WorkspaceID: w, MemberID: member, Role: domain.RoleAgent}, domain.WorkspaceMemberRemoved{WorkspaceID: w, MemberID: member},
		domain.WorkspaceAdminNumberVerified{WorkspaceID: w, MemberID: member, CustomerID: c.about(w).CustomerID},
		domain.WorkspaceAdminNumberRemoved{WorkspaceID: w, MemberID: member, CustomerID: c.about(w).CustomerID},
		domain.WorkspaceMemberAlertsChosen{WorkspaceID: w, MemberID: member, Alerts: pick(c, "", "on", "off", "22-7")},
		domain.WorkspaceAlertRaised{WorkspaceID: w, Kind: pick(c, domain.AlertPlan, domain.AlertDisconnected, domain.AlertLoop), CustomerID: c.about(w).CustomerID, At: c.h.now},
		domain.WorkspaceShiftFitted{WorkspaceID: w, Shift: -c.Float64(), Labels: 50, UpTo: int64(c.count), FittedAt: c.h.now},
		domain.WorkspaceShiftReset{WorkspaceID: w, ResetAt: c.h.now},
		domain.AdminCommandIssued{WorkspaceID: w, Command: "pause", Reason: "asked"})
}
