// Package rig starts the built program the way people do and speaks to it the way browsers and phones do: over HTTP only.
// The tests that kill it and the programs that measure it share this package; none of them sees the inside.
package rig
