package frontend

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	stub := &fstest.MapFile{Data: []byte("make frontend")}

	t.Run("without a build the page says how to make one", func(t *testing.T) {
		t.Parallel()
		root := files(fstest.MapFS{"dist/stub.html": stub})
		if got := read(t, root, "index.html"); !strings.Contains(got, "make frontend") {
			t.Errorf("index.html = %q, want the stub", got)
		}
		if built(root) {
			t.Error("built = true, want false")
		}
	})

	t.Run("with a build the page is the dashboard", func(t *testing.T) {
		t.Parallel()
		page := &fstest.MapFile{Data: []byte("dashboard")}
		root := files(fstest.MapFS{"dist/stub.html": stub, "dist/index.html": page})
		if got := read(t, root, "index.html"); got != "dashboard" {
			t.Errorf("index.html = %q, want the dashboard", got)
		}
		if !built(root) {
			t.Error("built = false, want true")
		}
	})

	t.Run("whatever was embedded has a page", func(t *testing.T) {
		t.Parallel()
		if got := read(t, Files(), "index.html"); !strings.Contains(got, "<html") {
			t.Errorf("index.html = %q, want a page", got)
		}
	})
}

func read(t *testing.T, root fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return string(b)
}
