package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"switchboard.example/test/rig"
)

// Why attempts fail, in words for the report.
var (
	errNotShown     = errors.New("no code was shown in time")
	errExpired      = errors.New("the code expired")
	errNotExpired   = errors.New("the code did not expire")
	errNotScanned   = errors.New("the phone took none of the codes")
	errNotConnected = errors.New("it was not connected in time")
)

// outcome is what came of an attempt.
type outcome struct {
	try    try
	failed error
	scans  int           // or codes typed
	shown  time.Duration // from asking until a code was there, the first time
	took   time.Duration // all of it
}

// owner makes one attempt.
type owner struct {
	site *site
	shop *rig.Shop
	outcome
}

const (
	lookEvery = 250 * time.Millisecond // people are not faster, and many look at the same time
	mostScans = 3
)

// link makes the attempt and takes what came of it away again.
func (o *owner) link(ctx context.Context) outcome {
	began := time.Now()
	o.failed = o.attempt(ctx)
	o.took = time.Since(began)
	if o.failed != nil && ctx.Err() == nil {
		say("attempt %d, %s, typed %v, failed after %.1f s: %v", o.try.number, o.try.happen, o.try.typed, o.took.Seconds(), o.failed)
	}
	if err := o.unlink(ctx, o.failed != nil); err != nil && ctx.Err() == nil {
		say("after attempt %d: %v", o.try.number, err)
	}
	return o.outcome
}

func (o *owner) attempt(ctx context.Context) error {
	if o.try.happen == lost515 {
		if err := o.site.phones.Fault(ctx, map[string]any{"kind": "restart_lag", "phone": o.shop.Number, "milliseconds": 0}); err != nil {
			return err
		}
	}
	if o.try.happen == expire {
		if err := o.ask(ctx); err != nil {
			return err
		}
		if _, err := o.look(ctx, ""); err != nil {
			return err
		}
		if err := o.expired(ctx); err != nil {
			return err
		}
	}
	if err := o.consent(ctx); err != nil {
		return err
	}
	return o.connected(ctx)
}

func (o *owner) ask(ctx context.Context) error {
	if o.try.typed {
		return o.shop.Owner.ConnectByCode(ctx, o.shop.Number)
	}
	return o.shop.Owner.Connect(ctx)
}

// look waits for a code other than the one before.
func (o *owner) look(ctx context.Context, before string) (code string, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, o.site.plan.Shown)
	defer cancel()
	over := false
	err = rig.EventuallyEvery(ctx, lookEvery, "wait for a code", func(ctx context.Context) error {
		shown, err := o.shop.Owner.Code(ctx)
		if err != nil {
			if c, failed := o.shop.Owner.Connection(ctx); failed == nil && before != "" && expiredNow(c) {
				over = true
				return nil
			}
			return err
		}
		if code = shown.Code; o.try.typed {
			code = shown.PairingCode
		}
		if code == "" || code == before {
			return rig.ErrNotYet
		}
		return nil
	})
	if over {
		return "", errExpired
	}
	if err != nil {
		c, _ := o.shop.Owner.Connection(context.WithoutCancel(ctx)) // what the screen says then
		return "", errors.Join(errNotShown, err, fmt.Errorf("it is %s (%s)", c.WhatsappConnectionStatus, c.Reason))
	}
	if o.shown == 0 {
		o.shown = time.Since(began)
	}
	return code, nil
}

// expiredNow says whether the server has told the owner that the codes are over.
func expiredNow(c rig.Connection) bool {
	return c.WhatsappConnectionStatus == "disconnected" && c.Reason == "code_expired"
}

// codesLast is longer than all of WhatsApp's codes work.
const codesLast = 4 * time.Minute

// expired does nothing until the server says that the codes are over.
func (o *owner) expired(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, codesLast)
	defer cancel()
	err := rig.EventuallyEvery(ctx, lookEvery, "wait until the code expires", func(ctx context.Context) error {
		c, err := o.shop.Owner.Connection(ctx)
		if err == nil && !expiredNow(c) {
			return fmt.Errorf("it is %s (%s): %w", c.WhatsappConnectionStatus, c.Reason, rig.ErrNotYet)
		}
		return err
	})
	if err != nil {
		return errors.Join(errNotExpired, err)
	}
	return nil
}

// consent asks for a code and lets the phone scan or type it, taking a newer one when the phone says that it is no longer shown.
func (o *owner) consent(ctx context.Context) error {
	if err := o.ask(ctx); err != nil {
		return err
	}
	code := ""
	var refused error
	for range mostScans {
		next, err := o.look(ctx, code)
		if errors.Is(err, errExpired) { // they were too slow, and ask again
			if err = o.ask(ctx); err == nil {
				next, err = o.look(ctx, "")
			}
		}
		if err != nil {
			return errors.Join(err, refused)
		}
		code = next
		if o.scans == 0 && o.try.pause > 0 {
			if err := pause(ctx, o.try.pause); err != nil {
				return err
			}
		}
		o.scans++
		if refused = o.give(ctx, code); refused == nil {
			return nil
		}
	}
	return errors.Join(errNotScanned, refused)
}

func (o *owner) give(ctx context.Context, code string) error {
	if o.try.typed {
		return o.site.phones.EnterCode(ctx, o.shop.Number, code)
	}
	return o.site.phones.Scan(ctx, o.shop.Number, code)
}

// connected waits until the phone and the server say so. A server that says that it failed has spoken for the attempt.
func (o *owner) connected(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.site.plan.Connected)
	defer cancel()
	var over error
	err := rig.EventuallyEvery(ctx, lookEvery, "wait until it is connected", func(ctx context.Context) error {
		c, err := o.shop.Owner.Connection(ctx)
		if err != nil {
			return err
		}
		if c.WhatsappConnectionStatus == "disconnected" {
			over = fmt.Errorf("the server gave up: %s", c.Reason)
			return nil
		}
		devices, err := o.site.phones.Linked(ctx, o.shop.Number)
		if err == nil && !joined(c, devices) {
			return fmt.Errorf("it is %s (%s), devices %+v: %w", c.WhatsappConnectionStatus, c.Reason, devices, rig.ErrNotYet)
		}
		return err
	})
	if err != nil {
		return errors.Join(errNotConnected, err)
	}
	return over
}

// joined says whether the server and the phone agree that the device is there.
func joined(c rig.Connection, devices []rig.Device) bool {
	return c.WhatsappConnectionStatus == "connected" && len(devices) == 1 && devices[0].Online
}

// betweenFailures is more than the server lets pass between two attempts of a workspace of which the first failed.
const betweenFailures = 11 * time.Second

// unlink leaves the workspace as it was, for the next attempt.
func (o *owner) unlink(ctx context.Context, failed bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return rig.EventuallyEvery(ctx, lookEvery, "unlink", func(ctx context.Context) error {
		if err := o.shop.Owner.Disconnect(ctx, true); err != nil {
			return err
		}
		devices, err := o.site.phones.Linked(ctx, o.shop.Number)
		if err == nil && len(devices) > 0 {
			if failed { // a device that the server never learnt of
				return errors.Join(rig.ErrNotYet, o.site.phones.Unlink(ctx, o.shop.Number))
			}
			return rig.ErrNotYet
		}
		if err == nil && failed {
			err = pause(ctx, betweenFailures)
		}
		return err
	})
}

// word is the refusal's own, to count failures of one sort together.
func word(err error) string {
	if refused := (*rig.Refusal)(nil); errors.As(err, &refused) && refused.Status != http.StatusNotFound {
		return refused.Error()
	}
	for _, known := range []error{errNotShown, errNotExpired, errNotScanned, errNotConnected} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return err.Error()
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
