package commands_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// customers have each written once.
func (o *office) customers(n int) []domain.CustomerID {
	o.t.Helper()
	all := make([]domain.CustomerID, n)
	for i := range all {
		address := fmt.Sprintf("%d@lid", i)
		c, err := o.ReceiveMessage(o.t.Context(), commands.ReceiveMessage{
			WorkspaceID: shop, From: commands.Sender{Addresses: []string{address}}, MessageID: "m", Kind: domain.KindText, Text: "hi", SentAt: o.now, ReplyTo: address,
		})
		if err != nil {
			o.t.Fatal(err)
		}
		all[i] = c
	}
	return all
}

func (o *office) writes(to domain.CustomerID, text string) error {
	_, _, err := o.WriteReply(o.t.Context(), commands.InConversation{WorkspaceID: shop, CustomerID: to}, text)
	return err
}

// logged counts events of a name in the connection's history.
func (o *office) logged(name string) (n int) {
	for _, one := range o.log(domain.ConnectionStream(shop)) {
		if one == name {
			n++
		}
	}
	return n
}

func linkedOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.append(domain.ConnectionStream(shop), domain.ConnectionRequested{WorkspaceID: shop},
		domain.ConnectionPaired{WorkspaceID: shop, Device: "d", Phone: "2348030000001", PairedAt: o.now})
	return o
}

func TestMembersBeginOnlySoManyChatsADay(t *testing.T) {
	o := linkedOffice(t)
	people := o.customers(32)
	for _, c := range people { // all wrote within a day: no chat is begun
		if err := o.writes(c, "hello "+string(c)); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.logged("connection.chat_begun"); n != 0 {
		t.Fatalf("%d chats count as begun", n)
	}
	o.now = o.now.Add(domain.OpenFor + time.Minute) // day 2, and nobody wrote since
	for i, c := range people {
		err := o.writes(c, "are you still there? "+string(c))
		if i < 20 && err != nil {
			t.Fatalf("chat %d: %v", i+1, err)
		}
		if i >= 20 {
			refused(t, err, "reply.new_chats_used_up")
			if !strings.Contains(err.Error(), "12:00 on 25 November") {
				t.Fatalf("it does not say when it opens again: %v", err)
			}
		}
	}
	if begun, refusals := o.logged("connection.chat_begun"), o.logged("connection.send_refused"); begun != 20 || refusals != 1 {
		t.Errorf("%d chats begun, %d refusals recorded", begun, refusals)
	}
	o.expect(domain.ConversationStream(shop, people[31]), "conversation.message_received", "conversation.reply_queued")
	if err := o.writes(people[0], "one more thing"); err != nil {
		t.Errorf("more words in a chat that was begun: %v", err)
	}
	o.now = o.now.Add(24 * time.Hour)
	if err := o.writes(people[31], "good morning"); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

func TestACommandThatBeganAChatIsCarriedOutOnce(t *testing.T) {
	o := linkedOffice(t)
	people := o.customers(2)
	c := people[1]
	o.now = o.now.Add(domain.OpenFor + time.Minute)
	if err := o.writes(people[0], "hello"); err != nil { // so that the day's limit is told already
		t.Fatal(err)
	}
	cmd := commands.InConversation{Caller: commands.Caller{CommandID: "k"}, WorkspaceID: shop, CustomerID: c}
	for range 3 {
		if _, _, err := o.WriteReply(t.Context(), cmd, "hello?"); err != nil {
			t.Fatal(err)
		}
	}
	o.now = o.now.Add(24 * time.Hour) // the chat would begin anew, and there is another limit
	if _, _, err := o.WriteReply(t.Context(), cmd, "hello?"); err != nil {
		t.Errorf("a day later: %v", err)
	}
	o.expect(domain.ConversationStream(shop, c), "conversation.message_received", "conversation.reply_queued")
	if n := o.logged("connection.chat_begun"); n != 2 {
		t.Errorf("%d chats were begun", n)
	}
}

func TestNoChatIsBegunWhileWhatsAppForbidsIt(t *testing.T) {
	o := linkedOffice(t)
	o.Pacing = false // it is no limit of ours
	people := o.customers(2)
	o.now = o.now.Add(domain.OpenFor - time.Minute)
	o.append(domain.ConnectionStream(shop), domain.ConnectionRestricted{WorkspaceID: shop, Code: 463, Until: o.now.Add(time.Hour)})
	if err := o.writes(people[0], "an answer"); err != nil {
		t.Errorf("an answer: %v", err)
	}
	o.now = o.now.Add(2 * time.Minute)
	for range 3 {
		refused(t, o.writes(people[1], "hello?"), "reply.new_chats_stopped")
	}
	if n := o.logged("connection.send_refused"); n != 1 {
		t.Errorf("%d refusals were recorded", n)
	}
	o.now = o.now.Add(time.Hour)
	if err := o.writes(people[1], "hello?"); err != nil {
		t.Errorf("after its end: %v", err)
	}
}

func TestARefusedTextIsRecordedOnceInItsTime(t *testing.T) {
	o := linkedOffice(t)
	c := o.customers(1)[0]
	o.told = map[string]int{"Sale!": 10}
	for range 20 {
		refused(t, o.writes(c, "Sale!"), "reply.same_text")
	}
	if n := o.logged("connection.send_refused"); n != 1 {
		t.Errorf("%d refusals were recorded", n)
	}
	o.now = o.now.Add(10 * time.Minute)
	refused(t, o.writes(c, "Sale!"), "reply.same_text")
	if n := o.logged("connection.send_refused"); n != 2 {
		t.Errorf("%d refusals were recorded", n)
	}
}

func TestTwoMembersAtOnceShareTheDay(t *testing.T) {
	o := linkedOffice(t)
	people := o.customers(40)
	o.now = o.now.Add(domain.OpenFor + time.Minute)
	results := make(chan error)
	for _, c := range people {
		go func() { results <- o.writes(c, "hello "+string(c)) }()
	}
	sent := 0
	for range people {
		err := <-results
		if refusal := (*domain.Error)(nil); err == nil {
			sent++
		} else if !errors.As(err, &refusal) {
			t.Error(err)
		}
	}
	if begun := o.logged("connection.chat_begun"); begun != sent || sent > 20 {
		t.Errorf("%d were sent, %d begun", sent, begun)
	}
}

func TestAnOwnersCommandBeginsChatsToo(t *testing.T) {
	o := linkedOffice(t)
	people := o.customers(21)
	o.now = o.now.Add(domain.OpenFor + time.Minute) // day 2
	for i, c := range people {
		outcome := ordered("done")
		outcome.Send = &commands.Send{CustomerID: c, Text: "hello again"}
		o.orders(fmt.Sprintf("c%d", i), outcome)
		want := "done"
		if i >= 20 {
			want = "refused: reply.new_chats_used_up"
		}
		if got := o.lastReply(o.self()); got != want {
			t.Errorf("command %d: %q, want %q", i+1, got, want)
		}
	}
	o.expect(domain.ConversationStream(shop, people[20]), "conversation.message_received")
}
