// Package frontend holds the built dashboard, embedded in the binary.
//
// The build writes into dist, which git ignores but for stub.html: without Node
// the package still compiles, and Files then shows the stub in place of the page.
package frontend
