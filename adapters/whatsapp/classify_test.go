package whatsapp

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/domain"
)

func TestWhatEndsAConnectionAndWhatFollows(t *testing.T) {
	t.Parallel()
	timing := Timing{}.withDefaults()
	logout := func(reason events.ConnectFailureReason) *events.LoggedOut {
		return &events.LoggedOut{OnConnect: true, Reason: reason}
	}
	for name, c := range map[string]struct {
		event   any
		reason  domain.Reason
		end     ending
		code    string
		most    int
		finally ending
	}{
		"a socket that closes":      {&events.Disconnected{}, domain.ReasonDropped, endRetry, "", 0, 0},
		"another client":            {&events.StreamReplaced{}, domain.ReasonReplaced, endRetry, "replaced", 1, endPark},
		"removed on the phone":      {&events.LoggedOut{Reason: 401}, domain.ReasonUnlinkedOnPhone, endUnlink, "401", 0, 0},
		"401 at login":              {logout(401), domain.ReasonUnlinkedOnPhone, endUnlink, "401", 0, 0},
		"403 at login":              {logout(403), domain.ReasonPhoneGone, endUnlink, "403", 0, 0},
		"406 at login":              {logout(406), domain.ReasonBlocked, endUnlink, "406", 0, 0},
		"a server that is busy":     {serverBusy{}, domain.ReasonServerBusy, endRetry, "503", 0, 0},
		"402":                       {&events.TemporaryBan{Code: 101, Expire: time.Hour}, domain.ReasonBanned, endRetry, "402", 0, 0},
		"405":                       {&events.ClientOutdated{}, domain.ReasonOutdated, endRetry, "405", 0, 0},
		"400":                       {&events.ConnectFailure{Reason: 400}, domain.ReasonFailed, endRetry, "400", 3, endFail},
		"an unknown stream error":   {&events.StreamError{Code: "516"}, domain.ReasonFailed, endRetry, "stream_516", 4, endFail},
		"a Messenger token refused": {&events.CATRefreshError{}, domain.ReasonFailed, endFail, "cat", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, ends := classify(c.event, timing)
			if !ends {
				t.Fatal("it does not end the connection")
			}
			if v.reason != c.reason || v.end != c.end || v.code != c.code || v.most != c.most || v.finally != c.finally {
				t.Errorf("verdict %+v", v)
			}
		})
	}
	for name, event := range map[string]any{
		"a message":              &events.Message{},
		"a ping that came back":  &events.KeepAliveRestored{},
		"the start of a session": &events.Connected{},
		"history":                &events.HistorySync{},
	} {
		t.Run(name+" ends nothing", func(t *testing.T) {
			t.Parallel()
			if v, ends := classify(event, timing); ends {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

func TestABanIsRecordedWithItsEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	v, _ := classify(&events.TemporaryBan{Code: 104, Expire: 2 * time.Hour}, Timing{}.withDefaults())
	fact := v.restrict.fact("w", now, domain.Evidence{})
	if fact.Code != 104 || !fact.Until.Equal(now.Add(2*time.Hour)) {
		t.Errorf("recorded %+v", fact)
	}
	for expire, want := range map[time.Duration]time.Duration{2 * time.Hour: 2 * time.Hour, 0: 24 * time.Hour} {
		v, _ := classify(&events.TemporaryBan{Code: 101, Expire: expire}, Timing{}.withDefaults())
		if least, most := v.wait, v.wait+v.spread; least != want+5*time.Minute || most != want+15*time.Minute {
			t.Errorf("after a ban of %s the next try is in %s to %s", expire, least, most)
		}
	}
	if fact := (restriction{code: 406}).fact("w", now, domain.Evidence{}); !fact.Until.IsZero() {
		t.Errorf("an unknown end is recorded as %s", fact.Until)
	}
}

func TestPatienceGrows(t *testing.T) {
	t.Parallel()
	v, _ := classify(&events.ConnectFailure{Reason: 415}, Timing{}.withDefaults())
	for try, want := range map[int]time.Duration{1: time.Minute, 2: 10 * time.Minute, 3: time.Hour} {
		if got := v.waits(try); got != want {
			t.Errorf("try %d waits %s", try, got)
		}
	}
}
