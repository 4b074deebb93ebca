package embedded

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
)

const logLimit = 16 << 20 // bytes; a larger log is put aside at the next start, and one of those is kept

// serverLog is where the server's own words go. A file outlives this program, a pipe would not.
type serverLog struct {
	file *os.File
	from int64 // where this start begins
}

func (h home) openLog() (serverLog, error) {
	path := h.path("server.log")
	if info, err := os.Lstat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return serverLog{}, unwritable(h.dir, err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return serverLog{}, unwritable(h.dir, err)
	}
	from, err := file.Seek(0, io.SeekEnd)
	return serverLog{file: file, from: from}, errors.Join(err, h.who.own(path))
}

// complaint returns the fatal lines of this start, or the last line when there is none.
func (l serverLog) complaint() string {
	content, err := io.ReadAll(io.NewSectionReader(l.file, l.from, logLimit))
	if err != nil {
		return err.Error()
	}
	var fatal []string
	for line := range strings.Lines(string(content)) {
		for _, level := range []string{"FATAL:", "PANIC:", "could not bind"} {
			if _, words, found := strings.Cut(line, level); found {
				fatal = append(fatal, strings.TrimSpace(strings.TrimPrefix(level, "FATAL:")+words))
			}
		}
	}
	if len(fatal) == 0 {
		return lastLine(content)
	}
	return strings.Join(fatal, "; ")
}
