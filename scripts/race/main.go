// Command race runs "go test -race" and tells our own data races from those inside the WhatsApp library, which races with
// itself when a connection ends under a send. It fails on any race in which our code, or anything but the library, touches the
// memory. Packages in which only the library raced are run again without the detector, and have to pass.
//
// With SWITCHBOARD_RETRY set, as in CI, up to three tests that failed are run once more by themselves. One that passes then
// depends on time or order: it is called flaky, loudly, and is to be mended.
//
//	go run ./scripts/race [flags and packages of go test]
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

func main() {
	args := os.Args[1:]
	out, err := goTest(append([]string{"-race"}, args...))
	if err == nil {
		return
	}
	reports := racesIn(out)
	if len(reports) == 0 {
		again(failedTests(out))
		return
	}
	for _, report := range reports {
		if !insideLibrary(report) {
			exit("a data race that is ours:\n" + report)
		}
	}
	failed := failedPackages(out)
	fmt.Printf("\nonly the WhatsApp library raced with itself (%d reports); without the detector:\n", len(reports))
	if out, err := goTest(append([]string{"-count=1", "-timeout=15m"}, failed...)); err != nil {
		again(failedTests(out))
	}
}

// retried is how many tests may be run again: more at once is no bad luck.
const retried = 3

// again runs failed tests once more, each package's by themselves and without the detector, which had its say.
func again(failed map[string][]string, named bool) {
	count := 0
	for _, tests := range failed {
		count += len(tests)
	}
	if os.Getenv("SWITCHBOARD_RETRY") == "" || !named || count > retried {
		exit("tests failed")
	}
	for pkg, tests := range failed {
		fmt.Printf("\nfailed, once more by themselves: %s of %s\n", strings.Join(tests, ", "), pkg)
		if _, err := goTest([]string{"-count=1", "-timeout=15m", "-run", "^(" + strings.Join(tests, "|") + ")$", pkg}); err != nil {
			exit("tests failed")
		}
	}
	fmt.Println("FLAKY: these passed the second time. Mend them: they depend on time or order.")
}

func exit(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

// goTest runs go test, shows what it prints, and returns it.
func goTest(args []string) (string, error) {
	var seen bytes.Buffer
	run := exec.Command("go", append([]string{"test"}, args...)...) //nolint:gosec,noctx // the caller's own words; it ends with us
	run.Stdout = io.MultiWriter(os.Stdout, &seen)
	run.Stderr = io.MultiWriter(os.Stderr, &seen)
	err := run.Run()
	return seen.String(), err
}

const border = "==================\n"

// racesIn cuts the detector's reports out of a test's output.
func racesIn(out string) []string {
	var reports []string
	for part := range strings.SplitSeq(out, border) {
		if strings.HasPrefix(part, "WARNING: DATA RACE") {
			reports = append(reports, part)
		}
	}
	return reports
}

// access matches where a report names the two accesses; the function after each touched the memory. An atomic access names
// sync/atomic, and its place in the source, before the function that asked for it.
var access = regexp.MustCompile(`(?m)^(?:Read|Write|Previous read|Previous write|Atomic \w+|Previous atomic \w+) at .*\n` +
	`(?:\s+sync/atomic\.\S+\n\s+\S+ \+0x\w+\n)*\s+(\S+)`)

// insideLibrary says whether both accesses were made by the library's own functions.
func insideLibrary(report string) bool {
	accesses := access.FindAllStringSubmatch(report, -1)
	return len(accesses) > 0 && !slices.ContainsFunc(accesses, func(a []string) bool {
		return !strings.HasPrefix(a[1], "go.mau.fi/")
	})
}

var failedTest = regexp.MustCompile(`^--- FAIL: (\w+) `)

// failedTests are the failed tests of each package that failed. It answers false unless every such package names one.
func failedTests(out string) (failed map[string][]string, named bool) {
	failed, named = map[string][]string{}, true
	var tests []string
	for line := range strings.Lines(out) {
		if m := failedTest.FindStringSubmatch(line); m != nil {
			tests = append(tests, m[1])
		}
		if m := failure.FindStringSubmatch(line); m != nil {
			failed[m[1]] = tests
			named = named && len(tests) > 0
			tests = nil
		}
	}
	return failed, named && len(failed) > 0
}

var failure = regexp.MustCompile(`(?m)^FAIL[ \t]+(\S+)[ \t]`)

func failedPackages(out string) []string {
	var failed []string
	for _, m := range failure.FindAllStringSubmatch(out, -1) {
		if !slices.Contains(failed, m[1]) {
			failed = append(failed, m[1])
		}
	}
	return failed
}
