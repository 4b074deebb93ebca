// Command race runs "go test -race" and tells our own data races from those inside the WhatsApp library, which races with
// itself when a connection ends under a send. It fails on any race in which our code, or anything but the library, touches the
// memory. Packages in which only the library raced are run again without the detector, and have to pass.
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
		exit("tests failed")
	}
	for _, report := range reports {
		if !insideLibrary(report) {
			exit("a data race that is ours:\n" + report)
		}
	}
	failed := failedPackages(out)
	fmt.Printf("\nonly the WhatsApp library raced with itself (%d reports); without the detector:\n", len(reports))
	if _, err := goTest(append([]string{"-count=1", "-timeout=9m"}, failed...)); err != nil {
		exit("tests failed")
	}
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

// access matches where a report names the two accesses; the line after each is the function that touched the memory.
var access = regexp.MustCompile(`(?m)^(?:Read|Write|Previous read|Previous write|Atomic \w+|Previous atomic \w+) at .*\n\s+(\S+)`)

// insideLibrary says whether both accesses were made by the library's own functions.
func insideLibrary(report string) bool {
	accesses := access.FindAllStringSubmatch(report, -1)
	return len(accesses) > 0 && !slices.ContainsFunc(accesses, func(a []string) bool {
		return !strings.HasPrefix(a[1], "go.mau.fi/")
	})
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
