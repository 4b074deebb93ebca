package whatsapp

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	waBinary "go.mau.fi/whatsmeow/binary"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// libraryLog passes on what the library says at info and above. Its debug lines hold whole stanzas and linking secrets,
// so they end here; what is left is redacted.
type libraryLog struct {
	log    *slog.Logger
	module string
}

var _ waLog.Logger = libraryLog{}

func (l libraryLog) Debugf(string, ...any)             {}
func (l libraryLog) Infof(format string, args ...any)  { l.write(slog.LevelDebug, format, args) }
func (l libraryLog) Warnf(format string, args ...any)  { l.write(slog.LevelWarn, format, args) }
func (l libraryLog) Errorf(format string, args ...any) { l.write(slog.LevelError, format, args) }

// Sub names the part of the library that speaks.
func (l libraryLog) Sub(module string) waLog.Logger { return libraryLog{log: l.log, module: module} }

func (l libraryLog) write(level slog.Level, format string, args []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.LogAttrs(ctx, level, "whatsapp library", slog.String("module", l.module), slog.String("detail", redact(format, args)))
	}
}

var longNumber = regexp.MustCompile(`[0-9]{5,}`)

// redact formats without stanzas and without numbers that could be somebody's.
func redact(format string, args []any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case *waBinary.Node:
			safe[i] = nodeTag(a)
		case waBinary.Node:
			safe[i] = nodeTag(&a)
		case []byte:
			safe[i] = fmt.Sprintf("%d bytes", len(a))
		default:
			safe[i] = a
		}
	}
	return longNumber.ReplaceAllString(fmt.Sprintf(format, safe...), "#")
}

func nodeTag(n *waBinary.Node) string {
	if n == nil {
		return "<>"
	}
	return "<" + n.Tag + ">"
}
