package whatsapp_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/adapters/whatsapp"
	"switchboard.example/domain"
	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func TestANumberIsLinkedByScanningACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	s.connect("", "")
	code := s.code()
	if code.Attempt != 1 || code.Of != 6 || code.PairingCode != "" {
		t.Errorf("the first code is %d of %d, pairing code %q", code.Attempt, code.Of, code.PairingCode)
	}
	s.scan(s.phone)
	s.awaitConnected(1)

	paired := await[domain.ConnectionPaired](s, nil)
	if paired.Phone != "2348030000001" {
		t.Errorf("linked %s", paired.Phone)
	}
	if _, shown, err := s.pool.Code(t.Context(), s.id); shown || err != nil {
		t.Errorf("the code is still shown (%v)", err)
	}
	if c := s.connection(); !c.Linked || !c.Desired || c.Reason != domain.ReasonOnline {
		t.Errorf("the connection is %+v", c)
	}
	if s.pool.Heard(s.id).IsZero() {
		t.Error("nothing was heard")
	}
}

func TestANumberIsLinkedByTypingACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	s.connect(domain.LinkByCode, "2348030000001")
	code := s.code()
	if code.QR != "" || len(code.PairingCode) != 9 {
		t.Fatalf("shown are the QR %q and the code %q", code.QR, code.PairingCode)
	}
	if _, err := s.phone.EnterCode(t.Context(), code.PairingCode); err != nil {
		t.Fatal(err)
	}
	s.awaitConnected(1)
	if n := count[domain.ConnectionQRIssued](s); n != 0 {
		t.Errorf("%d QR codes were announced", n)
	}
}

// spoilt is what becomes of a relay's first lines after so many of the sandbox's answers, which are the upgrade, the handshake, the
// references of the codes, and the code.
type spoilt struct {
	lines   int // how many. Defaults to 1
	answers int
	early   bool // they end behind the last answer. Defaults to when the next one comes, in its place
	silent  bool // nothing is passed on any more. Defaults to a reset
}

// relay passes connections on to the sandbox, spoils the first ones, and tells when it spoilt the last of them and when the next
// connection was made.
func relay(t *testing.T, to string, o spoilt) (addr string, times <-chan time.Time) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	o.lines = max(o.lines, 1)
	moments := make(chan time.Time, o.lines+1)
	go func() {
		for n := 1; ; n++ {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			if n == o.lines+1 {
				moments <- time.Now()
			}
			go func() {
				io.Copy(out, in)
				out.Close()
			}()
			go func() {
				defer in.Close()
				if n > o.lines {
					io.Copy(in, out)
					return
				}
				buffer := make([]byte, 64<<10)
				for range o.answers {
					read, _ := out.Read(buffer)
					in.Write(buffer[:read])
				}
				if !o.early {
					out.Read(buffer)
				}
				if n == o.lines {
					moments <- time.Now()
				}
				if o.silent {
					io.Copy(io.Discard, out) // until we hang up
					return
				}
				in.(*net.TCPConn).SetLinger(0)
			}()
		}
	}()
	return l.Addr().String(), moments
}

// linksOverSpoiltLines shows a code over a relay, and returns how long it took to open a good line after the last spoilt one.
func linksOverSpoiltLines(t *testing.T, method domain.LinkMethod, o spoilt, settings ...func(*whatsapp.Timing)) time.Duration {
	t.Helper()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Rand = func() float64 { return 0 }
	for _, set := range settings {
		set(&cfg.Timing)
	}
	addr, times := relay(t, cfg.Server, o)
	cfg.Server = addr
	w.startPoolWith(cfg)
	s := w.newShop("2348030000001")
	s.connect(method, "2348030000001")
	s.code()
	broke, again := <-times, <-times
	return again.Sub(broke)
}

func TestALineThatBreaksWhileACodeIsFetchedIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	took := linksOverSpoiltLines(t, domain.LinkByCode, spoilt{answers: 3})
	if took >= 5*time.Second { // which is how long the library waits
		t.Errorf("another line was opened after %v", took)
	}
}

func TestALineThatBreaksDuringTheHandshakeIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	took := linksOverSpoiltLines(t, "", spoilt{answers: 1})
	if took >= 20*time.Second { // which is how long the library waits
		t.Errorf("another line was opened after %v", took)
	}
}

func TestALineThatIsSilentDuringTheHandshakeIsReplacedSoon(t *testing.T) {
	t.Parallel()
	patient := func(timing *whatsapp.Timing) { timing.HandshakeTimeout = time.Second }
	took := linksOverSpoiltLines(t, "", spoilt{answers: 1, silent: true}, patient)
	if took < time.Second/2 || took >= 20*time.Second { // which is how long the library waits
		t.Errorf("another line was opened after %v", took)
	}
}

// The library forgets to tell of a line that breaks at the very moment when the handshake ends. Of so many some do.
func TestALineThatBreaksAtTheEndOfTheHandshakeIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	linksOverSpoiltLines(t, "", spoilt{answers: 2, early: true, lines: 15}, func(timing *whatsapp.Timing) {
		timing.ConnectTimeout = 2 * patience // longer than the wait for a code
	})
}

func TestCodesFollowOneAnotherAndRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.QRFirst, cfg.Timing.QRNext = 100*time.Millisecond, 50*time.Millisecond
	w.startPoolWith(cfg)
	s := w.newShop("2348030000001")
	s.connect("", "")
	await[domain.ConnectionCodeExpired](s, nil)
	var attempts []int
	for _, e := range all[domain.ConnectionQRIssued](s) {
		attempts = append(attempts, e.Attempt)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, attempts); diff != "" {
		t.Error(diff)
	}
	s.connect("", "")
	s.eventually("asking again shows codes again", func() bool { return count[domain.ConnectionQRIssued](s) > 6 })
}

// WhatsApp closes the line when its codes have run out, a moment before we count to the end.
func TestATypedCodeThatWhatsAppLetsExpireHasExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.QRFirst, cfg.Timing.QRNext = 500*time.Millisecond, time.Second
	w.startPoolWith(cfg)
	behaviour := w.server.Behaviour()
	behaviour.QRFirst, behaviour.QRNext, behaviour.QRGrace = 400, 1000, 0
	w.server.SetBehaviour(behaviour)
	s := w.newShop("2348030000001")
	s.connect(domain.LinkByCode, "2348030000001")
	await[domain.ConnectionCodeExpired](s, nil)
	if shown := count[domain.ConnectionPairingCodeIssued](s); shown != 1 {
		t.Errorf("%d codes were shown", shown)
	}
}

func TestALineThatBreaksWhileACodeIsShownIsReplacedHoweverLongItHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.PairingTimeout = 100 * time.Millisecond
	w.startPoolWith(cfg)
	behaviour := w.server.Behaviour()
	behaviour.QRFirst, behaviour.QRNext = 300, 1 // it closes the line then, and our first code has most of its minute left
	w.server.SetBehaviour(behaviour)
	s := w.newShop("2348030000001")
	s.connect("", "")
	s.eventually("another code is shown", func() bool { return count[domain.ConnectionQRIssued](s) > 1 })
}

func TestLinkingCanBeCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	s.connect("", "")
	s.code()
	s.disconnect(false)
	s.eventually("the code is gone", func() bool {
		_, shown, err := s.pool.Code(t.Context(), s.id)
		return !shown && err == nil
	})
	s.awaitReason(domain.ReasonCancelled)
}

func TestAskingForCodesAgainAndAgainIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.PairingGap = 2 * time.Second
	w.startPoolWith(cfg)
	s := w.newShop("2348030000001")
	asked := time.Now()
	s.connect("", "")
	await[domain.ConnectionQRIssued](s, nil)
	s.disconnect(false)
	s.awaitReason(domain.ReasonCancelled)
	s.connect("", "")
	s.eventually("there is a code again", func() bool { return count[domain.ConnectionQRIssued](s) >= 2 })
	if waited := time.Since(asked); waited < cfg.Timing.PairingGap {
		t.Errorf("the second code came after %s", waited)
	}
	s.scan(s.phone)
	s.awaitConnected(1)
	s.disconnect(true)
	s.awaitReason(domain.ReasonUnlinkedByOwner)
	s.connect("", "")
	s.code() // what worked slows down nothing
}

func TestTheOtherWayOfLinkingStartsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.PairingGap = time.Hour // between two attempts of the same way
	w.startPoolWith(cfg)
	s := w.newShop("2348030000001")
	s.connect("", "")
	s.code()
	s.connect(domain.LinkByCode, "2348030000001")
	s.eventually("a pairing code is shown", func() bool {
		code, _, err := s.pool.Code(t.Context(), s.id)
		return err == nil && code.PairingCode != ""
	})
}

func TestANumberBelongsToOneWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.linked("2348030000001")
	second := w.newShop("2348030000002")
	second.connect("", "")
	code := second.code()
	if _, err := first.phone.Scan(t.Context(), code.QR); err == nil {
		t.Error("the phone thinks it is linked")
	}
	failed := await[domain.ConnectionFailed](second, nil)
	if failed.Reason != domain.ReasonNumberTaken {
		t.Errorf("it failed because of %s", failed.Reason)
	}
	if first.connection().Status != domain.Connected {
		t.Error("the first workspace was disturbed")
	}
}

// asksForPasskeys has WhatsApp ask for a passkey behind every scan, or no longer.
func (w *world) asksForPasskeys(asks bool) {
	b := w.server.Behaviour()
	b.Passkey = asks
	w.server.SetBehaviour(b)
}

// The owner is told what to do, and links once that is done, without asking for anything again.
func TestANumberThatNeedsAPasskeyIsToldSoAndGetsNewCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asksForPasskeys(true)
	s := w.newShop("2348030000001")
	s.connect("", "")
	for range 2 { // again, because the passkey is there still
		code := s.code()
		if _, err := s.phone.Scan(t.Context(), code.QR); err == nil {
			t.Error("the phone thinks it is linked")
		}
		s.awaitReason(domain.ReasonPasskey)
		w.eventually("another code is shown", func() bool { return s.code().QR != code.QR })
		if c := s.connection(); !c.Desired || c.Linked || c.Status != domain.Connecting || c.Reason != domain.ReasonPasskey {
			t.Errorf("the connection is %+v", c)
		}
	}
	refused := all[domain.ConnectionCodeRefused](s)
	if len(refused) != 1 || refused[0].LibraryEvent != "PairPasskeyRequest" || count[domain.ConnectionFailed](s) != 0 {
		t.Errorf("recorded %+v and %d failures", refused, count[domain.ConnectionFailed](s))
	}
	w.asksForPasskeys(false)
	s.scan(s.phone)
	s.awaitConnected(1)
}

func TestANumberThatNeedsAPasskeyIsToldSoWhenItsCodesHaveRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopPool()
	cfg := w.config()
	cfg.Timing.QRFirst, cfg.Timing.QRNext = 3*time.Second, 20*time.Millisecond
	w.startPoolWith(cfg)
	w.asksForPasskeys(true)
	s := w.newShop("2348030000001")
	s.connect("", "")
	_, _ = s.phone.Scan(t.Context(), s.code().QR)
	await[domain.ConnectionCodeExpired](s, nil)
	if c := s.connection(); c.Desired || c.Linked || c.Status != domain.Disconnected || c.Reason != domain.ReasonPasskey {
		t.Errorf("the connection is %+v", c)
	}
}

// It is our fault and the owner hears so; nothing half stored is left, and the next try works.
func TestALinkThatCannotBeStoredIsOurFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.DB.MustExec(`
		CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON wa_links FOR EACH STATEMENT EXECUTE FUNCTION full_disk()`)
	s := w.newShop("2348030000001")
	s.connect("", "")
	if _, err := s.phone.Scan(t.Context(), s.code().QR); err == nil {
		t.Error("the phone thinks it is linked")
	}
	s.awaitReason(domain.ReasonPairInternal)
	if n := w.rows("whatsmeow_device") + w.rows("whatsmeow_pre_keys"); n != 0 {
		t.Errorf("%d rows of a device that nobody has are left", n)
	}
	w.db.DB.MustExec(`DROP TRIGGER full_disk ON wa_links`)
	s.connect("", "")
	s.scan(s.phone)
	s.awaitConnected(1)
}

func TestASocketThatClosesTooEarlyAfterLinkingIsReplaced(t *testing.T) {
	t.Parallel()
	b := sandbox.DefaultBehaviour()
	b.CloseLag = 0
	w := newWorldWith(t, sandboxtest.NewWith(t, sandbox.Config{Behaviour: &b}))
	for _, number := range []string{"2348030000001", "2348030000002", "2348030000003"} {
		w.linked(number)
	}
}

func TestADeviceStoredBeforeTheLogHeardOfItIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.newShop("2348030000001")
	died := make(chan struct{})
	w.hooks.onObserve(func(e domain.ConnectionEvent) error {
		if _, ok := e.(domain.ConnectionPaired); ok {
			select {
			case <-died:
			default:
				close(died)
			}
			return errAway
		}
		return nil
	})
	s.connect("", "")
	s.scan(s.phone)
	<-died
	w.stopPool()
	w.hooks.onObserve(nil)
	w.startPool()
	s.awaitConnected(1)
	if n := count[domain.ConnectionPaired](s); n != 1 {
		t.Errorf("linked %d times", n)
	}
	if n := len(s.phone.Devices()); n != 1 {
		t.Errorf("the phone has %d devices", n)
	}
}
