package embedded

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// Attach returns the address of the server that another program is running in cfg.DataDir, for tools that look at the same
// data meanwhile; false when none is running there. It starts and changes nothing.
func Attach(ctx context.Context, cfg Config) (dsn string, running bool) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return "", false
	}
	h := home{dir: filepath.Join(cfg.DataDir, "postgres")}
	found, err := readPidFile(h.data())
	if err != nil || found.port == 0 || !found.ready || !alive(found.pid) || !isServer(ctx, found.pid, h.data()) {
		return "", false
	}
	secret, err := os.ReadFile(h.path("password"))
	if err != nil {
		return "", false
	}
	s := &Server{cfg: cfg, home: h, secret: strings.TrimSpace(string(secret)), port: found.port}
	return s.DSN(""), true
}
