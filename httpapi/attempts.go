package httpapi

import (
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"switchboard.example/domain"
)

// bucketsKept is how many accounts and addresses are watched at a time; the least recently seen are let go.
const bucketsKept = 10_000

// attempts slows guessing down: per account, per address, and overall.
type attempts struct {
	limits   Attempts
	now      func() time.Time
	accounts *lru.Cache[string, *rate.Limiter]
	ips      *lru.Cache[string, *rate.Limiter]
	overall  *rate.Limiter
}

func newAttempts(limits Attempts, now func() time.Time) (*attempts, error) {
	accounts, err := lru.New[string, *rate.Limiter](bucketsKept)
	if err != nil {
		return nil, err
	}
	ips, err := lru.New[string, *rate.Limiter](bucketsKept)
	if err != nil {
		return nil, err
	}
	return &attempts{limits: limits, now: now, accounts: accounts, ips: ips, overall: perMinute(limits.Overall)}, nil
}

func perMinute(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(float64(n)/60), n) }

var errTooMany = domain.Refuse(domain.TooMany, "too_many_attempts", "Too many attempts. Please wait a minute and try again.")

// allow takes one attempt, or refuses it. The narrowest limit is asked first, so that guessing at one account does not use
// up what everybody shares.
func (a *attempts) allow(email, ip string) error {
	now := a.now()
	for _, bucket := range []*rate.Limiter{
		bucketOf(a.accounts, strings.ToLower(strings.TrimSpace(email)), a.limits.PerAccount),
		bucketOf(a.ips, ip, a.limits.PerIP),
		a.overall,
	} {
		if !bucket.AllowN(now, 1) {
			return errTooMany
		}
	}
	return nil
}

func bucketOf(cache *lru.Cache[string, *rate.Limiter], key string, limit int) *rate.Limiter {
	fresh := perMinute(limit)
	if known, ok, _ := cache.PeekOrAdd(key, fresh); ok {
		cache.Get(key) // seen just now
		return known
	}
	return fresh
}
