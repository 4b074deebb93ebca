package sandbox

import (
	"bytes"
	"compress/zlib"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// sendHistory sends a device the history that says its account's chats moved to LIDs.
func (s *Server) sendHistory(d *companion) {
	content, err := migratedHistory(s.now().Unix())
	if err != nil {
		s.config.Log.WarnContext(s.ctx, "history not built", "error", err)
		return
	}
	p := d.phone
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	more, err := p.ensureSession(s.ctx, &b, d)
	if err != nil {
		return
	}
	kind, sealed, err := p.open(&b).Encrypt(s.ctx, p.signalUser(), uint32(d.Device), content) //nolint:gosec // 1 to 255
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.SawHistory = true
	put(&b, bucketCompanions, d.key(), d.companionRecord)
	s.deliverLocked(&b, append(more, delivery{to: d, node: stanza.Node{
		Tag: "message",
		Attrs: stanza.Attrs{
			"from": p.jid(types.DefaultUserServer, 0), "id": randomText(20), "t": s.unixNow(), "type": "text", "category": "peer",
		},
		Content: []stanza.Node{{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: sealed}},
	}})...)
}

func migratedHistory(at int64) ([]byte, error) {
	history, err := proto.Marshal(&waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(),
		GlobalSettings: &waHistorySync.GlobalSettings{
			ChatDbLidMigrationTimestamp: new(at),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("marshal the history: %w", err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(history)
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress the history: %w", err)
	}
	return proto.Marshal(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{
			SyncType:                          waE2E.HistorySyncType_INITIAL_BOOTSTRAP.Enum(),
			InitialHistBootstrapInlinePayload: packed.Bytes(),
		},
	}})
}
