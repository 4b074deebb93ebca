package domain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A reason without a sentence reaches the owner as a program's word; two with the same words cannot be told apart.
func TestEveryReasonHasOneSentence(t *testing.T) {
	reasons := declaredReasons(t)
	if len(reasons) < 60 {
		t.Fatalf("only %d reasons found in the source", len(reasons))
	}
	for _, r := range reasons {
		if r.Sentence() == string(r) {
			t.Errorf("%q has no sentence", r)
		}
	}
	for r := range sentences {
		if !slices.Contains(reasons, r) {
			t.Errorf("%q has a sentence and is no declared reason", r)
		}
	}
}

// The dashboard's types are made from the API's list, and its faces do not compile with one missing: so every reason a
// connection can have is shown in words there too.
func TestTheAPIListsEveryReasonOfAConnection(t *testing.T) {
	api, err := os.ReadFile("../httpapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)\n    ConnectionReason:\n.*?\n    \w`).Find(api)
	var listed []Reason
	for _, m := range regexp.MustCompile(`(?m)^        - (\w+)$`).FindAllSubmatch(list, -1) {
		listed = append(listed, Reason(m[1]))
	}
	reasons := declaredReasons(t)
	ofConnection := reasons[:slices.Index(reasons, ReasonExact)] // the first of the bot's
	if diff := cmp.Diff(ofConnection, listed); diff != "" {
		t.Errorf("-declared +in the API:\n%s", diff)
	}
}

// declaredReasons reads the vocabulary from its source, where a new word cannot be forgotten.
func declaredReasons(t *testing.T) []Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Reason" {
			return false
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Reason(text))
		return false
	})
	return all
}
