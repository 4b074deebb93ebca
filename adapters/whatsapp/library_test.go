package whatsapp

import (
	"errors"
	"net/http"
	"reflect"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
)

// Each of these is a way to lose a message, to come back all at once, or to run out of memory, when it is otherwise.
func TestClientsAreSetUpSoThatNothingIsLost(t *testing.T) {
	t.Parallel()
	p := &Pool{http: newHTTPClient("", nil)}
	ctx := t.Context()
	client := p.newClient(ctx, &store.Device{}, func(any) bool { return false })
	for what, is := range map[string]bool{
		"nothing reconnects by itself":                         !client.EnableAutoReconnect && !client.InitialAutoReconnect,
		"nor after linking":                                    client.DisableLoginAutoReconnect,
		"confirmed is what the handler took":                   client.SynchronousAck,
		"what is decrypted is kept until then":                 client.EnableDecryptedEventBuffer,
		"history is fetched by nobody":                         client.ManualHistorySyncDownload,
		"the phone is asked for what cannot be read":           client.AutomaticMessageRerequestFromPhone,
		"settings read whole are no news":                      !client.EmitAppStateEventsOnFullSync,
		"replies bear tokens":                                  client.SendReportingTokens,
		"what the library does by itself ends with the socket": client.BackgroundEventCtx == ctx,
		"a Messenger's refusal is no panic":                    client.RefreshCAT != nil && errors.Is(client.RefreshCAT(ctx), errNotMessenger),
		"one resend at a time":                                 field(client, "retrySema").Elem().FieldByName("size").Int() == 1,
		"a handler that refuses is heard":                      client.DangerousInternals().DispatchEvent(nil), //nolint:staticcheck // nobody else says so
	} {
		if !is {
			t.Errorf("it does not hold that %s", what)
		}
	}
	for _, which := range []string{"websocketHTTP", "preLoginHTTP", "mediaHTTP"} {
		if field(client, which).Pointer() != reflect.ValueOf(p.http).Pointer() {
			t.Errorf("%s is a client's own", which)
		}
	}
}

// field reads what the library keeps to itself.
func field(client *whatsmeow.Client, name string) reflect.Value {
	return reflect.ValueOf(client).Elem().FieldByName(name)
}

func TestTheSharedHTTPClientKeepsNoConnections(t *testing.T) {
	t.Parallel()
	transport, ok := newHTTPClient("", nil).Transport.(sieveTransport).RoundTripper.(*http.Transport)
	if !ok || !transport.DisableKeepAlives || transport.TLSHandshakeTimeout <= 0 || transport.ResponseHeaderTimeout <= 0 {
		t.Errorf("it is %+v", transport)
	}
}
