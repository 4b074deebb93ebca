package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

func TestOwnerCommands(t *testing.T) {
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		t.Fatal(err)
	}
	w := domain.Workspace{ID: "w", Timezone: "Africa/Lagos", Plan: domain.Plan{State: domain.Trial, Until: noon.AddDate(0, 0, 9)}}
	paused := w.Evolve(domain.WorkspaceBotPaused{})
	day := Today{Connected: domain.Connection{Phone: "2348030000001", LastConnectedAt: noon.Add(-time.Hour)}, Customers: 41, AnsweredPercent: 86, Waiting: 3}
	for _, c := range []struct {
		name, text, reply string
		w                 domain.Workspace
		changes           []domain.Event
	}{
		{
			"status says what is going on", "!status",
			"⚙️ 🟢 Live on +234 803 000 0001 since 12:00\nToday: 41 customers · 86% answered by bot · 3 waiting\nPlan: trial, 9 days left", w, nil,
		},
		{
			"pause stops until resumed", "!pause", "⏸ Bot paused until you resume it.", w,
			[]domain.Event{domain.WorkspaceBotPaused{WorkspaceID: "w", PausedAt: noon}},
		},
		{
			"pause for a while names the time in the workspace's clock", "!PAUSE 2h", "⏸ Bot paused until 15:00.", w,
			[]domain.Event{domain.WorkspaceBotPaused{WorkspaceID: "w", PausedAt: noon, Until: noon.Add(2 * time.Hour)}},
		},
		{
			"pause until a past hour means tomorrow", "!pause until 9:00", "⏸ Bot paused until Tue 24 Nov, 09:00.", w,
			[]domain.Event{domain.WorkspaceBotPaused{WorkspaceID: "w", PausedAt: noon, Until: noon.Add(20 * time.Hour)}},
		},
		{"nonsense changes nothing", "!pause soon", "⚙️ I couldn't read that.", w, nil},
		{"resume", "!resume", "▶️ Bot is live.", paused, []domain.Event{domain.WorkspaceBotResumed{WorkspaceID: "w"}}},
		{"resume twice changes nothing", "!resume", "▶️ Bot is live.", w, nil},
		{"a slip of the finger gets a suggestion", "!pasue", `⚙️ I don't know "!pasue". Did you mean *!pause*?`, w, nil},
		{"help lists every command", "!help", "*!status*", w, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			order := newOrder(commands.Turn{Workspace: c.w}, c.text, k, noon)
			order.facts = facts{day: day}
			o := carryOut(order)
			if !strings.HasPrefix(o.Reply, c.reply) && !strings.Contains(o.Reply, c.reply) {
				t.Fatalf("said %q, want %q", o.Reply, c.reply)
			}
			if diff := cmp.Diff(c.changes, o.Workspace); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// TestEveryCommandAsksForItsRole goes through all of them: who may, who may not, and that a stranger's are only words.
func TestEveryCommandAsksForItsRole(t *testing.T) {
	const agent, admin, owner = "agent", "admin", "owner"
	least := map[string]string{
		"!help": agent, "!status": agent, "!pause": agent, "!resume": agent, "!waiting": agent, "!reply": agent, "!stats": agent, "!faq": agent,
		"!faq show": agent, "!test": agent, "!missed": agent, "!ignore": agent, "!unignore": agent, "!ignored": agent, "!alerts": agent, "!dashboard": agent,
		"!faq add": admin, "!faq add!": admin, "!faq edit": admin, "!faq pidgin": admin, "!faq alias": admin, "!faq alias!": admin, "!faq off": admin, "!faq on": admin, "!faq del": admin,
		"!faq off!": admin, "!faq on!": admin, "!answer!": admin,
		"!answer": admin, "!hours": admin, "!away": admin, "!greeting": admin, "!holiday": admin, "!quiet": admin, "!undo": admin,
		"!team": owner, "!team add": owner, "!team del": owner, "!plan": owner, "!renew": owner, "!disconnect": owner,
	}
	rank := map[string]int{agent: 0, admin: 1, owner: 2}
	for name := range ownerCommands() {
		need, listed := least[name]
		if !listed {
			t.Errorf("%s is not in this table", name)
			continue
		}
		delete(least, name)
		for role := range rank {
			o := newOrder(commands.Turn{Workspace: domain.Workspace{Plan: domain.Plan{State: domain.Active}}}, name+" 1", newChat(t, shopFAQs...).k, noon)
			o.role = domain.Role(role)
			refused := strings.HasPrefix(carryOut(o).Reply, "⚙️ Only the owner")
			if may := rank[role] >= rank[need]; may == refused {
				t.Errorf("%s by %s: refused %v", name, role, refused)
			}
		}
	}
	for name := range least {
		t.Errorf("%s does not exist", name)
	}
	w := newWorld(t, shopFAQs...)
	for name := range ownerCommands() {
		who := "stranger " + name
		if got := w.says(who, name+" 1"); strings.Contains(got, "⚙️") || strings.Contains(got, "!") && !strings.Contains(got, "Hi 👋") {
			t.Errorf("a stranger's %s was answered with %q", name, got)
		}
	}
}

func FuzzCommandNeverPanics(f *testing.F) {
	for _, seed := range []string{
		"!status", "!pause until 25:00", "!", "! ", "!pause 9999999999999h", "!résumé", "!faq add a | b", "!faq del #1", "!hours mon-fri 9-18",
		"!hours sun closed", "!holiday until 2 Jan gone", "!reply 1 x", "!answer 1 | y", "!undo", "!test how much", "YES", "!team add +2348100000001 agent", "!team add", "!team del 0", "!pause last", "!faq add \"a | b\" | c", "!reply last | x",
		"!alerts quiet 24-24", "!holiday until 31 Feb", "!hours mon-mon 0-24", "!faq show #-1", "!faq 99999999999999999999", "!quiet 1h",
	} {
		f.Add(seed)
	}
	k, err := NewKnowledge(1, shopFAQs)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return
		}
		turn := commands.Turn{Workspace: domain.Workspace{Plan: domain.Plan{State: domain.Active}}}
		o := carryOut(newOrder(turn, text, k, noon))
		if isCommand := strings.HasPrefix(strings.TrimSpace(text), "!"); isCommand != (o.Reply != "" || o.NewFAQ != nil) {
			t.Fatalf("%q was answered with %q", text, o.Reply)
		}
	})
}
