package noise_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/sandbox/internal/noise"
)

func framed(t *testing.T, payloads ...string) []byte {
	t.Helper()
	var all []byte
	for _, payload := range payloads {
		frame, err := noise.Frame([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, frame...)
	}
	return all
}

func TestFramesAreFoundHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	sent := append([]byte{'W', 'A', 6, 3}, framed(t, "hello", "", "a longer payload")...)
	routed := append([]byte{'E', 'D', 0, 1, 0, 0, 2, 'x', 'y'}, sent...)
	for name, data := range map[string][]byte{"plain": sent, "behind a routing block": routed} {
		for _, step := range []int{1, 2, 5, len(data)} {
			var splitter noise.Splitter
			var got []string
			for rest := data; len(rest) > 0; {
				n := min(step, len(rest))
				frames, err := splitter.Push(rest[:n])
				if err != nil {
					t.Fatal(err)
				}
				for _, frame := range frames {
					got = append(got, string(frame))
				}
				rest = rest[n:]
			}
			if diff := cmp.Diff([]string{"hello", "", "a longer payload"}, got); diff != "" {
				t.Errorf("%s in steps of %d: %s", name, step, diff)
			}
			if !bytes.Equal(splitter.Intro, []byte{'W', 'A', 6, 3}) {
				t.Errorf("the introduction is %v", splitter.Intro)
			}
		}
	}
}

func TestAStrangerIsTurnedAway(t *testing.T) {
	t.Parallel()
	var splitter noise.Splitter
	if _, err := splitter.Push([]byte("GET / HTTP/1.1")); !errors.Is(err, noise.ErrNotWhatsApp) {
		t.Errorf("the answer is %v", err)
	}
}

func TestAFrameThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := noise.Frame(make([]byte, noise.MaxFrame+1)); err == nil {
		t.Error("it was framed")
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte{'W', 'A', 6, 3, 0, 0, 1, 'x'}, 3)
	f.Add([]byte{'E', 'D', 0, 1, 0, 0, 0, 'W', 'A', 6, 3}, 1)
	f.Add([]byte{'E', 'D', 0, 1, 255, 255, 255}, 2)
	f.Add([]byte{'W', 'A', 6, 3, 255, 255, 255, 0}, 1)
	f.Add([]byte{'W', 'A', 6, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b'}, 4)
	f.Add([]byte{'W', 'A'}, 1)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		step = max(1, step)
		var whole, pieces noise.Splitter
		all, wholeErr := whole.Push(data)
		var got [][]byte
		var err error
		for rest := data; len(rest) > 0 && err == nil; {
			n := min(step, len(rest))
			var frames [][]byte
			frames, err = pieces.Push(rest[:n])
			got = append(got, frames...)
			rest = rest[n:]
		}
		if (wholeErr == nil) != (err == nil) || wholeErr == nil && !cmp.Equal(all, got) {
			t.Errorf("whole: %d frames, %v; in pieces: %d frames, %v", len(all), wholeErr, len(got), err)
		}
	})
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte{18, 34, 10, 32}, []byte{34, 4, 10, 0, 18, 0})
	f.Add(append([]byte{18, 34, 10, 32}, make([]byte, 32)...), []byte{34, 2, 10, 0})
	f.Add(append([]byte{18, 34, 10, 32}, bytes.Repeat([]byte{9}, 32)...), append([]byte{34, 52, 10, 48}, make([]byte, 48)...))
	f.Add([]byte{18, 255, 255, 255, 255, 15}, []byte{34, 255, 255, 255, 255, 15})
	static, err := noise.NewPair()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, hello, finish []byte) {
		r, err := noise.NewResponder(static, []byte("chain"), []byte{'W', 'A', 6, 3})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Hello(hello); err != nil {
			return
		}
		if _, _, err := r.Finish(finish); err == nil {
			t.Error("a handshake without keys succeeded")
		}
	})
}
