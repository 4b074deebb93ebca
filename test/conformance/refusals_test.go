package conformance_test

import (
	"path/filepath"
	"strings"
	"testing"

	"switchboard.example/sandbox"
)

func TestBaileysRefusesAFalseServer(t *testing.T) {
	t.Parallel()
	for kind, reason := range map[string]string{"wrong_serial": "certification match", "short_signature": "signature invalid"} {
		t.Run("with "+kind, func(t *testing.T) {
			t.Parallel()
			s := unlinked(t)
			s.fault(t, sandbox.Fault{Kind: kind, Times: 5})
			if end := startBaileys(t, s.server, t.TempDir()).awaitEvent(0, "close"); string(end.Code) != "400" || !strings.Contains(end.Reason, reason) {
				t.Errorf("it ended with %s %q", end.Code, end.Reason)
			}
		})
	}
}

// Baileys asks for every signature to be checked and then does not look at the answer
// (Curve.verify only notices signatures of a wrong length), so that it refuses neither
// another root nor another signer, and a key bundle's signature it does not ask about at
// all. whatsmeow refuses each of these; the sandbox's own tests show it. When this test
// fails, Baileys has been mended: move its cases to the refusals.
func TestBaileysTakesEverySignatureOfTheRightLength(t *testing.T) {
	t.Parallel()
	t.Run("another root's", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		startBaileysTrusting(t, s.server, t.TempDir(), strings.Repeat("ab", 32)).qr()
	})
	for _, kind := range []string{"wrong_root", "wrong_leaf", "wrong_key"} {
		t.Run("under "+kind, func(t *testing.T) {
			t.Parallel()
			s := unlinked(t)
			s.fault(t, sandbox.Fault{Kind: kind})
			startBaileys(t, s.server, t.TempDir()).qr()
		})
	}
	t.Run("a phone's that does not own the account, which the sandbox then refuses", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		client := startBaileys(t, s.server, t.TempDir())
		code := client.qr()
		s.fault(t, sandbox.Fault{Kind: "wrong_signature", Phone: shop})
		if device, err := s.shop.Scan(patient(t), code); err == nil || !strings.Contains(err.Error(), "not properly signed") {
			t.Errorf("linked %+v: %v", device, err)
		}
		client.awaitEvent(0, "paired")
	})
	t.Run("a key bundle's", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.fault(t, sandbox.Fault{Kind: "wrong_bundle", Phone: ada})
		s.client.send(text("to whom?"))
		await(t, s.customer, "the message", withText("to whom?"))
	})
}

// strict makes the signature checks that Baileys asks for count.
func strict(t *testing.T) string {
	t.Helper()
	preload, err := filepath.Abs("baileys/strict.mjs")
	if err != nil {
		t.Fatal(err)
	}
	return "NODE_OPTIONS=--import=" + preload
}

// With libsignal throwing where it otherwise only answers, Baileys' own checks are a second
// opinion on the signatures that the sandbox makes, and refuse what whatsmeow refuses. Two
// they do not ask about at all: whether the leaf certificate is for the server's key, and a
// key bundle's.
func TestBaileysRefusesFalseSignaturesOnceItLooks(t *testing.T) {
	t.Parallel()
	t.Run("but takes the honest ones", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, strict(t))
		s.write(t, sandbox.Outgoing{Text: "hello"})
		s.client.awaitText(0, "hello")
		s.client.send(text("re: hello"))
		await(t, s.customer, "the answer", withText("re: hello"))
		s.understood(t)
	})
	for _, kind := range []string{"wrong_root", "wrong_leaf"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := unlinked(t)
			s.fault(t, sandbox.Fault{Kind: kind, Times: 5})
			client := startBaileysTrusting(t, s.server, t.TempDir(), s.server.RootKeyHex(), strict(t))
			if end := client.await(0, "the end, or a code", func(l line) bool { return l.Event == "close" || l.Event == "qr" }); end.Event != "close" {
				t.Error("it went on to show a code")
			}
		})
	}
	t.Run("another root's", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		client := startBaileysTrusting(t, s.server, t.TempDir(), strings.Repeat("ab", 32), strict(t))
		if end := client.await(0, "the end, or a code", func(l line) bool { return l.Event == "close" || l.Event == "qr" }); end.Event != "close" {
			t.Error("it went on to show a code")
		}
	})
	t.Run("an account's that is not the phone's", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		client := startBaileysTrusting(t, s.server, t.TempDir(), s.server.RootKeyHex(), strict(t))
		code := client.qr()
		s.fault(t, sandbox.Fault{Kind: "wrong_signature", Phone: shop})
		if device, err := s.shop.Scan(patient(t), code); err == nil {
			t.Errorf("linked %+v", device)
		}
		client.await(0, "its refusal", func(l line) bool { return strings.Contains(l.Reason, "Failed to verify account signature") })
	})
}

func TestBaileysRefusesAFalsePhone(t *testing.T) {
	t.Parallel()
	t.Run("that does not know the code's secret", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		client := startBaileys(t, s.server, t.TempDir())
		code := client.qr()
		s.fault(t, sandbox.Fault{Kind: "wrong_hmac", Phone: shop})
		if device, err := s.shop.Scan(patient(t), code); err == nil || len(s.shop.Devices()) != 0 {
			t.Errorf("linked %+v", device)
		}
		if end := client.awaitEvent(0, "close"); !strings.Contains(end.Reason, "Invalid account signature") {
			t.Errorf("it ended with %q", end.Reason)
		}
	})
	t.Run("that was told the wrong pairing code", func(t *testing.T) {
		t.Parallel()
		s := unlinked(t)
		client := startBaileys(t, s.server, t.TempDir())
		client.qr()
		client.doText("code", map[string]any{"number": shop})
		if device, err := s.shop.EnterCode(patient(t), "ABCD-EFGH"); err == nil {
			t.Errorf("linked %+v", device)
		}
	})
}

func TestBaileysIsTurnedAwayAtItsLogin(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for kind, code := range map[string]string{"temporary_ban": "402", "client_outdated": "405", "login_403": "403", "replaced": "440"} {
		t.Run(kind, func(t *testing.T) {
			from := s.client.seen()
			s.fault(t, sandbox.Fault{Kind: kind, Phone: shop})
			s.client.await(from, "the end with "+code, func(l line) bool { return l.Event == "close" && string(l.Code) == code })
			s.client.do("connect", nil)
			s.client.open(from)
		})
	}
	s.understood(t)
}
