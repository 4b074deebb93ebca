//go:build race

package match_test

// raceDetector makes everything slower by ten times and more, so promises about time are not judged under it.
const raceDetector = true
