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
