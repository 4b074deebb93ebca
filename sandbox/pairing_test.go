package sandbox_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

func codeOf(t *testing.T, c *sandboxtest.Client) string {
	t.Helper()
	c.Dial()
	return sandboxtest.Await[*events.QR](c, 0, nil).Codes[0]
}

func refused(t *testing.T, err error, fragment string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), fragment) {
		t.Fatalf("the answer is %v, want a refusal with %q", err, fragment)
	}
}

func TestAScanIsRefused(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	phone := newPhone(t, server, shop, "Shop")
	t.Run("when the text is no code", func(t *testing.T) {
		_, err := phone.Scan(patient(t), "hello")
		refused(t, err, "not a code")
	})
	t.Run("when nobody shows the code any more", func(t *testing.T) {
		client := sandboxtest.NewClient(t, server, nil)
		code := codeOf(t, client)
		client.Disconnect()
		eventually(t, "the connection is forgotten", func() bool { return server.Stats().Connections == 0 })
		_, err := phone.Scan(patient(t), code)
		refused(t, err, "no longer shown")
	})
	t.Run("when the keys are not the device's", func(t *testing.T) {
		parts := strings.Split(codeOf(t, sandboxtest.NewClient(t, server, nil)), ",")
		parts[1], parts[2] = parts[2], parts[1]
		_, err := phone.Scan(patient(t), strings.Join(parts, ","))
		refused(t, err, "does not match")
	})
	t.Run("when the secret is wrong, by the device itself", func(t *testing.T) {
		client := sandboxtest.NewClient(t, server, nil)
		parts := strings.Split(codeOf(t, client), ",")
		parts[3] = parts[1]
		_, err := phone.Scan(patient(t), strings.Join(parts, ","))
		refused(t, err, "hmac-mismatch")
		sandboxtest.Await[*events.PairError](client, 0, nil)
		if devices := phone.Devices(); len(devices) != 0 {
			t.Errorf("linked all the same: %+v", devices)
		}
	})
}

func TestCodesRunOut(t *testing.T) {
	t.Parallel()
	behaviour := sandbox.DefaultBehaviour()
	behaviour.QRFirst, behaviour.QRNext, behaviour.QRGrace, behaviour.QRCodes = 60, 20, 0, 3
	server := sandboxtest.NewWith(t, sandbox.Config{Behaviour: &behaviour})
	client := sandboxtest.NewClient(t, server, nil)
	client.Dial()
	if codes := sandboxtest.Await[*events.QR](client, 0, nil).Codes; len(codes) != 3 {
		t.Errorf("there are %d codes, want 3", len(codes))
	}
	eventually(t, "the server closes the connection", func() bool { return server.Stats().Connections == 0 })
	if n := server.Stats().Counters["registrationsExpired"]; n != 1 {
		t.Errorf("%d registrations expired, want 1", n)
	}
}

func TestAnExpiredCodeIsRefused(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	server := sandboxtest.NewWith(t, sandbox.Config{Now: now})
	phone := newPhone(t, server, shop, "Shop")
	client := sandboxtest.NewClient(t, server, nil)
	client.Dial()
	codes := sandboxtest.Await[*events.QR](client, 0, nil).Codes
	ahead.Store(int64(81 * time.Second)) // 60 s and the grace of 20 s are over
	_, err := phone.Scan(patient(t), codes[0])
	refused(t, err, "expired")
	if _, err := phone.Scan(patient(t), codes[1]); err != nil {
		t.Errorf("the second code is refused too: %v", err)
	}
}

func TestTheBareFormOfACodeIsTaken(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	phone := newPhone(t, server, shop, "Shop")
	client := sandboxtest.NewClient(t, server, nil)
	_, list, _ := strings.Cut(codeOf(t, client), "#")
	bare := list[:strings.LastIndexByte(list, ',')]
	if _, err := phone.Scan(patient(t), bare); err != nil {
		t.Fatalf("scan: %v", err)
	}
	sandboxtest.Await[*events.Connected](client, 0, nil)
}

func TestACodeForAnUnknownNumberIsRefused(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	client := sandboxtest.NewClient(t, server, nil)
	codeOf(t, client)
	if _, err := client.PairPhone(patient(t), "99900011122", true, whatsmeow.PairClientChrome, "Chrome (Linux)"); err == nil {
		t.Fatal("an unknown number got a code")
	}
}

func TestAServerWithAnotherRootIsNotTrusted(t *testing.T) {
	t.Parallel()
	sandboxtest.New(t) // makes the client trust the shared root
	other := sandboxtest.NewWith(t, sandbox.Config{RootKey: &[32]byte{1, 2, 3}})
	client := sandboxtest.NewClient(t, other, nil)
	if err := client.Connect(); err == nil {
		t.Fatal("the client trusted another root")
	}
}

// A client that gets 515 and the end of the socket together may miss the 515. A product
// needs a watchdog for that; this is what it does.
func TestWithoutLagBehind515AWatchdogRescuesThePairing(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	phone := newPhone(t, server, shop, "Shop")
	if err := server.Fault(patient(t), sandbox.Fault{Kind: "restart_lag", Phone: shop}); err != nil {
		t.Fatal(err)
	}
	client := sandboxtest.NewClient(t, server, nil)
	if _, err := phone.Scan(patient(t), codeOf(t, client)); err != nil {
		t.Fatalf("scan: %v", err)
	}
	sandboxtest.Await[*events.PairSuccess](client, 0, nil)
	eventually(t, "the device is online", func() bool {
		if devices := phone.Devices(); len(devices) == 1 && devices[0].Online {
			return true
		}
		if !client.WaitForConnection(500 * time.Millisecond) {
			client.Disconnect()
			_ = client.Connect()
		}
		return false
	})
}

func TestAPhoneLinksOnlySoManyDevices(t *testing.T) {
	t.Parallel()
	behaviour := sandbox.DefaultBehaviour()
	behaviour.MaxDevices, behaviour.CloseLag = 1, 100
	s := sceneOn(t, sandboxtest.NewWith(t, sandbox.Config{Behaviour: &behaviour}))
	_, err := s.shop.Scan(patient(t), codeOf(t, sandboxtest.NewClient(t, s.server, nil)))
	refused(t, err, "linked devices already")
}
