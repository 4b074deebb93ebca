package sandbox_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"switchboard.example/sandbox"
)

func TestTheReadmeKnowsEverySwitchFaultAndRoute(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	data, err := json.Marshal(sandbox.DefaultBehaviour())
	if err != nil {
		t.Fatal(err)
	}
	var switches map[string]any
	if err := json.Unmarshal(data, &switches); err != nil {
		t.Fatal(err)
	}
	for name := range switches {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("the switch %s is not documented", name)
		}
	}
	for _, kind := range sandbox.FaultKinds() {
		if !strings.Contains(readme, "`"+kind.Kind+"`") {
			t.Errorf("the fault %s is not documented", kind.Kind)
		}
	}
	source, err := os.ReadFile("api.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range regexp.MustCompile(`"[A-Z]+ /sandbox/api/([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		if !strings.Contains(readme, route[1]) {
			t.Errorf("the route %s is not documented", route[1])
		}
	}
}
