package sandbox

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"switchboard.example/sandbox/internal/stanza"
)

// The kinds of faults.
const (
	faultReplaced      = "replaced"
	faultDeviceRemoved = "device_removed"
	faultStreamError   = "stream_503"
	faultUnknownStream = "stream_error"
	faultDrop          = "drop"
	faultClose         = "close"
	faultHalfOpen      = "half_open"
	faultSlow          = "slow"
	faultLogin503      = "login_503"
	faultTempBan       = "temporary_ban"
	faultOutdated      = "client_outdated"
	faultLogin401      = "login_401"
	faultLogin403      = "login_403"
	faultLogin406      = "login_406"
	faultLogin400      = "login_400"
	faultRefuseHTTP    = "refuse_http"
	faultRestartLag    = "restart_lag"
	faultReinstall     = "reinstall"
	faultAckError      = "ack_error"
	faultLoseAck       = "lose_ack"
	faultLoseMessage   = "lose_message"
	faultLoseReceipt   = "lose_receipt"
	faultDuplicate     = "duplicate"
	faultUndecryptable = "undecryptable"
)

// FaultKind names a fault and says in a line what it does.
type FaultKind struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

// FaultKinds lists every fault the sandbox can apply.
func FaultKinds() []FaultKind {
	return []FaultKind{
		{faultReplaced, "now: tell the device that another connection took its place (conflict replaced), then close"},
		{faultDeviceRemoved, "now: unlink the phone's devices and tell those online (401 device_removed)"},
		{faultStreamError, "now: stream error 503, then close"},
		{faultUnknownStream, "now: stream error with this code, then close"},
		{faultDrop, "now: TCP reset; with probability or times over 1, at each next message instead"},
		{faultClose, "now: clean websocket close"},
		{faultHalfOpen, "now: stop answering on the open connection, for these seconds (0: for good)"},
		{faultSlow, "now: wait these milliseconds (200) before each stanza, for these seconds (10)"},
		{faultLogin503, "next login: failure 503, the client should try again"},
		{faultTempBan, "next login: failure 402 temporary ban with this code (101), for these seconds (3600)"},
		{faultOutdated, "next login: failure 405 client outdated"},
		{faultLogin401, "next login: failure 401 logged out"},
		{faultLogin403, "next login: failure 403 main device gone or number locked"},
		{faultLogin406, "next login: failure 406 banned"},
		{faultLogin400, "next login: failure 400, another reason"},
		{faultRefuseHTTP, "next upgrades: answer with this HTTP status (503), so many times or for these seconds"},
		{faultRestartLag, "next pairing: close these milliseconds (0) after 515 instead of the usual lag"},
		{faultReinstall, "now: the phone is installed again with a new identity; notify tells its peers"},
		{faultAckError, "next message of a device: confirm it with this error code (463) and deliver it to nobody"},
		{faultLoseAck, "next message of a device: deliver it, confirm nothing"},
		{faultLoseMessage, "next message to (direction in) or from (out) a device: take it and deliver it to nobody"},
		{faultLoseReceipt, "next message of a device: the receiving phone confirms nothing"},
		{faultDuplicate, "next message to (direction in) or from (out) a device: deliver the same ciphertext twice"},
		{faultUndecryptable, "next message to a device: damage the ciphertext, so that it must ask again"},
	}
}

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
	// Direction is "in" (to the devices) or "out" (from them). Defaults to both.
	Direction string `json:"direction,omitempty"`
	// Notify tells peers of a reinstallation. Defaults to false.
	Notify bool `json:"notify,omitempty"`
	// Later leaves live connections alone when the fault concerns the next login; otherwise
	// they are dropped so that it is met at once. Defaults to false.
	Later bool `json:"later,omitempty"`
	// Applied counts how often it happened.
	Applied int `json:"applied"`

	random *rand.Rand
	until  time.Time
}

// faults holds the orders in force.
type faults struct {
	now func() time.Time

	mu     sync.Mutex
	orders []*Fault
}

func newFaults(now func() time.Time) *faults { return &faults{now: now} }

func (f *faults) add(order Fault) {
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
	order.Times = cmp.Or(order.Times, 1)
	order.Seed = cmp.Or(order.Seed, rand.Uint64())      //nolint:gosec // faults need no secrecy
	order.random = rand.New(rand.NewPCG(order.Seed, 0)) //nolint:gosec // faults must be repeatable
	f.orders = append(f.orders, &order)
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
	now := f.now()
	f.orders = slices.DeleteFunc(f.orders, func(o *Fault) bool {
		return o.Times == 0 || !o.until.IsZero() && now.After(o.until)
	})
	for _, o := range f.orders {
		if !matches(o) || o.Times == 0 {
			continue
		}
		if o.Probability < 1 && o.random.Float64() >= o.Probability {
			return nil
		}
		o.Applied++
		if o.Times > 0 {
			o.Times--
		}
		taken := *o
		return &taken
	}
	return nil
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
