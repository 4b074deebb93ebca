package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the dashboard: index.html, assets/ (names carry a hash of the
// content, so they may be cached for ever) and, beside every file worth it, its
// compressed forms with .br and .gz appended. When the dashboard was not built,
// index.html is a page that says how to build it.
func Files() fs.FS {
	return files(dist)
}

// Built says whether the dashboard is in this binary, rather than the stub.
func Built() bool {
	return built(files(dist))
}

func files(embedded fs.FS) fs.FS {
	root, err := fs.Sub(embedded, "dist")
	if err != nil { // only an invalid path does this, and "dist" is valid
		return embedded
	}
	if built(root) {
		return root
	}
	return stubbed{root}
}

func built(root fs.FS) bool {
	if _, isStub := root.(stubbed); isStub {
		return false
	}
	_, err := fs.Stat(root, "index.html")
	return err == nil
}

// stubbed answers index.html with stub.html.
type stubbed struct{ fs.FS }

// Open opens the named file, the stub for index.html.
func (s stubbed) Open(name string) (fs.File, error) {
	if name == "index.html" {
		name = "stub.html"
	}
	return s.FS.Open(name)
}
