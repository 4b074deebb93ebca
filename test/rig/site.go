package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startWithin is how long the program may take to be ready, a first start with a new database included.
const startWithin = 60 * time.Second

// Site is one installation: a data folder and fixed addresses, so that a program started again is found again.
type Site struct {
	Binary     string
	Data       string
	Addr       string // of the dashboard
	PhonesAddr string
	Settings   []string  // environment of the product, such as SWITCHBOARD_PACING=off
	Log        io.Writer // gets everything the product prints; may be nil
}

// NewSite gives a binary free addresses and the folder for its data.
func NewSite(ctx context.Context, binary, folder string) (Site, error) {
	addr, err := FreeAddr(ctx)
	phonesAddr, err2 := FreeAddr(ctx)
	return Site{Binary: binary, Data: folder, Addr: addr, PhonesAddr: phonesAddr}, errors.Join(err, err2)
}

// Product speaks to the site's dashboard.
func (s Site) Product() *Product { return NewProduct(s.Addr) }

// Phones speaks to the site's local WhatsApp.
func (s Site) Phones() *Sandbox { return NewSandbox(s.PhonesAddr) }

func (s Site) environment(more ...string) []string {
	base := []string{
		"SWITCHBOARD_ADDR=" + s.Addr, "SWITCHBOARD_DATA=" + s.Data, "SWITCHBOARD_METRICS_ADDR=off", "SWITCHBOARD_SANDBOX_ADDR=" + s.PhonesAddr,
	}
	return append(append(base, s.Settings...), more...)
}

// StartDemo starts product and phones in one process.
func (s Site) StartDemo(ctx context.Context) (*Process, error) {
	p, err := Start(ctx, Command{Binary: s.Binary, Args: []string{"demo"}, Env: s.environment()})
	if err != nil {
		return nil, err
	}
	return p, s.awaitProduct(ctx, p)
}

// StartPhones starts the local WhatsApp alone.
func (s Site) StartPhones(ctx context.Context, more ...string) (*Process, error) {
	args := append([]string{"sandbox", "--addr", s.PhonesAddr, "--data", filepath.Join(s.Data, "phones")}, more...)
	p, err := Start(ctx, Command{Binary: s.Binary, Args: args, Env: s.environment()})
	if err != nil {
		return nil, err
	}
	phones := s.Phones()
	return p, await(ctx, p, "wait for the phones", func(ctx context.Context) error {
		_, err := phones.RootKey(ctx)
		return err
	})
}

// StartServer starts the product against the phones, which have to be there to tell their key.
func (s Site) StartServer(ctx context.Context) (*Process, error) { return s.StartServerWith(ctx) }

// StartServerWith starts the product with more in its environment.
func (s Site) StartServerWith(ctx context.Context, more ...string) (*Process, error) {
	key, err := s.Phones().RootKey(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the phones for their key: %w", err)
	}
	env := append(s.environment("SWITCHBOARD_WHATSAPP_ADDR="+s.PhonesAddr, "SWITCHBOARD_WHATSAPP_ROOT_KEY="+key), more...)
	p, err := Start(ctx, Command{Binary: s.Binary, Args: []string{"serve"}, Env: env, Log: s.Log})
	if err != nil {
		return nil, err
	}
	return p, s.awaitProduct(ctx, p)
}

// Run lets one of the product's tools do its work on the site's data, and returns what it printed.
func (s Site) Run(ctx context.Context, args ...string) (string, error) {
	tool := exec.CommandContext(ctx, s.Binary, args...) //nolint:gosec // the program under test
	tool.Env = append(neutral(os.Environ()), s.environment()...)
	output, err := tool.CombinedOutput()
	if err != nil {
		return string(output), fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, output)
	}
	return string(output), nil
}

func (s Site) awaitProduct(ctx context.Context, p *Process) error {
	return await(ctx, p, "wait for the product", s.Product().Ready)
}

// await waits until a started program is ready; one that is not is killed, and what it printed is part of the error.
func await(ctx context.Context, p *Process, what string, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	go func() {
		select {
		case <-p.Ended():
			cancel()
		case <-ctx.Done():
		}
	}()
	err := Eventually(ctx, what, ready)
	if err != nil {
		p.Kill()
		return fmt.Errorf("%w\n%s", err, p.Output())
	}
	return nil
}
