package bot

import (
	"sync"
	"time"

	"switchboard.example/domain"
)

// typing is who types to whom, as far as WhatsApp tells. It is only remembered here, because it is no fact worth keeping: what
// a restart forgets is answered a little sooner.
type typing struct {
	mu sync.Mutex
	of map[typist]typed
}

// typist is a customer by one of their addresses; a sign of typing does not say more.
type typist struct {
	workspace domain.WorkspaceID
	address   string
}

type typed struct {
	on   bool
	at   time.Time // when they began, or stopped
	wait OpenTurn  // the open turn that waits for it to end; zero when none does
}

// maxTypists bounds what is remembered; when there are more, it begins anew.
const maxTypists = 10_000

// note remembers that somebody types, or stopped, and answers the turn that waited for that.
func (y *typing) note(p typist, on bool, at time.Time) (wait OpenTurn) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.of == nil || len(y.of) >= maxTypists {
		y.of = map[typist]typed{}
	}
	if wait = y.of[p].wait; on {
		y.of[p] = typed{on: true, at: at, wait: wait}
		return OpenTurn{}
	}
	y.of[p] = typed{at: at}
	return wait
}

// await is how the person types now; the turn is woken when they stop.
func (y *typing) await(p typist, o OpenTurn) typed {
	y.mu.Lock()
	defer y.mu.Unlock()
	t, known := y.of[p]
	if known {
		t.wait = o
		y.of[p] = t
	}
	return t
}

// Typing is told that a customer types to a workspace's number, or has stopped; addresses are all that are known of theirs.
// It lengthens the wait for the rest of a burst.
func (t *Turns) Typing(w domain.WorkspaceID, addresses []string, on bool) {
	for _, address := range addresses {
		if o := t.typing.note(typist{w, address}, on, t.Now()); o.CustomerID != "" {
			t.Wake(o.WorkspaceID, o.CustomerID)
		}
	}
}
