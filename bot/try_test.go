package bot

import (
	"testing"

	"switchboard.example/domain"
)

func TestATryShowsWhatTheWordsComeToWhateverStopsTheBot(t *testing.T) {
	k := newChat(t, shopFAQs...).k
	for name, happened := range map[string]domain.WorkspaceEvent{
		"paused": domain.WorkspaceBotPaused{}, "suspended": domain.WorkspaceSuspended{}, "expired": domain.WorkspacePlanChanged{State: domain.Expired},
	} {
		w := domain.Workspace{}.Evolve(domain.WorkspaceRegistered{WorkspaceID: shop, TrialUntil: noon.AddDate(0, 0, 14)}).Evolve(happened)
		if got := Try(w, k, "how much is delivery?", noon); got.Reply != "Delivery is *₦1,500* in Lagos." {
			t.Errorf("%s: %q (%s)", name, got.Reply, got.Decided.Why)
		}
	}
}
