package whatsapp

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

// pairing links a number: one throw-away client after another, until a phone consents, the codes run out, or it is
// cancelled.
type pairing struct {
	*observer
	pool *Pool
	want Wanted

	events chan any
	taken  atomic.Bool // the number belongs to another workspace
	unsure atomic.Bool // it could not be found out
	gave   bool        // WhatsApp gave this round a code to show
	line   *line       // of this round
}

// paired is what came of one round of codes.
type paired int

const (
	pairedOver  paired = iota // nothing was linked, and the log knows why
	pairedYes                 // linked
	pairedAgain               // the socket broke; another round may work
)

// run links the number and says whether it did. The log knows why when it did not.
func (p *pairing) run(ctx context.Context) (link, bool) {
	defer func() {
		if err := p.pool.codes.hide(context.WithoutCancel(ctx), p.workspace); err != nil {
			p.log.WarnContext(ctx, "code not removed", "error", err)
		}
		p.pool.governor.forget(p.workspace)
	}()
	if !p.pool.spaceOut(ctx, p.want) {
		return link{}, false
	}
	giveUp := p.pool.cfg.Now().Add(p.pool.cfg.Timing.PairingTimeout)
	for {
		p.gave = false
		result, reason := p.round(ctx)
		if p.gave { // WhatsApp was within reach until now
			giveUp = p.pool.cfg.Now().Add(p.pool.cfg.Timing.PairingTimeout)
		}
		switch {
		case ctx.Err() != nil, result == pairedOver:
			return link{}, false
		case result == pairedYes:
			p.pool.linked(p.want)
			return p.made(ctx)
		case p.pool.cfg.Now().After(giveUp):
			p.fail(ctx, reason, "unreachable", nil)
			return link{}, false
		}
		if !p.pool.governor.wait(ctx, p.pool.governor.failed(p.workspace)) {
			return link{}, false
		}
	}
}

// attempt is one way to link one workspace. Who changes to the other way is not kept waiting.
type attempt struct {
	workspace domain.WorkspaceID
	method    domain.LinkMethod
}

// spaceOut waits until a workspace may be linked again: an owner who asks again and again must not be one to WhatsApp. It
// answers false when nobody wants it any more.
func (p *Pool) spaceOut(ctx context.Context, want Wanted) bool {
	a, gap := attempt{want.WorkspaceID, want.Method}, p.cfg.Timing.PairingGap
	p.mu.Lock()
	maps.DeleteFunc(p.linking, func(_ attempt, begun time.Time) bool { return p.cfg.Now().Sub(begun) >= gap })
	wait := time.Duration(0)
	if begun, soon := p.linking[a]; soon {
		wait = begun.Add(gap).Sub(p.cfg.Now())
	}
	p.mu.Unlock()
	if wait > 0 && !sleep(ctx, wait) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.linking[a] = p.cfg.Now()
	return true
}

// linked forgets the attempt: it worked.
func (p *Pool) linked(want Wanted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.linking, attempt{want.WorkspaceID, want.Method})
}

// made reads the link that was stored during the pairing.
func (p *pairing) made(ctx context.Context) (link, bool) {
	for {
		l, found, err := p.pool.links.find(ctx, p.workspace)
		if err == nil {
			return l, found
		}
		p.log.WarnContext(ctx, "link not read yet", "error", err)
		if !sleep(ctx, 200*time.Millisecond) {
			return link{}, false
		}
	}
}

// round shows one set of codes over one socket.
func (p *pairing) round(ctx context.Context) (paired, domain.Reason) {
	if !p.pool.governor.refusedUntil().IsZero() {
		p.fail(ctx, domain.ReasonOutdated, "405", nil)
		return pairedOver, ""
	}
	done, err := p.pool.governor.turn(ctx, p.workspace, p.pool.cfg.Now()) // somebody is looking at the screen
	if err != nil {
		return pairedOver, ""
	}
	defer done()
	p.events = make(chan any, 32)
	p.opens()
	line := p.pool.newLine(ctx)
	p.line = line
	line.client = p.client(line.ctx) //nolint:contextcheck // it lives as long as the socket
	line.stuck = func() { p.push(&events.Disconnected{}) }
	line.struck = func(*waBinary.Node, error) { line.stuck() }
	line.open() //nolint:contextcheck // it has a context of its own
	defer line.close()
	first := time.NewTimer(p.pool.cfg.Timing.ConnectTimeout)
	defer first.Stop()
	for {
		select {
		case <-ctx.Done():
			return pairedOver, ""
		case <-first.C:
			return pairedAgain, domain.ReasonNetwork
		case err := <-line.dialled:
			if err != nil {
				p.pool.governor.tried(false)
				return pairedAgain, dialVerdict(err).reason
			}
		case event := <-p.events:
			if qr, ok := event.(*events.QR); ok {
				p.pool.governor.tried(true)
				done()
				return p.show(ctx, line.client, qr.Codes)
			}
			if result, reason, final := p.interpret(ctx, line.client, event); final {
				return result, reason
			}
		}
	}
}

// client is a fresh one over a device nobody knows yet.
func (p *pairing) client(ctx context.Context) *whatsmeow.Client {
	lids := newLIDMap(p.pool.cfg.DB, p.workspace)
	g := &guard{
		db: p.pool.db, links: p.pool.links, workspace: p.workspace, epoch: p.epoch, ratchet: newRatchet(),
		metrics: p.pool.metrics, box: p.pool.box, now: p.pool.cfg.Now,
	}
	client := p.pool.newClient(ctx, p.pool.devices.fresh(g, lids, p.pool.contacts(p.workspace, time.Time{})), p.handle)
	client.PrePairCallback = func(jid types.JID, _, _ string) bool {
		taken, err := p.pool.links.takenByOther(ctx, p.workspace, jid.User)
		p.taken.Store(taken)
		p.unsure.Store(err != nil)
		return err == nil && !taken
	}
	return client
}

func (p *pairing) handle(event any) bool {
	defer p.pool.recovered("pairing", nil)
	p.push(event)
	return true
}

func (p *pairing) push(event any) {
	select {
	case p.events <- event:
	default:
	}
}

// show gives out the codes one after the other, each for its time. A pairing code replaces them all.
func (p *pairing) show(ctx context.Context, client *whatsmeow.Client, texts []string) (paired, domain.Reason) {
	shown, byCode, began := 0, p.want.Method == domain.LinkByCode, p.pool.cfg.Now()
	turn, expires := time.NewTimer(0), time.Time{}
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return pairedOver, ""
		case <-turn.C:
			if shown == len(texts) || byCode && shown > 0 {
				return p.expire(ctx)
			}
			until, result := p.next(ctx, client, texts, shown, began)
			if result != pairedYes {
				return result, domain.ReasonNetwork
			}
			shown++
			p.gave, expires = true, until
			turn.Reset(until.Sub(p.pool.cfg.Now()))
		case event := <-p.events:
			over := shown == len(texts) || byCode && shown > 0 && expires.Sub(p.pool.cfg.Now()) <= p.pool.cfg.Timing.QRNext
			if _, gone := event.(*events.Disconnected); gone && over {
				return p.expire(ctx) // WhatsApp counts the same seconds, and began before us
			}
			if result, reason, final := p.interpret(ctx, client, event); final {
				return result, reason
			}
		}
	}
}

// next shows the code after the first n, and says until when it works. Anything but pairedYes ends the round, which began when
// WhatsApp gave out its codes.
func (p *pairing) next(ctx context.Context, client *whatsmeow.Client, texts []string, n int, began time.Time) (time.Time, paired) {
	now, timing := p.pool.cfg.Now(), p.pool.cfg.Timing
	code := Code{QR: texts[n], Attempt: n + 1, Of: len(texts)}
	switch {
	case p.want.Method == domain.LinkByCode:
		text, result := p.pairingCode(ctx, client)
		if result != pairedYes {
			return time.Time{}, result
		}
		code = Code{PairingCode: text, Attempt: 1, Of: 1}
		// It works as long as the line, which ends with the last of the codes to scan.
		code.ExpiresAt = began.Add(timing.QRFirst + time.Duration(len(texts)-1)*timing.QRNext)
	case n == 0:
		code.ExpiresAt = now.Add(timing.QRFirst)
	default:
		code.ExpiresAt = now.Add(timing.QRNext)
	}
	if !p.publish(ctx, code) {
		return time.Time{}, pairedOver
	}
	return code.ExpiresAt, pairedYes
}

// pairingCode asks WhatsApp for a code to type. When the socket breaks meanwhile, the library waits five seconds for another one,
// which nobody opens: who looks at the screen is not kept waiting for that.
func (p *pairing) pairingCode(ctx context.Context, client *whatsmeow.Client) (string, paired) {
	type answer struct {
		code string
		err  error
	}
	asked := make(chan answer, 1)
	go func() {
		defer p.pool.recovered("pairing code", func(err error) { asked <- answer{err: err} })
		code, err := client.PairPhone(ctx, p.want.Phone, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
		asked <- answer{code, err}
	}()
	for {
		select {
		case <-ctx.Done():
			return "", pairedOver
		case a := <-asked:
			if a.err != nil {
				return "", p.codeRefused(ctx, a.err)
			}
			return a.code, pairedYes
		case event := <-p.events:
			if result, _, final := p.interpret(ctx, client, event); final {
				return "", result
			}
		}
	}
}

func (p *pairing) codeRefused(ctx context.Context, err error) paired {
	if refused := (*whatsmeow.IQError)(nil); errors.As(err, &refused) {
		p.fail(ctx, domain.ReasonPairFailed, "code_refused", nil)
		return pairedOver
	}
	p.log.WarnContext(ctx, "no pairing code", "error", err)
	return pairedAgain
}

// publish makes the code readable and then says in the log that there is one. It answers false when nobody wants it any more.
func (p *pairing) publish(ctx context.Context, code Code) bool {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := p.pool.codes.show(ctx, p.workspace, code)
		if err == nil {
			break
		}
		p.log.WarnContext(ctx, "code not stored yet", "error", err)
		if !sleep(ctx, wait) {
			return false
		}
	}
	var e domain.ConnectionEvent = domain.ConnectionQRIssued{
		WorkspaceID: p.workspace, Attempt: code.Attempt, Of: code.Of, ExpiresAt: code.ExpiresAt, Evidence: p.saw(nil),
	}
	if code.PairingCode != "" {
		e = domain.ConnectionPairingCodeIssued{WorkspaceID: p.workspace, ExpiresAt: code.ExpiresAt, Evidence: p.saw(nil)}
	}
	news, err := p.observe(ctx, e)
	return news && err == nil
}

func (p *pairing) expire(ctx context.Context) (paired, domain.Reason) {
	_, _ = p.observe(ctx, domain.ConnectionCodeExpired{WorkspaceID: p.workspace, Evidence: p.saw(nil)})
	return pairedOver, ""
}

// fail records why linking was given up: over what the library told, which is nil where it told nothing.
func (p *pairing) fail(ctx context.Context, reason domain.Reason, code string, event any) {
	now, how := p.pool.cfg.Now(), p.saw(event)
	how.ReasonCode = code
	if p.line != nil {
		how.RawExcerpt = p.line.excerpt()
	}
	_, _ = p.observe(ctx, domain.ConnectionFailed{WorkspaceID: p.workspace, Reason: reason, Code: code, FailedAt: now, Evidence: how})
}

// saw is the evidence of what the library told on this round's socket; nil where it told nothing.
func (p *pairing) saw(event any) domain.Evidence { return p.seen(p.connSeq, event) }

// interpret says what an event means for the linking, and whether it ends the round.
func (p *pairing) interpret(ctx context.Context, client *whatsmeow.Client, event any) (result paired, reason domain.Reason, final bool) {
	switch e := event.(type) {
	case *events.PairSuccess:
		return p.linked(ctx, client, e), "", true
	case *events.PairError:
		reason, code := domain.ReasonPairFailed, "pair_error"
		if ours := (*whatsmeow.PairDatabaseError)(nil); errors.As(e.Error, &ours) || p.unsure.Load() {
			reason, code = domain.ReasonPairInternal, "pair_storage"
		}
		if p.taken.Load() || errors.Is(e.Error, errNumberTaken) {
			reason, code = domain.ReasonNumberTaken, "number_taken"
		}
		p.fail(ctx, reason, code, event)
		return pairedOver, "", true
	case *events.PairPasskeyRequest, *events.PairPasskeyError:
		// Only a browser on WhatsApp's own pages can use the passkey. The owner is told what to do about it, and meanwhile gets new
		// codes, because the library has thrown away the key that those shown were made with.
		_, _ = p.observe(ctx, domain.ConnectionCodeRefused{WorkspaceID: p.workspace, Reason: domain.ReasonPasskey, Evidence: p.saw(event)})
		if err := p.pool.codes.hide(ctx, p.workspace); err != nil {
			p.log.WarnContext(ctx, "code not removed", "error", err)
		}
		return pairedAgain, domain.ReasonPasskey, true
	case *events.QRScannedWithoutMultidevice: // the same code works once the phone is updated
		_, _ = p.observe(ctx, domain.ConnectionCodeRefused{
			WorkspaceID: p.workspace, Reason: domain.ReasonPhoneOutdated, Evidence: p.saw(event),
		})
		return 0, "", false
	case *events.Disconnected:
		return pairedAgain, domain.ReasonNetwork, true
	case serverBusy:
		return pairedAgain, domain.ReasonServerBusy, true
	case *events.ClientOutdated:
		p.pool.governor.refused()
		p.fail(ctx, domain.ReasonOutdated, "405", event)
		return pairedOver, "", true
	}
	if v, ends := classify(event, p.pool.cfg.Timing); ends {
		p.fail(ctx, domain.ReasonPairFailed, v.code, event)
		return pairedOver, "", true
	}
	return 0, "", false
}

// linked records the phone's consent and gives WhatsApp the time to end this socket: the device is stored, a fresh client
// takes over. The library does not tell of a socket that closes right now, so it is also looked at.
func (p *pairing) linked(ctx context.Context, client *whatsmeow.Client, e *events.PairSuccess) paired {
	fact := domain.ConnectionPaired{
		WorkspaceID: p.workspace, Device: e.ID.String(), Phone: e.ID.User, Platform: e.Platform, PairedAt: p.pool.cfg.Now(),
		LID: e.LID.String(), Evidence: p.saw(e),
	}
	if _, err := p.observe(ctx, fact); err != nil {
		return pairedOver
	}
	patience := time.NewTimer(p.pool.cfg.Timing.LinkTimeout / 3)
	defer patience.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return pairedOver
		case <-look.C:
			if !client.IsConnected() {
				return pairedYes
			}
		case <-patience.C:
			return pairedYes
		case event := <-p.events:
			switch event.(type) {
			case *events.ManualLoginReconnect, *events.Disconnected:
				return pairedYes
			}
		}
	}
}
