package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/domain"
)

// Config says what a Pool works with.
type Config struct {
	// DB is a pool of connections of its own, under the role sb_wa with the search path "wa, public". Upgrade has run on it.
	DB       *sql.DB
	Commands Commands
	Desired  Desired
	Outbox   Outbox
	Leases   Leases
	Sent     SentReplies
	// Probe says why the log would take nothing now. Defaults to asking nothing.
	Probe func(context.Context) error
	// Fell is told of workspaces about which Down would answer otherwise now, nil when of any. It must not block. Defaults to nothing.
	Fell func([]domain.WorkspaceID)
	// Typing is told that a customer types to a workspace's number, or has stopped, with their addresses. It must not block.
	// Defaults to nothing.
	Typing func(w domain.WorkspaceID, addresses []string, typing bool)
	// Follow is told how messages and replies fare. Defaults to nobody.
	Follow Follower
	// SealKeys seal the keys of devices, codes, buffered plaintexts and dead letters in the database.
	SealKeys SealKeys
	// Hide is what may be stored of an address: a keyed hash, the one that customers are known by.
	Hide func(w domain.WorkspaceID, address string) []byte

	// Server is the host:port of a WhatsApp-compatible server spoken to in plain TCP, and RootKey its certificate root.
	// Both are settings of the whole process: the first pool decides. Defaults to the real WhatsApp.
	Server  string
	RootKey [32]byte

	// Pacing makes replies look typed and keeps sending slow. Off for tests and benchmarks.
	Pacing bool
	// ReadReceipts marks the messages a reply answers as read. Defaults to false.
	ReadReceipts bool
	// ConnectRate is how many connects the process makes per second, with a burst of twice as many. Defaults to 50;
	// negative is unlimited.
	ConnectRate float64

	Timing   Timing
	Registry prometheus.Registerer // Defaults to none
	Log      *slog.Logger          // Defaults to slog.Default()
	Now      func() time.Time      // Defaults to time.Now
	Rand     func() float64        // between 0 and 1. Defaults to math/rand/v2
}

// Timing holds the pool's intervals. KeepAliveDeadline is a setting of the whole process: the first pool decides.
type Timing struct {
	Poll              time.Duration // how often tables are read without a wake. Defaults to 1 s
	ConnectTimeout    time.Duration // from dialling to connected. Defaults to 60 s
	HandshakeTimeout  time.Duration // how long WhatsApp may take to answer the first frame. Defaults to 10 s
	LinkTimeout       time.Duration // from the phone's consent to connected, before connecting again. Defaults to 15 s
	QRFirst           time.Duration // how long the first code is shown. Defaults to 60 s
	QRNext            time.Duration // how long each further code is shown. Defaults to 20 s
	PairingTimeout    time.Duration // how long WhatsApp may be out of reach before linking is given up. Defaults to 2 min
	PairingGap        time.Duration // least time between two attempts to link a workspace the same way. Defaults to 10 s
	HandlerDeadline   time.Duration // how long one message may take to be stored. Defaults to 10 s
	StanzaDeadline    time.Duration // how long one stanza may occupy a connection. Defaults to 90 s
	SendTimeout       time.Duration // how long one send may take. Defaults to 8 s
	ReplacedWait      time.Duration // least time before a replaced connection is tried again. Defaults to 30 s
	StreamErrorWait   time.Duration // least time after an unknown stream error; at most five times as long. Defaults to 4 s
	BanMargin         time.Duration // least time after a ban's end before connecting; at most three times as long. Defaults to 5 min
	OutdatedWait      time.Duration // between tries while WhatsApp refuses our version. Defaults to 15 min
	LogAway           time.Duration // how long the log may take nothing before all connections are closed. Defaults to 2 s
	OfflineStall      time.Duration // after which an unfinished catch-up counts as stalled. Defaults to 2 min
	KeepAliveMin      time.Duration // least time between pings. Defaults to 20 s
	KeepAliveMax      time.Duration // most time between pings. Defaults to 30 s
	KeepAliveDeadline time.Duration // how long a ping may go unanswered. Defaults to 10 s
	RecycleMin        time.Duration // least age at which a client is renewed. Defaults to 24 h
	RecycleMax        time.Duration // most age, if the moment is quiet. Defaults to 72 h
	ContactsPause     time.Duration // least time between two readings of the whole contact list. Defaults to 1 min
	RenewWithin       time.Duration // how long a renewal may take without being told to the owner. Defaults to 4 s
	QuietFor          time.Duration // how long nobody must have written before that. Defaults to 5 min
}

func (t Timing) withDefaults() Timing {
	for _, d := range []struct {
		value     *time.Duration
		byDefault time.Duration
	}{
		{&t.Poll, time.Second},
		{&t.ConnectTimeout, time.Minute},
		{&t.HandshakeTimeout, 10 * time.Second},
		{&t.LinkTimeout, 15 * time.Second},
		{&t.QRFirst, time.Minute},
		{&t.QRNext, 20 * time.Second},
		{&t.PairingTimeout, 2 * time.Minute},
		{&t.PairingGap, 10 * time.Second},
		{&t.HandlerDeadline, 10 * time.Second},
		{&t.StanzaDeadline, 90 * time.Second},
		{&t.SendTimeout, 8 * time.Second},
		{&t.ReplacedWait, 30 * time.Second},
		{&t.StreamErrorWait, 4 * time.Second},
		{&t.BanMargin, 5 * time.Minute},
		{&t.OutdatedWait, 15 * time.Minute},
		{&t.LogAway, 2 * time.Second},
		{&t.OfflineStall, 2 * time.Minute},
		{&t.KeepAliveMin, 20 * time.Second},
		{&t.KeepAliveMax, 30 * time.Second},
		{&t.KeepAliveDeadline, 10 * time.Second},
		{&t.RecycleMin, 24 * time.Hour},
		{&t.RecycleMax, 72 * time.Hour},
		{&t.ContactsPause, time.Minute},
		{&t.RenewWithin, 4 * time.Second},
		{&t.QuietFor, 5 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.byDefault
		}
	}
	return t
}

func (c Config) withDefaults() Config {
	c.Timing = c.Timing.withDefaults()
	if c.ConnectRate == 0 {
		c.ConnectRate = 50
	}
	if c.Fell == nil {
		c.Fell = func([]domain.WorkspaceID) {}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	return c
}

func (c Config) validate() error {
	var problems []error
	need := func(ok bool, what string) {
		if !ok {
			problems = append(problems, errors.New("whatsapp: "+what))
		}
	}
	need(c.DB != nil, "DB is needed")
	need(c.Commands != nil, "Commands is needed")
	need(c.Desired != nil, "Desired is needed")
	need(c.Outbox != nil, "Outbox is needed")
	need(c.Leases != nil, "Leases is needed")
	need(c.Sent != nil, "Sent is needed")
	need(c.SealKeys.Newest != [32]byte{}, "a seal key is needed")
	need(c.Hide != nil, "Hide is needed")
	need((c.Server == "") == (c.RootKey == [32]byte{}), "Server and RootKey come together")
	need(c.Timing.RecycleMax >= c.Timing.RecycleMin, "RecycleMax must not be less than RecycleMin")
	need(c.Timing.KeepAliveMax >= c.Timing.KeepAliveMin, "KeepAliveMax must not be less than KeepAliveMin")
	return errors.Join(problems...)
}
