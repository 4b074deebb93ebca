package noise

import (
	"errors"
	"fmt"
)

const (
	lengthSize = 3
	// MaxFrame is the largest payload a frame can carry, in bytes.
	MaxFrame = 1<<24 - 1
)

// ErrNotWhatsApp says that the first bytes are not those of a WhatsApp client.
var ErrNotWhatsApp = errors.New("the first bytes are not those of a WhatsApp client")

// Frame puts the three length bytes in front of a payload.
func Frame(payload []byte) ([]byte, error) {
	if len(payload) > MaxFrame {
		return nil, fmt.Errorf("a frame of %d bytes is over %d", len(payload), MaxFrame)
	}
	n := len(payload)
	frame := make([]byte, 0, lengthSize+n)
	frame = append(frame, byte(n>>16), byte(n>>8), byte(n)) //nolint:gosec // cut on purpose, n is below 1<<24
	return append(frame, payload...), nil
}

// Splitter cuts what a client sends into frames, however it was cut into messages.
// The zero value is ready and expects the client's introduction first.
type Splitter struct {
	// Intro is the four bytes 'W' 'A' 6 n, once seen: the handshake's prologue.
	Intro  []byte
	buffer []byte
	routed bool // the routing block was taken off; there is only one
}

// Push adds received bytes and returns the frames that are complete now.
func (s *Splitter) Push(data []byte) (frames [][]byte, err error) {
	s.buffer = append(s.buffer, data...)
	if s.Intro == nil {
		if complete, err := s.introduction(); err != nil || !complete {
			return nil, err
		}
	}
	for len(s.buffer) >= lengthSize {
		end := lengthSize + length(s.buffer)
		if len(s.buffer) < end {
			break
		}
		frames = append(frames, append([]byte(nil), s.buffer[lengthSize:end]...))
		s.buffer = s.buffer[end:]
	}
	return frames, nil
}

// introduction takes an optional routing block ('E' 'D' 0 1 len24 info, not part of
// the prologue) and then the client's header off the front of the buffer.
func (s *Splitter) introduction() (complete bool, err error) {
	if !s.routed && len(s.buffer) >= 2 && s.buffer[0] == 'E' && s.buffer[1] == 'D' {
		if len(s.buffer) < 4+lengthSize {
			return false, nil
		}
		end := 4 + lengthSize + length(s.buffer[4:])
		if len(s.buffer) < end {
			return false, nil
		}
		s.buffer, s.routed = s.buffer[end:], true
	}
	if len(s.buffer) < 4 {
		return false, nil
	}
	if s.buffer[0] != 'W' || s.buffer[1] != 'A' {
		return false, ErrNotWhatsApp
	}
	s.Intro = append([]byte(nil), s.buffer[:4]...)
	s.buffer = s.buffer[4:]
	return true, nil
}

func length(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
