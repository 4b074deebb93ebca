package whatsapp

import (
	"sync"

	"go.mau.fi/whatsmeow/types"
)

const (
	mostResends = 5    // of one reply
	resendsKept = 1000 // replies that are counted; when there are more, counting begins anew
)

// resends counts how often replies were encrypted once more because a phone could not read them.
type resends struct {
	mu sync.Mutex
	of map[types.MessageID]int
}

// allow says whether a reply may be encrypted once more, and counts it.
func (r *resends) allow(id types.MessageID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= resendsKept {
		r.of = map[types.MessageID]int{}
	}
	if r.of[id] >= mostResends {
		return false
	}
	r.of[id]++
	return true
}
