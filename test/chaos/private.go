package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// marker is a word that only one workspace's people use.
func marker(seed uint64, shop int) string { return fmt.Sprintf("zq%02dk%04dv", seed%100, shop) }

var anyMarker = regexp.MustCompile(`zq\d\dk\d{4}v`)

// sight is a word of one workspace where it does not belong.
type sight struct{ Where, Word string }

// screens are what a workspace's people may ask the server for.
func screens() []string {
	return []string{
		"/api/conversations", "/api/faqs", "/api/unanswered", "/api/settings", "/api/whatsapp/status", "/api/audit/events?limit=200",
	}
}

// foreign reads everything a workspace is shown and finds the words of others.
func (s *site) foreign(ctx context.Context, shop int) (all []sight, err error) {
	one := s.shops[shop]
	paths := screens()
	var inbox struct{ Conversations []struct{ ID string } }
	if text, err := one.owner.Read(ctx, "/api/conversations"); err == nil {
		_ = json.Unmarshal(text, &inbox) // another shape is read as it is, below
	}
	for _, c := range inbox.Conversations[:min(len(inbox.Conversations), 20)] {
		paths = append(paths, "/api/conversations/"+c.ID+"/messages")
	}
	own := false
	for _, path := range paths {
		text, err := one.owner.Read(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		for _, word := range anyMarker.FindAllString(string(text), -1) {
			own = own || word == marker(s.plan.Seed, shop)
			if word != marker(s.plan.Seed, shop) {
				all = append(all, sight{one.number + " " + path, word})
			}
		}
	}
	if !own {
		all = append(all, sight{one.number, "its own word is nowhere, so that nothing is shown by its absence"})
	}
	return all, nil
}

// secrets are what must not be in the server's log: the words by which they are found, and why.
func (s *site) secrets() (all map[string]string, err error) {
	all = map[string]string{}
	text, err := os.ReadFile(filepath.Join(s.place.Data, "secrets.json")) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, err
	}
	texts(keys, func(key string) { all[key] = "a key of secrets.json" })
	for _, l := range lessons() {
		all[l.question], all[l.asked], all[l.answer] = "a question", "a customer's words", "an answer"
	}
	for _, code := range s.codes {
		all[code] = "a code to link with"
	}
	return all, nil
}

// texts finds the long texts in a document, whatever its shape.
func texts(value any, found func(string)) {
	switch v := value.(type) {
	case string:
		if len(v) >= 16 {
			found(v)
		}
	case map[string]any:
		for _, one := range v {
			texts(one, found)
		}
	case []any:
		for _, one := range v {
			texts(one, found)
		}
	}
}

// anyNumber is any phone number of this program's people.
var anyNumber = regexp.MustCompile(`23(48|49)0\d{8,}`)

// leaks reads what the server printed and finds what it must not print: the first lines of each sort.
func leaks(path string, secrets map[string]string) (all []string, lines int, err error) {
	file, err := os.Open(path) //nolint:gosec // our own server's log
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = file.Close() }()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 4<<20)
	seen := map[string]int{}
	for ; scanner.Scan(); lines++ {
		for _, why := range leaksOf(scanner.Text(), secrets) {
			if seen[why]++; seen[why] <= 3 {
				all = append(all, fmt.Sprintf("%s in %q", why, tail(scanner.Text(), 300)))
			}
		}
	}
	return all, lines, scanner.Err()
}

func leaksOf(line string, secrets map[string]string) (why []string) {
	if anyNumber.MatchString(line) {
		why = append(why, "a phone number")
	}
	if anyMarker.MatchString(line) {
		why = append(why, "a customer's or a workspace's word")
	}
	for secret, what := range secrets {
		if strings.Contains(line, secret) && !slices.Contains(why, what) {
			why = append(why, what)
		}
	}
	return why
}
