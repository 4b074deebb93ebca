package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestOnlyCallsThatNobodyTookAreMissed(t *testing.T) {
	t.Parallel()
	self := account{PN: types.NewJID("2348030000001", types.DefaultUserServer), LID: types.NewJID("1", types.HiddenUserServer)}
	caller := types.NewJID("77", types.HiddenUserServer)
	for name, c := range map[string]struct {
		meta   types.BasicCallMeta
		reason string
		missed bool
	}{
		"it rang until it stopped":           {types.BasicCallMeta{CallID: "C", CallCreator: caller}, "timeout", true},
		"the phone took it":                  {types.BasicCallMeta{CallID: "C", CallCreator: caller}, "accepted_elsewhere", false},
		"the phone declined it":              {types.BasicCallMeta{CallID: "C", CallCreator: caller}, "rejected_elsewhere", false},
		"the business called":                {types.BasicCallMeta{CallID: "C", CallCreator: self.LID}, "timeout", false},
		"a group called":                     {types.BasicCallMeta{CallID: "C", CallCreator: caller, GroupJID: types.NewJID("1", types.GroupServer)}, "timeout", false},
		"it comes from nobody in particular": {types.BasicCallMeta{CallID: "C"}, "timeout", false},
	} {
		if got := self.missed(&events.CallTerminate{BasicCallMeta: c.meta, Reason: c.reason}); got != c.missed {
			t.Errorf("%s: missed is %v", name, got)
		}
	}
}
