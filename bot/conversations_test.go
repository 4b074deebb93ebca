package bot

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

var update = flag.Bool("update", false, "write what is said today into the conversations")

// Each file is a script of what people do and, indented, what they get: "name: words" is a customer (lines one after another
// are one burst), "owner to name:" the business's phone, "self:" its chat with itself, "name sends voice", "name types 2s", "name edits:", "name edits 3m ago:",
// "name deletes", "name reinstalls", "name wrote 5m ago:", "waits name", "wait 10m", "clock 2026-11-23 20:00", "restart", "offline", "online",
// "verify name role", "audience everyone", "allow name", "save name", "plan active for 30d", "suspend", "pin f3 f1", "careful -1",
// "must answer #1: words" (a saved test), "careful no more", "dashboard to name: words", "takeover name 1h", "giveback name", "name sends the code" (which the dashboard shows),
// "linked 5m ago", "sent 250" (by the bot within a day, in all chats), "sure f1" (it answers only when very sure), "time passes" (what is
// due by then happens), "alerts" (those raised since the last time).
func TestConversationsReadAsWritten(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Fatalf("the conversation went differently (-written +now):\n%s", diff)
			}
		})
	}
}

// script plays one file.
type script struct {
	*world
	out  strings.Builder
	last map[string]domain.MessageID
	told int // how much of the log was looked at for alerts
}

func play(t *testing.T, text string) string {
	t.Helper()
	s := &script{world: newWorld(t, shopFAQs...), last: map[string]domain.MessageID{}}
	for i, name := range []string{"ada", "bola", "chidi"} {
		phone := fmt.Sprintf("234810000000%d", i+1)
		s.desk.people[phone] = Person{CustomerID: domain.CustomerID(domain.DeriveID(domain.Namespace, name)), Name: name, Phone: phone}
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "    ") {
			continue // said before; it is said anew
		}
		s.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		s.line(line, next)
	}
	return s.out.String()
}

func (s *script) line(line, next string) {
	s.t.Helper()
	who, words, speaks := strings.Cut(line, ": ")
	command, rest, _ := strings.Cut(line, " ")
	switch {
	case command == "wait":
		s.pass(rest)
	case command == "clock":
		at, err := time.ParseInLocation("2006-01-02 15:04", rest, zoneOf("Africa/Lagos"))
		s.must(err)
		s.now = at.UTC()
	case strings.HasPrefix(who, "dashboard to ") && speaks:
		s.dashboard(strings.TrimPrefix(who, "dashboard to "), words)
	case command == "takeover":
		name, length, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(length)
		s.must(err)
		_, err = s.do.TakeOver(s.t.Context(), s.chat(name), s.now.Add(d))
		s.must(err)
	case command == "giveback":
		_, err := s.do.GiveBack(s.t.Context(), s.chat(rest))
		s.must(err)
	case strings.HasPrefix(who, "must answer #") && speaks:
		id := domain.FAQID("f" + strings.TrimPrefix(who, "must answer #"))
		_, err := s.do.SaveFAQTest(s.t.Context(), commands.SaveFAQTest{WorkspaceID: shop, FAQID: id, Text: words})
		s.must(err)
	case strings.HasSuffix(line, " sends the code"):
		name := strings.TrimSuffix(line, " sends the code")
		s.customer(name, s.message(name, s.do.CodeOf(s.offers[s.desk.people["2348100000001"].Phone])), "")
	case command == "suspend":
		s.happens(domain.WorkspaceStream(shop), domain.WorkspaceSuspended{WorkspaceID: shop})
	case strings.HasSuffix(line, " reinstalls"):
		c := s.known(strings.TrimSuffix(line, " reinstalls"))
		s.happens(domain.ConversationStream(shop, c), domain.IdentityChanged{About: domain.About{WorkspaceID: shop, CustomerID: c}, ChangedAt: s.now})
	case line == "restart":
		s.restart()
	case command == "verify":
		name, role, _ := strings.Cut(rest, " ")
		s.happens(domain.WorkspaceStream(shop),
			domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: domain.MemberID(name), Role: domain.Role(role)},
			domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: domain.MemberID(name), CustomerID: s.known(name)})
	case command == "plan":
		state, span, lasts := strings.Cut(rest, " for ")
		e := domain.WorkspacePlanChanged{WorkspaceID: shop, State: domain.PlanState(state), ChangedAt: s.now}
		if lasts {
			d, _ := parseSpan(span)
			e.Until = s.now.Add(d)
		}
		s.happens(domain.WorkspaceStream(shop), e)
	case command == "linked":
		span, err := time.ParseDuration(strings.TrimSuffix(rest, " ago"))
		s.must(err)
		s.happens(domain.ConnectionStream(shop), domain.ConnectionPaired{WorkspaceID: shop, Device: "d", PairedAt: s.now.Add(-span)})
	case command == "sent":
		n, err := strconv.Atoi(rest)
		s.must(err)
		s.sent = n
	case command == "sure":
		sure := true
		s.happens(domain.FAQStream(shop, domain.FAQID(rest)), domain.FAQRevised{WorkspaceID: shop, FAQID: domain.FAQID(rest), OnlyWhenSure: &sure})
	case line == "time passes":
		_, err := s.do.PassTime(s.t.Context(), commands.ChangeWorkspace{WorkspaceID: shop})
		s.must(err)
	case line == "alerts":
		s.prints(s.alerts())
	case command == "pin":
		menu := []domain.FAQID{}
		for id := range strings.FieldsSeq(rest) {
			menu = append(menu, domain.FAQID(id))
		}
		s.happens(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, Menu: &menu})
	case command == "careful" && line != "careful no more":
		by, err := strconv.ParseFloat(rest, 64)
		s.must(err)
		s.happens(domain.WorkspaceStream(shop), domain.WorkspaceShiftFitted{WorkspaceID: shop, Shift: by, Labels: 60, UpTo: int64(len(s.log())), FittedAt: s.now})
	case line == "careful no more":
		_, err := s.do.ResetShift(s.t.Context(), commands.ChangeWorkspace{WorkspaceID: shop})
		s.must(err)
	case command == "audience":
		audience := domain.Audience(rest)
		s.happens(domain.WorkspaceStream(shop), domain.WorkspaceSettingsChanged{WorkspaceID: shop, Audience: &audience})
	case command == "allow":
		s.happens(domain.CustomerStream(shop, s.known(rest)), domain.CustomerAllowed{About: domain.About{WorkspaceID: shop, CustomerID: s.known(rest)}, Allowed: true})
	case command == "save":
		saved := true
		s.happens(domain.CustomerStream(shop, s.known(rest)), domain.CustomerSeen{About: domain.About{WorkspaceID: shop, CustomerID: s.known(rest)}, Saved: &saved})
	case line == "offline":
		s.fail = true
	case line == "online":
		s.online()
	case who == "self" && speaks:
		s.prints(s.orders(words))
	case strings.HasPrefix(who, "owner to ") && speaks:
		s.owner(s.message(strings.TrimPrefix(who, "owner to "), words), false)
	case strings.Contains(who, " wrote ") && speaks:
		name, ago, _ := strings.Cut(who, " wrote ")
		m := s.message(name, words)
		span, _ := parseSpan(strings.TrimSuffix(ago, " ago"))
		m.SentAt = s.now.Add(-span)
		if name == "self" {
			s.prints(heard(s.settle(s.owner(m, true))))
			return
		}
		s.customer(name, m, next)
	case strings.Contains(line, " types "):
		name, span, _ := strings.Cut(line, " types ")
		s.types(name, span, next)
	case strings.HasSuffix(who, " edits") && speaks:
		s.edits(strings.TrimSuffix(who, " edits"), words, 0)
	case strings.Contains(who, " edits ") && speaks:
		name, ago, _ := strings.Cut(who, " edits ")
		span, _ := parseSpan(strings.TrimSuffix(ago, " ago"))
		s.edits(name, words, span)
	case command == "waits":
		s.waits(rest)
	case strings.HasSuffix(line, " deletes"):
		s.deletes(strings.TrimSuffix(line, " deletes"))
	case strings.Contains(line, " sends "):
		name, kind, _ := strings.Cut(line, " sends ")
		kind, caption, _ := strings.Cut(kind, " ")
		m := s.message(name, caption)
		m.Kind = domain.MessageKind(kind)
		s.customer(name, m, next)
	case speaks:
		s.customer(who, s.message(who, words), next)
	default:
		s.t.Fatalf("cannot play %q", line)
	}
}

func (s *script) chat(name string) commands.InConversation {
	return commands.InConversation{WorkspaceID: shop, CustomerID: s.known(name)}
}

// dashboard writes to a customer from there.
func (s *script) dashboard(name, words string) {
	s.t.Helper()
	ref, _, err := s.do.WriteReply(s.t.Context(), s.chat(name), words)
	s.must(err)
	text, why := s.deliver(ref)
	if why != "" {
		text = "(" + string(why) + ")"
	}
	s.prints("to " + name + ": " + text)
}

func (s *script) known(name string) domain.CustomerID {
	s.t.Helper()
	r, err := s.Resolve(s.t.Context(), shop, []string{name}, time.Time{})
	s.must(err)
	return r.Customer
}

func (s *script) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) pass(span string) {
	s.t.Helper()
	d, err := time.ParseDuration(strings.Replace(span, "d", "h", 1))
	s.must(err)
	if strings.HasSuffix(span, "d") {
		d *= 24
	}
	s.now = s.now.Add(d)
}

func (s *script) customer(name string, m commands.ReceiveMessage, next string) {
	s.t.Helper()
	s.last[name] = m.MessageID
	var c domain.CustomerID
	if m.Kind == domain.KindUnreadable {
		s.must(s.do.ReceiveUndecryptable(s.t.Context(), m, "undecryptable"))
		c = s.book[name]
	} else {
		c = s.receives(m)
	}
	s.now = s.now.Add(100 * time.Millisecond)
	if !goesOn(name, next) {
		s.prints(heard(s.settle(c)))
	}
}

// goesOn says whether a burst does.
func goesOn(name, next string) bool {
	for _, does := range []string{": ", " wrote ", " types ", " edits", " deletes", " sends "} {
		if strings.HasPrefix(next, name+does) {
			return true
		}
	}
	return false
}

// waits says whether the last decision leaves something to a person.
func (s *script) waits(name string) {
	said := "nothing to look at"
	for _, r := range s.log() {
		if e, ok := r.Event.(domain.ReplyDecided); ok && e.CustomerID == s.book[name] {
			if said = "nothing to look at"; e.Unseen {
				said = "to be looked at"
			}
		}
	}
	s.prints(said)
}

// alerts are what the business was told of.
func (s *script) alerts() string {
	all := s.log()
	var told []string
	for _, r := range all[s.told:] {
		if e, ok := r.Event.(domain.WorkspaceAlertRaised); ok {
			told = append(told, "alert: "+string(e.Kind))
		}
	}
	if s.told = len(all); len(told) == 0 {
		return "no alert"
	}
	return strings.Join(told, "\n")
}

// types lets a customer type for a while, and stop.
func (s *script) types(name, span, next string) {
	s.t.Helper()
	d, err := time.ParseDuration(span)
	s.must(err)
	c, until := s.known(name), s.now.Add(d)
	s.turns.Typing(shop, []string{name + "@lid"}, true)
	for ; s.now.Before(until); s.now = s.now.Add(100 * time.Millisecond) {
		if said, silences := s.step(c); len(said)+len(silences) > 0 {
			s.prints(heard(said, silences))
		}
	}
	s.turns.Typing(shop, []string{name + "@lid"}, false)
	if !goesOn(name, next) && len(s.conversation(c).Turn) > 0 {
		s.prints(heard(s.settle(c)))
	}
}

func (s *script) edits(name, words string, ago time.Duration) {
	s.t.Helper()
	m := s.message(name, words)
	edit := m.MessageID
	m.MessageID, m.SentAt = s.last[name], s.now.Add(-ago)
	s.must(s.do.ReceiveEdit(s.t.Context(), m, edit))
	s.prints(heard(s.settle(s.book[name])))
}

func (s *script) deletes(name string) {
	s.t.Helper()
	m := s.message(name, "")
	id := m.MessageID
	m.MessageID = s.last[name]
	s.must(s.do.ReceiveDelete(s.t.Context(), m, id))
	s.prints(heard(s.settle(s.book[name])))
}

// online sends what waits, if it still may be sent.
func (s *script) online() {
	s.t.Helper()
	s.fail = false
	for _, name := range []string{"ada", "bola", "chidi"} {
		c, known := s.book[name]
		if !known {
			continue
		}
		for _, r := range s.conversation(c).Pending {
			text, why := s.deliver(commands.ReplyRef{WorkspaceID: shop, CustomerID: c, ReplyID: r.ReplyID})
			if why != "" {
				text = "(" + string(why) + ")"
			}
			s.prints("to " + name + ": " + text)
		}
	}
}

func (s *script) prints(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		s.out.WriteString("    " + line + "\n")
	}
}
