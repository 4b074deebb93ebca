package commands_test

import (
	"strings"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestAlertsAreToldInTheSelfChat(t *testing.T) {
	ready := func(t *testing.T) *office {
		t.Helper()
		o := newOffice(t)
		o.append(domain.ConnectionStream(shop), domain.ConnectionRequested{WorkspaceID: shop},
			domain.ConnectionPaired{WorkspaceID: shop, Device: "d", Phone: "2348030000001", PairedAt: o.now}, domain.ConnectionConnected{WorkspaceID: shop, ConnectedAt: o.now})
		return o
	}
	tell := func(t *testing.T, o *office) (commands.ReplyRef, bool) {
		t.Helper()
		alert := domain.Recorded{ID: "alert-1", Stream: domain.WorkspaceStream(shop), OccurredAt: o.now, Event: domain.WorkspaceAlertRaised{Kind: domain.AlertLimit}}
		ref, told, err := o.TellOwner(t.Context(), alert, func(domain.Workspace) string { return "⚙️ careful" })
		if err != nil {
			t.Fatal(err)
		}
		return ref, told
	}
	t.Run("once, whatever the pause and the plan", func(t *testing.T) {
		o := ready(t)
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceBotPaused{WorkspaceID: shop}, domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
		ref, told := tell(t, o)
		if again, _ := tell(t, o); !told || again != ref {
			t.Fatal("told twice, or not at all")
		}
		o.expect(domain.ConversationStream(shop, ref.CustomerID), "conversation.reply_queued")
		reply, wanted, err := o.ReleaseReply(t.Context(), ref)
		if err != nil || !wanted || reply.Text != "⚙️ careful" || reply.To != "2348030000001@s.whatsapp.net" {
			t.Fatalf("%+v %v %v", reply, wanted, err)
		}
	})
	t.Run("not when the business does not want it, and not without a link", func(t *testing.T) {
		off := "off"
		o := ready(t)
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, Alerts: &off})
		if _, told := tell(t, o); told {
			t.Fatal("told in spite of the setting")
		}
		if _, told := tell(t, newOffice(t)); told {
			t.Fatal("told over no link")
		}
	})
	t.Run("by what its owner chose, whatever others chose or is set for everybody", func(t *testing.T) {
		off := "off"
		owner := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "ada", Role: domain.RoleOwner}
		agent := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "bola", Role: domain.RoleAgent}
		chooses := func(o *office, m domain.MemberID, alerts string) {
			t.Helper()
			if _, err := o.ChooseAlerts(t.Context(), commands.ChangeWorkspace{WorkspaceID: shop}, m, alerts); err != nil {
				t.Fatal(err)
			}
		}
		o := ready(t)
		o.append(domain.WorkspaceStream(shop), owner, agent)
		chooses(o, "bola", "off")
		if _, told := tell(t, o); !told {
			t.Fatal("an agent silenced the owner")
		}
		o = ready(t)
		o.append(domain.WorkspaceStream(shop), owner, agent)
		chooses(o, "ada", "off")
		if _, told := tell(t, o); told {
			t.Fatal("told in spite of the owner")
		}
		o = ready(t)
		o.append(domain.WorkspaceStream(shop), owner, domain.WorkspaceSettingsChanged{WorkspaceID: shop, Alerts: &off})
		chooses(o, "ada", "on")
		if _, told := tell(t, o); !told {
			t.Fatal("not told in spite of the owner")
		}
	})
	t.Run("not when it is old news", func(t *testing.T) {
		o := ready(t)
		old := domain.Recorded{ID: "alert-2", Stream: domain.WorkspaceStream(shop), OccurredAt: o.now.Add(-2 * time.Hour)}
		if _, told, err := o.TellOwner(t.Context(), old, func(domain.Workspace) string { return "⚙️" }); err != nil || told {
			t.Fatal(told, err)
		}
	})
	t.Run("a reached limit is an alert", func(t *testing.T) {
		o := ready(t)
		o.sent = domain.Plan{State: domain.Trial}.DailyReplies()
		c, err := o.ReceiveMessage(t.Context(), commands.ReceiveMessage{
			WorkspaceID: shop, From: commands.Sender{Addresses: []string{"ada"}}, MessageID: "m", Kind: domain.KindText, Text: "hi", SentAt: o.now, ReplyTo: "ada",
		})
		if err != nil {
			t.Fatal(err)
		}
		o.append(domain.ConversationStream(shop, c), domain.ReplyQueued{
			About: domain.About{WorkspaceID: shop, CustomerID: c}, ReplyID: "r", Author: domain.AuthorBot, Deadline: o.now.Add(time.Hour), QueuedAt: o.now, Text: "x",
		})
		if _, wanted, err := o.ReleaseReply(t.Context(), commands.ReplyRef{WorkspaceID: shop, CustomerID: c, ReplyID: "r"}); err != nil || wanted {
			t.Fatal("sent beyond the limit", err)
		}
		if names := o.log(domain.WorkspaceStream(shop)); names[len(names)-1] != "workspace.alert_raised" {
			t.Fatal(names)
		}
	})
}

func TestAlertsAreToldOnTheVerifiedPhonesOfMembers(t *testing.T) {
	// ready is an office whose agent bola proved her phone a moment ago.
	ready := func(t *testing.T) (*office, domain.CustomerID) {
		t.Helper()
		o := newOffice(t)
		o.append(domain.ConnectionStream(shop), domain.ConnectionRequested{WorkspaceID: shop},
			domain.ConnectionPaired{WorkspaceID: shop, Device: "d", Phone: "2348030000001", PairedAt: o.now}, domain.ConnectionConnected{WorkspaceID: shop, ConnectedAt: o.now})
		bola := o.receives("code", "123456")
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "bola", Role: domain.RoleAgent},
			domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: "bola", CustomerID: bola})
		return o, bola
	}
	tell := func(t *testing.T, o *office, id domain.EventID, at time.Time) []commands.ReplyRef {
		t.Helper()
		alert := domain.Recorded{ID: id, Stream: domain.WorkspaceStream(shop), OccurredAt: at, Event: domain.WorkspaceAlertRaised{Kind: domain.AlertLimit}}
		told, err := o.TellPhones(t.Context(), alert, func(domain.Workspace) string { return "⚙️ careful" })
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	chooses := func(t *testing.T, o *office, alerts string) {
		t.Helper()
		if _, err := o.ChooseAlerts(t.Context(), commands.ChangeWorkspace{WorkspaceID: shop}, "bola", alerts); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("once, whatever the pause and the plan, and what a person wrote there", func(t *testing.T) {
		o, bola := ready(t)
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceBotPaused{WorkspaceID: shop}, domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.Expired})
		o.append(domain.ConversationStream(shop, bola), domain.OwnerReplied{About: domain.About{WorkspaceID: shop, CustomerID: bola}, SentAt: o.now})
		told := tell(t, o, "alert-1", o.now)
		if again := tell(t, o, "alert-1", o.now); len(told) != 1 || len(again) != 1 || again[0] != told[0] || told[0].CustomerID != bola {
			t.Fatalf("%v, then %v", told, again)
		}
		o.expect(domain.ConversationStream(shop, bola), "conversation.message_received", "conversation.owner_replied", "conversation.reply_queued")
		reply, wanted, err := o.ReleaseReply(t.Context(), told[0])
		if err != nil || !wanted || reply.Text != "⚙️ careful" || reply.To != "1@lid" || !reply.Invited {
			t.Fatalf("%+v %v %v", reply, wanted, err)
		}
		if other := tell(t, o, "alert-2", o.now); len(other) != 1 || other[0] == told[0] {
			t.Fatalf("another alert is told as the first: %v", other)
		}
	})
	for name, change := range map[string]func(t *testing.T, o *office, bola domain.CustomerID){
		"not when they chose otherwise": func(t *testing.T, o *office, _ domain.CustomerID) { t.Helper(); chooses(t, o, "off") },
		"not in their quiet hours":      func(t *testing.T, o *office, _ domain.CustomerID) { t.Helper(); chooses(t, o, "11-13") },
		"not when nobody is told, and they chose nothing": func(_ *testing.T, o *office, _ domain.CustomerID) {
			off := "off"
			o.append(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, Alerts: &off})
		},
		"not once the phone commands nothing any more": func(_ *testing.T, o *office, bola domain.CustomerID) {
			o.append(domain.WorkspaceStream(shop), domain.WorkspaceAdminNumberRemoved{WorkspaceID: shop, MemberID: "bola", CustomerID: bola})
		},
		"not once they are no member": func(_ *testing.T, o *office, _ domain.CustomerID) {
			o.append(domain.WorkspaceStream(shop), domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: "bola"})
		},
		"not after STOP": func(_ *testing.T, o *office, bola domain.CustomerID) {
			o.append(domain.ConversationStream(shop, bola), domain.ConversationOptedOut{About: domain.About{WorkspaceID: shop, CustomerID: bola}})
		},
		"not over no link": func(_ *testing.T, o *office, _ domain.CustomerID) {
			o.append(domain.ConnectionStream(shop), domain.ConnectionUnlinked{WorkspaceID: shop})
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, bola := ready(t)
			change(t, o, bola)
			if told := tell(t, o, "alert-1", o.now); len(told) != 0 {
				t.Fatal("told all the same")
			}
		})
	}
	t.Run("not when it is old news", func(t *testing.T) {
		o, _ := ready(t)
		if told := tell(t, o, "alert-1", o.now.Add(-2*time.Hour)); len(told) != 0 {
			t.Fatal(told)
		}
	})
	t.Run("nobody who never wrote is written to", func(t *testing.T) {
		o, _ := ready(t)
		o.append(domain.WorkspaceStream(shop), domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: "bola", CustomerID: "00000000-0000-5000-8000-00000000000a"})
		if told := tell(t, o, "alert-1", o.now); len(told) != 1 {
			t.Fatal(told)
		}
	})
	t.Run("to somebody silent for a day a chat begins, once a day", func(t *testing.T) {
		o, bola := ready(t)
		o.now = o.now.Add(domain.OpenFor + time.Minute)
		told := tell(t, o, "alert-1", o.now)
		reply, wanted, err := o.ReleaseReply(t.Context(), told[0])
		if err != nil || !wanted || reply.Invited {
			t.Fatalf("%+v %v %v", reply, wanted, err)
		}
		tell(t, o, "alert-2", o.now)
		begun := 0
		for _, name := range o.log(domain.ConnectionStream(shop)) {
			if name == "connection.chat_begun" {
				begun++
			}
		}
		if begun != 1 {
			t.Fatalf("%d chats begun", begun)
		}
		o.expect(domain.ConversationStream(shop, bola), "conversation.message_received", "conversation.reply_queued", "conversation.reply_queued")
	})
	t.Run("and none while WhatsApp lets the number begin none", func(t *testing.T) {
		o, _ := ready(t)
		o.now = o.now.Add(domain.OpenFor + time.Minute)
		o.append(domain.ConnectionStream(shop), domain.ConnectionRestricted{WorkspaceID: shop, Code: domain.NewChatsCode, Until: o.now.Add(time.Hour)})
		if told := tell(t, o, "alert-1", o.now); len(told) != 0 {
			t.Fatal(told)
		}
	})
}

func TestALinkWhosePlanEndedLongAgoIsRemoved(t *testing.T) {
	o := newOffice(t)
	o.append(domain.ConnectionStream(shop), domain.ConnectionRequested{WorkspaceID: shop}, domain.ConnectionPaired{WorkspaceID: shop, Device: "d", Phone: "2348030000001"})
	end := noon.Add(domain.TrialLength)
	pass := func(at time.Time) {
		t.Helper()
		o.now = at
		if _, err := o.PassTime(t.Context(), commands.ChangeWorkspace{WorkspaceID: shop}); err != nil {
			t.Fatal(err)
		}
	}
	pass(end)
	pass(end.Add(domain.KeptAfter - time.Second))
	if names := o.log(domain.ConnectionStream(shop)); names[len(names)-1] != "connection.paired" {
		t.Fatal("unlinked too early")
	}
	pass(end.Add(domain.KeptAfter))
	pass(end.Add(domain.KeptAfter + time.Hour))
	o.expect(domain.ConnectionStream(shop), "connection.requested", "connection.paired", "connection.unlinked")
}

func TestAPersonsWordsAreSentOnceHoweverOftenTheyAreAskedFor(t *testing.T) {
	o := newOffice(t)
	c, err := o.ReceiveMessage(t.Context(), commands.ReceiveMessage{
		WorkspaceID: shop, From: commands.Sender{Addresses: []string{"ada"}}, MessageID: "m", Kind: domain.KindText, Text: "hi", SentAt: o.now, ReplyTo: "ada",
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := commands.InConversation{Caller: commands.Caller{CommandID: "k1"}, WorkspaceID: shop, CustomerID: c}
	for range 2 {
		if _, _, err := o.WriteReply(t.Context(), cmd, " Yes, we do "); err != nil {
			t.Fatal(err)
		}
	}
	o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.reply_queued")
	o.told = map[string]int{"Sale!": 10, "Sale today": 9}
	_, _, err = o.WriteReply(t.Context(), cmd, "Sale!")
	refused(t, err, "reply.same_text")
	o.sentAgo = 9 * time.Minute
	_, _, err = o.WriteReply(t.Context(), cmd, "Sale!")
	refused(t, err, "reply.same_text")
	o.sentAgo = 11 * time.Minute
	cmd.CommandID = "k3"
	if _, _, err := o.WriteReply(t.Context(), cmd, "Sale!"); err != nil {
		t.Error(err)
	}
	o.sentAgo = 0
	cmd.CommandID = "k2"
	if _, _, err := o.WriteReply(t.Context(), cmd, "Sale today"); err != nil {
		t.Error(err)
	}
	_, _, err = o.WriteReply(t.Context(), cmd, strings.Repeat("x", commands.MaxReply+1))
	refused(t, err, "text.length")
	cmd.CustomerID = "nobody"
	_, _, err = o.WriteReply(t.Context(), cmd, "hello")
	refused(t, err, "conversation.not_found")
}
