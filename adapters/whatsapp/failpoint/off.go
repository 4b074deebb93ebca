//go:build !failpoints

package failpoint

// Reached does nothing in a build without the tag failpoints.
func Reached(string) {}

// Struck does nothing in a build without the tag failpoints.
func Struck(string) {}
