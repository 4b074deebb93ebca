package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	indexFile   = "index.html"
	assetFolder = "assets/" // names carry a hash of the content
)

// dashboard serves the built dashboard: files as they are, compressed ones to whoever takes them, and the page itself for
// every address the dashboard's own router knows.
type dashboard struct{ files fs.FS }

func newDashboard(files fs.FS) dashboard { return dashboard{files} }

func (d dashboard) serve(c echo.Context) error {
	name := strings.TrimPrefix(path.Clean("/"+c.Request().URL.Path), "/")
	if name == "" {
		name = indexFile
	}
	if strings.HasPrefix(name, "api/") || name == "api" || isCompressed(name) {
		return echo.ErrNotFound
	}
	err := d.send(c, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if strings.HasPrefix(name, assetFolder) || !strings.Contains(c.Request().Header.Get("Accept"), "text/html") {
		return echo.ErrNotFound
	}
	return d.send(c, indexFile)
}

func isCompressed(name string) bool {
	return strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz")
}

// send answers with a file, in the best form that the browser takes.
func (d dashboard) send(c echo.Context, name string) error {
	info, err := fs.Stat(d.files, name)
	if errors.Is(err, fs.ErrInvalid) || (err == nil && info.IsDir()) {
		return fs.ErrNotExist
	}
	if err != nil {
		return err
	}
	content, encoding, err := d.bestForm(name, c.Request().Header.Get("Accept-Encoding"))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding")
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if strings.HasPrefix(name, assetFolder) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
		tag := `"` + tagOf(content) + `"`
		h.Set("ETag", tag)
		if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return c.Blob(http.StatusOK, contentType(name), content)
}

// bestForm returns the smallest form of a file that the browser takes.
func (d dashboard) bestForm(name, accepts string) (content []byte, encoding string, err error) {
	for _, form := range []struct{ suffix, encoding string }{{".br", "br"}, {".gz", "gzip"}} {
		if !takes(accepts, form.encoding) {
			continue
		}
		if content, err = fs.ReadFile(d.files, name+form.suffix); err == nil {
			return content, form.encoding, nil
		}
	}
	content, err = fs.ReadFile(d.files, name)
	return content, "", err
}

// takes reads Accept-Encoding (RFC 9110 §12.5.3) as far as it matters here: named, and not with a weight of zero.
func takes(accepts, encoding string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, encoding) {
			return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
		}
	}
	return false
}

func tagOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:12])
}

func contentType(name string) string {
	switch path.Ext(name) { // what a machine's own tables may not know
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	}
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "application/octet-stream"
}
