package domain_test

import (
	"testing"
	"time"

	"switchboard.example/domain"
)

func TestCrashes(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	crashed := func(m int) domain.ConnectionCrashed {
		return domain.ConnectionCrashed{WorkspaceID: shop, Place: "binary.Unpack", CrashedAt: at(m)}
	}
	crash := func(m int) func(domain.Connection) ([]domain.Event, error) {
		return func(c domain.Connection) ([]domain.Event, error) { return c.Crash(shop, "binary.Unpack", at(m)), nil }
	}
	aside := func(m int) domain.ConnectionFailed {
		return domain.ConnectionFailed{WorkspaceID: shop, Reason: domain.ReasonCrashed, Code: "crash", FailedAt: at(m)}
	}
	t.Run("the first two are recorded", func(t *testing.T) {
		given(t, requested, paired, connected).When(crash(0)).Then(crashed(0))
		given(t, requested, paired, connected, crashed(0)).When(crash(1)).Then(crashed(1))
	})
	t.Run("the third within the hour sets the workspace aside", func(t *testing.T) {
		given(t, requested, paired, connected, crashed(0), crashed(30)).When(crash(60)).Then(crashed(60), aside(60))
	})
	t.Run("three in more than an hour do not", func(t *testing.T) {
		given(t, requested, paired, connected, crashed(0), crashed(30)).When(crash(61)).Then(crashed(61))
	})
	t.Run("the same one is told once", func(t *testing.T) {
		given(t, requested, paired, connected, crashed(0), crashed(30)).When(crash(30)).ThenNothing()
	})
	t.Run("whoever asks for the connection is given another try, and one only", func(t *testing.T) {
		history := []domain.ConnectionEvent{requested, paired, connected, crashed(0), crashed(1), crashed(2), aside(2)}
		again := domain.ConnectionRequested{WorkspaceID: shop}
		given(t, history...).When(func(c domain.Connection) ([]domain.Event, error) { return c.Request(shop, domain.LinkByQR, "") }).Then(again)
		given(t, append(history, again)...).When(crash(3)).Then(crashed(3), aside(3))
	})
	t.Run("what was never a connection has no crash", func(t *testing.T) {
		given(t).When(crash(0)).ThenNothing()
	})
	t.Run("what nobody wants connected is not set aside", func(t *testing.T) {
		given(t, requested, paired, connected, crashed(0), crashed(1), closed).When(crash(2)).Then(crashed(2))
	})
}
