package sandbox

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"switchboard.example/sandbox/internal/stanza"
)

// Fault is one order to misbehave.
type Fault struct {
	Kind string `json:"kind"`
	// Phone limits the fault to one account. Defaults to all.
	Phone string `json:"phone,omitempty"`
	// Times is how often it happens. Defaults to once, or to without limit when Seconds or
	// Probability is given.
	Times int `json:"times,omitempty"`
	// Probability of each chance being taken, 0 to 1. Defaults to 1.
	Probability float64 `json:"probability,omitempty"`
	// Seed makes the chances repeatable. Defaults to a random one.
	Seed uint64 `json:"seed,omitempty"`
	// Seconds is how long the fault stays in force, or the length it has by its nature.
	Seconds float64 `json:"seconds,omitempty"`
	// Code is the fault's number, where it has one.
	Code int `json:"code,omitempty"`
	// Milliseconds is the fault's delay, where it has one.
	Milliseconds int `json:"milliseconds,omitempty"`
	// Kilobits is how much a slow line carries in a second. Defaults to no limit.
	Kilobits int `json:"kilobits,omitempty"`
	// Every repeats what acts now: every so many milliseconds each connection, or phone, takes
	// its chance. Defaults to not.
	Every int `json:"every,omitempty"`
	// Direction is "in" (to the devices) or "out" (from them). Defaults to both.
	Direction string `json:"direction,omitempty"`
	// Number is the new number of change_number.
	Number string `json:"number,omitempty"`
	// Notify tells peers of a reinstallation or a new number, and devices of used-up keys.
	// Defaults to false.
	Notify bool `json:"notify,omitempty"`
	// Later leaves live connections alone when the fault concerns the next login; otherwise
	// they are dropped so that it is met at once. Defaults to false.
	Later bool `json:"later,omitempty"`
	// Applied counts how often it happened.
	Applied int `json:"applied"`

	random *rand.Rand
	until  time.Time
	pace   *pace  // of a slow line
	draw   uint64 // this time's own randomness
}

// faults holds the orders in force.
type faults struct {
	now func() time.Time

	mu     sync.Mutex
	orders []*Fault
}

func newFaults(now func() time.Time) *faults { return &faults{now: now} }

func (f *faults) add(order Fault) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if order.Probability == 0 {
		order.Probability = 1
	} else if order.Times == 0 {
		order.Times = -1
	}
	if order.Seconds > 0 && order.Kind != faultTempBan {
		order.until = f.now().Add(time.Duration(order.Seconds * float64(time.Second)))
		order.Times = cmp.Or(order.Times, -1)
	}
	if order.pace != nil {
		order.until, order.Times = order.pace.until, -1
	}
	if order.Every > 0 {
		order.Times = cmp.Or(order.Times, -1)
	}
	order.Times = cmp.Or(order.Times, 1)
	order.Seed = cmp.Or(order.Seed, rand.Uint64())      //nolint:gosec // faults need no secrecy
	order.random = rand.New(rand.NewPCG(order.Seed, 0)) //nolint:gosec // faults must be repeatable
	f.orders = append(f.orders, &order)
	return &order
}

// take uses up one chance of a fault of this kind for this phone, if one is in force.
func (f *faults) take(kind, phone string) *Fault { return f.takeDirected(kind, phone, "") }

func (f *faults) takeDirected(kind, phone, direction string) *Fault {
	return f.takeIf(func(o *Fault) bool {
		return o.Kind == kind && (o.Phone == "" || phone == o.Phone) &&
			(o.Direction == "" || direction == "" || o.Direction == direction)
	})
}

// takeLogin takes a fault that answers a login.
func (f *faults) takeLogin(phone string) *Fault {
	return f.takeIf(func(o *Fault) bool {
		return o.failsLogin() && (o.Phone == "" || phone == o.Phone)
	})
}

func (f *faults) takeIf(matches func(*Fault) bool) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expire()
	for _, o := range f.orders {
		if !matches(o) || o.Times == 0 || o.Every > 0 || o.pace != nil {
			continue
		}
		if !o.chance() {
			return nil
		}
		taken := *o
		return &taken
	}
	return nil
}

// expire drops the orders that are over. Callers hold f.mu.
func (f *faults) expire() {
	now := f.now()
	f.orders = slices.DeleteFunc(f.orders, func(o *Fault) bool {
		return o.Times == 0 || !o.until.IsZero() && now.After(o.until)
	})
}

// chance takes one chance, which may fall the other way.
func (o *Fault) chance() bool {
	if o.Times == 0 || o.Probability < 1 && o.random.Float64() >= o.Probability {
		return false
	}
	o.Applied++
	if o.Times > 0 {
		o.Times--
	}
	o.draw = o.random.Uint64()
	return true
}

func (f *faults) none() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.orders) == 0
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []Fault{}
	for _, o := range f.orders {
		all = append(all, *o)
	}
	return all
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = nil
}

// waits says if a fault of connections is to happen at each next message, not now.
func (o *Fault) waits() bool { return o.Times > 1 || o.Probability > 0 }

func (o *Fault) failsLogin() bool { return o.loginReason() != "" }

func (o *Fault) loginReason() string {
	switch o.Kind {
	case faultLogin503:
		return "503"
	case faultTempBan:
		return "402"
	case faultOutdated:
		return "405"
	case faultLogin401:
		return "401"
	case faultLogin403:
		return "403"
	case faultLogin406:
		return "406"
	case faultLogin400:
		return "400"
	case faultLogin:
		return itoa(orDefault(o.Code, 409))
	default:
		return ""
	}
}

// failure is the stanza that answers a login under this fault.
func (o *Fault) failure() stanza.Node {
	if o.Kind != faultTempBan {
		return loginFailure(o.loginReason(), stanza.Attrs{"location": "sandbox"})
	}
	return loginFailure(o.loginReason(), stanza.Attrs{
		"code": itoa(orDefault(o.Code, 101)), "expire": itoa(orDefault(int(o.Seconds), 3600)),
	})
}
