package whatsapp

import (
	"fmt"
	"strings"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
)

// sessionCache remembers Signal sessions as they were last stored: who writes is mostly answered within a second, and who
// was answered writes again. A connection's client is the only one that turns its sessions, so each connection has a part of
// the cache of its own, which begins empty and is never looked into by another.
type sessionCache struct {
	records *lru.Cache[sessionKey, []byte]
	moved   *lru.Cache[sessionKey, struct{}] // users of phone numbers of which nothing is stored: all has moved to their LID
	parts   atomic.Int64
}

type sessionKey struct {
	part    int64
	address string // or its user alone
}

// cachedSessions is how many sessions are remembered for all connections together; one takes about 3 KiB.
const cachedSessions = 4096

func newSessionCache() (*sessionCache, error) {
	records, err := lru.New[sessionKey, []byte](cachedSessions)
	if err != nil {
		return nil, fmt.Errorf("make the cache of sessions: %w", err)
	}
	moved, err := lru.New[sessionKey, struct{}](cachedSessions)
	if err != nil {
		return nil, fmt.Errorf("make the cache of moved sessions: %w", err)
	}
	return &sessionCache{records: records, moved: moved}, nil
}

// part begins a part of its own.
func (c *sessionCache) part() knownSessions {
	k := knownSessions{cache: c, part: &atomic.Int64{}}
	k.forget()
	return k
}

// knownSessions is one connection's part.
type knownSessions struct {
	cache *sessionCache
	part  *atomic.Int64
}

// at is to be asked before a session is read or stored, and given to put after.
func (k knownSessions) at() int64 { return k.part.Load() }

func (k knownSessions) get(address string) ([]byte, bool) {
	return k.cache.records.Get(sessionKey{k.at(), address})
}

// put does nothing when the sessions were forgotten since at.
func (k knownSessions) put(at int64, address string, record []byte) {
	k.cache.records.Add(sessionKey{at, address}, record)
	user, _, _ := strings.Cut(address, ":")
	k.cache.moved.Remove(sessionKey{at, user})
}

// moved says whether nothing is stored of a phone number's user, as far as is known.
func (k knownSessions) moved(user string) bool {
	return k.cache.moved.Contains(sessionKey{k.at(), user})
}

// noteMoved holds until a session of the phone number is stored, or all are forgotten.
func (k knownSessions) noteMoved(at int64, user string) {
	k.cache.moved.Add(sessionKey{at, user}, struct{}{})
}

// forget begins anew, for when sessions were removed or moved; what was remembered makes room for others by and by.
func (k knownSessions) forget() { k.part.Store(k.cache.parts.Add(1)) }
