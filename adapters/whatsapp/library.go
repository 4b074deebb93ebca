package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
	"go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"google.golang.org/protobuf/proto"
)

// librarySettings are those that whatsmeow keeps in variables of the process. They are read without a lock by every
// connection, so they are written once, before the first.
type librarySettings struct {
	rootKey           [32]byte
	keepAliveDeadline time.Duration
}

var library struct { //nolint:gochecknoglobals // the library's settings are global, so is the memory of having set them
	sync.Mutex
	settled bool
	as      librarySettings
}

var errSettled = errors.New("the process already speaks to WhatsApp with another root key or deadline of pings")

// settleLibrary applies the settings, once per process.
func settleLibrary(s librarySettings) error {
	library.Lock()
	defer library.Unlock()
	if library.settled {
		if library.as != s {
			return errSettled
		}
		return nil
	}
	if s.rootKey != [32]byte{} {
		whatsmeow.WACertPubKey = s.rootKey
	}
	whatsmeow.KeepAliveResponseDeadline = s.keepAliveDeadline
	sqlstore.PostgresArrayWrapper = pq.Array
	store.SetOSInfo("Switchboard", [3]uint32{1, 0, 0})
	store.DeviceProps.PlatformType = waCompanionReg.DeviceProps_CHROME.Enum()
	store.DeviceProps.RequireFullSync = new(false)
	store.DeviceProps.HistorySyncConfig.FullSyncDaysLimit = proto.Uint32(1)
	store.DeviceProps.HistorySyncConfig.RecentSyncDaysLimit = proto.Uint32(1)
	store.DeviceProps.HistorySyncConfig.StorageQuotaMb = proto.Uint32(1)
	if logger.Logger == nil { // else it prints to standard output
		var quiet logger.Loggable = silence{}
		logger.Setup(&quiet)
	}
	library.settled, library.as = true, s
	return nil
}

// Version is the version of WhatsApp's protocol that is spoken; one that is too old is refused.
func Version() string { return store.GetWAVersion().String() }

// silence is a logger for the Signal library.
type silence struct{}

func (silence) Debug(string, string)   {}
func (silence) Info(string, string)    {}
func (silence) Warning(string, string) {}
func (silence) Error(string, string)   {}
func (silence) Configure(string)       {}

var errNotMessenger = errors.New("this is WhatsApp, there is no Messenger token to refresh")

// newClient makes a client over a device, with the settings that keep messages safe. It reports everything to handle,
// which must say whether the event may be acknowledged. Nothing reconnects by itself.
func (p *Pool) newClient(ctx context.Context, device *store.Device, handle func(any) bool) *whatsmeow.Client {
	client := whatsmeow.NewClient(device, libraryLog{log: p.log})
	shrink(client)
	client.EnableAutoReconnect = false
	client.InitialAutoReconnect = false
	client.DisableLoginAutoReconnect = true
	client.SynchronousAck = true
	client.EnableDecryptedEventBuffer = true
	client.ManualHistorySyncDownload = true
	client.AutomaticMessageRerequestFromPhone = true
	client.EmitAppStateEventsOnFullSync = false
	client.SendReportingTokens = true
	client.BackgroundEventCtx = ctx
	client.RefreshCAT = func(context.Context) error { return errNotMessenger } // nil would be called, and panic
	client.SetMaxParallelRetryReceiptHandling(1)
	client.SetForceActiveDeliveryReceipts(true) // a business is there: two ticks
	client.SetWebsocketHTTPClient(p.http)
	client.SetPreLoginHTTPClient(p.http)
	client.SetMediaHTTPClient(p.http)
	client.AddEventHandlerWithSuccessStatus(handle)
	return client
}

func (c Config) librarySettings() librarySettings {
	return librarySettings{rootKey: c.RootKey, keepAliveDeadline: c.Timing.KeepAliveDeadline}
}

// errPanic turns what recover returned into an error without its contents, which may hold a customer's words.
func errPanic(recovered any) error { return fmt.Errorf("panic (%T)", recovered) }
