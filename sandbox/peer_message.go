package sandbox

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"switchboard.example/sandbox/internal/stanza"
	"switchboard.example/sandbox/internal/vault"
)

// typeHistory is the kind of medium a history's file is.
const typeHistory = "md-msg-hist"

// The ways to send a device its account's history.
const (
	HistoryInline = "inline" // inside the message
	HistoryBlob   = "blob"   // as a file to download
)

// tellDevice sends a device of the own account something no person sees.
func (p *Phone) tellDevice(ctx context.Context, d *companion, content *waE2E.ProtocolMessage) (vault.Ticket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b vault.Batch
	deliveries, err := p.sealPeer(ctx, &b, d, content)
	if err != nil {
		return 0, err
	}
	return p.server.deliver(&b, deliveries...), nil
}

// sealPeer encrypts it. Callers hold p.mu.
func (p *Phone) sealPeer(ctx context.Context, b *vault.Batch, d *companion, content *waE2E.ProtocolMessage) ([]delivery, error) {
	plain, err := proto.Marshal(&waE2E.Message{ProtocolMessage: content})
	if err != nil {
		return nil, fmt.Errorf("marshal a peer message: %w", err)
	}
	more, err := p.ensureSession(ctx, b, d)
	if err != nil {
		return nil, err
	}
	kind, sealed, err := p.open(b).Encrypt(ctx, p.signalUser(), uint32(d.Device), plain) //nolint:gosec // 1 to 255
	if err != nil {
		return nil, err
	}
	return append(more, delivery{to: d, from: p.number, node: stanza.Node{
		Tag: "message",
		Attrs: stanza.Attrs{
			"from": p.jid(types.DefaultUserServer, 0), "id": randomText(20), "t": p.server.unixNow(), "type": "text", "category": "peer",
		},
		Content: []stanza.Node{{Tag: "enc", Attrs: stanza.Attrs{"v": "2", "type": kind}, Content: sealed}},
	}}), nil
}

// SendHistory sends the phone's chats to its linked devices, inline or as a file.
func (p *Phone) SendHistory(ctx context.Context, how string) error {
	if how != HistoryInline && how != HistoryBlob {
		return refuse(statusUnprocessable, `History is sent "inline" or as a "blob".`)
	}
	for _, d := range p.server.linkedDevices(p) {
		if err := p.sendHistory(ctx, d, how, nil); err != nil {
			return err
		}
	}
	return nil
}

// migrateToLIDs tells the linked devices that the account's chats moved to LIDs.
func (p *Phone) migrateToLIDs(ctx context.Context) error {
	for _, d := range p.server.linkedDevices(p) {
		if err := p.sendHistory(ctx, d, HistoryInline, movedToLIDs(p.server.now().Unix())); err != nil {
			return err
		}
	}
	return nil
}

func movedToLIDs(at int64) *waHistorySync.GlobalSettings {
	return &waHistorySync.GlobalSettings{ChatDbLidMigrationTimestamp: new(at)}
}

func (p *Phone) sendHistory(ctx context.Context, d *companion, how string, settings *waHistorySync.GlobalSettings) error {
	history := p.history()
	history.GlobalSettings = settings
	notice, err := p.packHistory(history, how)
	if err != nil {
		return err
	}
	ticket, err := p.tellDevice(ctx, d, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: notice,
	})
	if err != nil {
		return err
	}
	return p.server.vault.Wait(ctx, ticket)
}

// history builds the phone's chats.
func (p *Phone) history() *waHistorySync.HistorySync {
	history := &waHistorySync.HistorySync{SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), Progress: new(uint32(100))}
	chats := map[string]*waHistorySync.Conversation{}
	for _, m := range p.Messages() {
		peer := p.server.find(m.Peer)
		if peer == nil {
			continue
		}
		jid := peer.jid(types.DefaultUserServer, 0).String()
		chat := chats[jid]
		if chat == nil {
			chat = &waHistorySync.Conversation{ID: new(jid), Name: new(peer.Name()), LidJID: new(peer.jid(types.HiddenUserServer, 0).String())}
			chats[jid] = chat
			history.Conversations = append(history.Conversations, chat)
		}
		chat.Messages = append(chat.Messages, &waHistorySync.HistorySyncMsg{Message: &waWeb.WebMessageInfo{
			Key:              &waCommon.MessageKey{RemoteJID: new(jid), FromMe: new(m.Direction == DirectionOut), ID: new(m.ID)},
			Message:          &waE2E.Message{Conversation: new(m.Text)},
			MessageTimestamp: new(uint64(m.At.Unix())), //nolint:gosec // after 1970
		}})
	}
	return history
}

func (p *Phone) packHistory(history *waHistorySync.HistorySync, how string) (*waE2E.HistorySyncNotification, error) {
	plain, err := proto.Marshal(history)
	if err != nil {
		return nil, fmt.Errorf("marshal the history: %w", err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(plain)
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress the history: %w", err)
	}
	notice := &waE2E.HistorySyncNotification{SyncType: waE2E.HistorySyncType_INITIAL_BOOTSTRAP.Enum(), Progress: new(uint32(100))}
	if how == HistoryInline {
		notice.InitialHistBootstrapInlinePayload = packed.Bytes()
		return notice, nil
	}
	sealed, err := sealMedia(typeHistory, packed.Bytes())
	if err != nil {
		return nil, err
	}
	path := mediaPath(typeHistory, base64.RawURLEncoding.EncodeToString(sealed.encHash))
	var b vault.Batch
	b.Put(bucketMedia, path, sealed.data)
	p.server.vault.Submit(&b)
	notice.DirectPath, notice.MediaKey = new(path), sealed.key
	notice.FileSHA256, notice.FileEncSHA256, notice.FileLength = sealed.hash, sealed.encHash, new(uint64(packed.Len())) //nolint:gosec // a length
	return notice, nil
}

// shareAppStateKey sends a device the key of the account's app state, made when first wanted.
func (p *Phone) shareAppStateKey(ctx context.Context, b *vault.Batch, d *companion) ([]delivery, error) {
	s := p.server
	s.mu.Lock()
	_, err := p.stateKeys(b)
	key := p.record.AppStateKey
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s.counters.add(countKeyShares, 1)
	return p.sealPeer(ctx, b, d, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
			KeyID: &waE2E.AppStateSyncKeyId{KeyID: stateKeyID()},
			KeyData: &waE2E.AppStateSyncKeyData{
				KeyData: key, Timestamp: new(s.now().UnixMilli()),
				Fingerprint: &waE2E.AppStateSyncKeyFingerprint{RawID: new(uint32(1)), CurrentIndex: new(uint32(0)), DeviceIndexes: []uint32{0}},
			},
		}}},
	})
}

// answerPeer does what a linked device asks its own phone. Callers hold p.mu.
func (p *Phone) answerPeer(in incoming, content *waE2E.Message, b *vault.Batch) (answer []delivery) {
	if in.from.phone != p {
		return nil
	}
	var err error
	asked := content.GetProtocolMessage()
	switch recovery := asked.GetPeerDataOperationRequestMessage().GetSyncdCollectionFatalRecoveryRequest(); {
	case asked.GetAppStateSyncKeyRequest() != nil:
		answer, err = p.shareAppStateKey(p.server.ctx, b, in.from)
	case recovery != nil:
		answer, err = p.recoverAppState(p.server.ctx, b, in, recovery.GetCollectionName())
	}
	if err != nil {
		p.server.config.Log.WarnContext(p.server.ctx, "device not answered", "error", err)
	}
	return answer
}

// recoverAppState sends a device a collection of the account's app state in the clear.
func (p *Phone) recoverAppState(ctx context.Context, b *vault.Batch, in incoming, name string) ([]delivery, error) {
	s := p.server
	s.mu.Lock()
	keys, err := p.stateKeys(b)
	var plain []byte
	if err == nil {
		plain, err = p.collection(name).state.Recovery(keys)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(plain)
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress a recovery: %w", err)
	}
	s.counters.add(countStateRecoveries, 1)
	return p.sealPeer(ctx, b, in.from, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
		PeerDataOperationRequestResponseMessage: &waE2E.PeerDataOperationRequestResponseMessage{
			PeerDataOperationRequestType: waE2E.PeerDataOperationRequestType_COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY.Enum(),
			StanzaID:                     new(in.id),
			PeerDataOperationResult: []*waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult{{
				SyncdSnapshotFatalRecoveryResponse: &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_SyncDSnapshotFatalRecoveryResponse{
					CollectionSnapshot: packed.Bytes(), IsCompressed: new(true),
				},
			}},
		},
	})
}

// greetDevice sends a newly linked device what the switches say it gets first.
func (s *Server) greetDevice(d *companion, b Behaviour) {
	p := d.phone
	if b.ShareKeys {
		p.mu.Lock()
		var batch vault.Batch
		share, err := p.shareAppStateKey(s.ctx, &batch, d)
		if err == nil {
			s.deliver(&batch, share...)
		}
		p.mu.Unlock()
	}
	var err error
	switch {
	case b.LIDMigrated:
		err = p.sendHistory(s.ctx, d, HistoryInline, movedToLIDs(s.now().Unix()))
	case b.History != "":
		err = p.sendHistory(s.ctx, d, b.History, nil)
	}
	if err != nil {
		s.config.Log.WarnContext(s.ctx, "history not sent", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.companions[d.key()] != d {
		return
	}
	d.SawHistory = true
	var batch vault.Batch
	put(&batch, bucketCompanions, d.key(), d.companionRecord)
	s.vault.Submit(&batch)
}
