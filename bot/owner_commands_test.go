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

func FuzzCommandNeverPanics(f *testing.F) {
	for _, seed := range []string{
		"!status", "!pause until 25:00", "!", "! ", "!pause 9999999999999h", "!résumé", "!faq add a | b", "!faq del #1", "!hours mon-fri 9-18",
		"!hours sun closed", "!holiday until 2 Jan gone", "!reply 1 x", "!answer 1 | y", "!undo", "!test how much", "YES", "!faq 99999999999999999999", "!quiet 1h",
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
