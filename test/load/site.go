package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchboard.example/adapters/postgres/embedded"
	"switchboard.example/test/rig"
)

// site is what is measured: processes of ours, or what somebody else runs.
type site struct {
	product  *rig.Product
	phones   *rig.Sandbox
	database string           // its address; empty: not ours to read
	postgres *embedded.Server // nil: somebody else's
	started  []started        // in the order to stop them
	metrics  string           // where the started server tells about itself
	remove   func() error
}

type started struct {
	name string
	*rig.Process
}

// open starts what is not running yet.
func open(ctx context.Context, p plan) (*site, error) {
	if p.Server != "" {
		return &site{
			product: rig.NewProduct(p.Server), phones: rig.NewSandbox(p.Phones), database: p.Database,
			remove: func() error { return nil },
		}, nil
	}
	folder, remove, err := rig.Folder()
	if err != nil {
		return nil, err
	}
	s := &site{remove: remove}
	if err := s.start(ctx, p, folder); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

// start starts a durable database, the phones and the server. The database is this program's, so that it can read the log.
func (s *site) start(ctx context.Context, p plan, folder string) (err error) {
	binary := p.Binary
	if binary == "" {
		if binary, err = rig.Build(ctx, folder); err != nil {
			return err
		}
	}
	if s.postgres, err = embedded.Start(ctx, embedded.Config{DataDir: folder, Log: slog.New(slog.DiscardHandler)}); err != nil {
		return err
	}
	s.database = s.postgres.DSN("")
	place, err := rig.NewSite(ctx, binary, folder)
	if err != nil {
		return err
	}
	if s.metrics, err = rig.FreeAddr(ctx); err != nil {
		return err
	}
	place.Settings = []string{
		"DATABASE_URL=" + s.database, "SWITCHBOARD_PACING=" + onOff(p.Pacing), "SWITCHBOARD_CONNECT_RATE=unlimited", "SWITCHBOARD_LOG=warn",
		"SWITCHBOARD_METRICS_ADDR=" + s.metrics,
	}
	s.product, s.phones = place.Product(), place.Phones()
	phones, err := place.StartPhones(ctx, "--no-sync") // the disk of the phones is not what is measured
	if err != nil {
		return err
	}
	s.started = append(s.started, started{"sandbox", phones})
	server, err := place.StartServer(ctx)
	if err != nil {
		return err
	}
	s.started = append([]started{{"server", server}}, s.started...)
	return nil
}

func (s *site) close(ctx context.Context) error {
	var errs []error
	for _, p := range s.started {
		errs = append(errs, p.Stop())
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop(context.WithoutCancel(ctx)))
	}
	return errors.Join(append(errs, s.remove())...)
}

// usage is what each process has used, by name.
type usage map[string]rig.Usage

// usage reads what the started processes have used.
func (s *site) usage() usage {
	u := usage{}
	for _, p := range s.started {
		u[p.name] = rig.UsageOf(p.PID())
	}
	if s.postgres == nil {
		return u
	}
	text, _ := os.ReadFile(filepath.Join(s.postgres.Folder(), "data", "postmaster.pid")) //nolint:gosec // our own server
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(first); err == nil {
		whole := rig.UsageBelow(pid)
		whole.CPU += rig.UsageOf(pid).CPU // of those that have ended, too
		u["postgres"] = whole
	}
	return u
}

// processUse is what one process used while customers wrote.
type processUse struct {
	CPUSeconds float64 `json:"cpu_seconds"`
	CPUShare   float64 `json:"cpu_share"`  // of one core
	MemoryMiB  float64 `json:"memory_mib"` // at the end; what processes share is divided among them
}

// since compares with an earlier reading, took ago.
func (u usage) since(before usage, took time.Duration) map[string]processUse {
	all := map[string]processUse{}
	for name, now := range u {
		spent := (now.CPU - before[name].CPU).Seconds()
		all[name] = processUse{CPUSeconds: spent, CPUShare: spent / took.Seconds(), MemoryMiB: float64(now.Memory) / (1 << 20)}
	}
	return all
}

// profile begins to take a profile of the server, if that is wanted, and returns what waits for it.
func (s *site) profile(ctx context.Context, p plan) (wait func() error) {
	if p.Profile == "" || s.metrics == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- rig.Profile(ctx, s.metrics, p.Warm+p.Duration, p.Profile) }()
	return func() error { return <-done }
}

// idle measures what the processes use while nobody writes.
func (s *site) idle(ctx context.Context, length time.Duration) (map[string]processUse, error) {
	before := s.usage()
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.usage().since(before, length), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
