// Command events prints docs/events.md: every stored event, its fields, and which of them are sealed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"switchboard.example/domain"
)

func main() {
	var out bytes.Buffer
	out.WriteString("# Events\n\nWritten by `make generate` from the code; the shapes are the golden files in `domain/testdata/events`.\n" +
		"Fields marked *sealed* are about a customer and stored encrypted under that customer's key.\n")
	subject := ""
	for _, name := range domain.EventTypes() {
		if s, _, _ := strings.Cut(name, "."); s != subject {
			subject = s
			fmt.Fprintf(&out, "\n## %s\n", subject)
		}
		sealed := "nothing"
		if fields := domain.PersonalFields(name); len(fields) > 0 {
			slices.Sort(fields)
			sealed = "`" + strings.Join(fields, "`, `") + "`"
		}
		example, err := os.ReadFile(filepath.Join("domain", "testdata", "events", name+".json")) //nolint:gosec // names from our own table
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(&out, "\n### `%s`\n\nSealed: %s\n\n```json\n%s```\n", name, sealed, example)
	}
	_, _ = os.Stdout.Write(out.Bytes())
}
