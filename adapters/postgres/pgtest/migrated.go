package pgtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"testing"

	"switchboard.example/migrations"
)

// New makes a database with all migrations applied.
func New(tb testing.TB) Database {
	tb.Helper()
	tpl, err := migrated(migrations.FS)
	if err != nil {
		tb.Fatal(err)
	}
	return fromTemplate(tb, tpl)
}

// migrated is the template with every migration. Other files make another name, so that a server which outlives a
// change of them is never stale.
func migrated(files fs.FS) (template, error) {
	sum, err := fingerprint(files)
	return template{name: "template_migrated_" + sum, setUp: migrations.Up}, err
}

// fingerprint changes with every name and every byte of the files.
func fingerprint(files fs.FS) (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%q %q\n", path, content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}
