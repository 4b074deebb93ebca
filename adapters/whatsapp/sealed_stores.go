package whatsapp

import (
	"context"
	"errors"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// What a seal in whatsmeow's tables holds.
const (
	kindNoiseKey     = "noise key"
	kindIdentityKey  = "identity key"
	kindSignedPreKey = "signed prekey"
	kindAdvSecret    = "adv secret"
	kindMetaNonce    = "meta nonce"
	kindSession      = "session"
	kindPreKey       = "prekey"
	kindSenderKey    = "sender key"
	kindAppStateKey  = "app state key"
	kindSalt         = "salt"
	kindToken        = "token"
)

// Identity keys of other people stay readable: they are public, and compared.

// sealedSenderKeys are the keys of groups.
type sealedSenderKeys struct {
	store.SenderKeyStore
	guard *guard
}

func (s sealedSenderKeys) PutSenderKey(ctx context.Context, group, user string, key []byte) error {
	return s.SenderKeyStore.PutSenderKey(ctx, group, user, s.guard.seals.close(key, kindSenderKey))
}

func (s sealedSenderKeys) GetSenderKey(ctx context.Context, group, user string) ([]byte, error) {
	stored, err := s.SenderKeyStore.GetSenderKey(ctx, group, user)
	if err != nil {
		return nil, err
	}
	return s.guard.seals.reveal(stored, kindSenderKey)
}

// sealedAppStateKeys are the keys of the account's settings, which the phone shares.
type sealedAppStateKeys struct {
	store.AppStateSyncKeyStore
	guard *guard
}

func (s sealedAppStateKeys) PutAppStateSyncKey(ctx context.Context, id []byte, key store.AppStateSyncKey) error {
	key.Data = s.guard.seals.close(key.Data, kindAppStateKey)
	return s.AppStateSyncKeyStore.PutAppStateSyncKey(ctx, id, key)
}

func (s sealedAppStateKeys) GetAppStateSyncKey(ctx context.Context, id []byte) (*store.AppStateSyncKey, error) {
	key, err := s.AppStateSyncKeyStore.GetAppStateSyncKey(ctx, id)
	if err != nil || key == nil {
		return nil, err
	}
	key.Data, err = s.guard.seals.reveal(key.Data, kindAppStateKey)
	return key, err
}

func (s sealedAppStateKeys) GetAllAppStateSyncKeys(ctx context.Context) ([]*store.AppStateSyncKey, error) {
	all, err := s.AppStateSyncKeyStore.GetAllAppStateSyncKeys(ctx)
	for _, key := range all {
		var unopened error
		key.Data, unopened = s.guard.seals.reveal(key.Data, kindAppStateKey)
		err = errors.Join(err, unopened)
	}
	return all, err
}

// sealedSalt is the account's secret behind tokens for chats.
type sealedSalt struct {
	store.NCTSaltStore
	guard *guard
}

func (s sealedSalt) PutNCTSalt(ctx context.Context, salt []byte) error {
	return s.NCTSaltStore.PutNCTSalt(ctx, s.guard.seals.close(salt, kindSalt))
}

func (s sealedSalt) GetNCTSalt(ctx context.Context) ([]byte, error) {
	stored, err := s.NCTSaltStore.GetNCTSalt(ctx)
	if err != nil {
		return nil, err
	}
	return s.guard.seals.reveal(stored, kindSalt)
}

// sealedTokens let the number write to people it had a chat with.
type sealedTokens struct {
	store.PrivacyTokenStore
	guard *guard
}

func (s sealedTokens) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	closed := make([]store.PrivacyToken, len(tokens))
	for i, token := range tokens {
		closed[i] = token
		closed[i].Token = s.guard.seals.close(token.Token, kindToken)
	}
	return s.PrivacyTokenStore.PutPrivacyTokens(ctx, closed...)
}

func (s sealedTokens) GetPrivacyToken(ctx context.Context, user types.JID) (*store.PrivacyToken, error) {
	token, err := s.PrivacyTokenStore.GetPrivacyToken(ctx, user)
	if err != nil || token == nil {
		return nil, err
	}
	token.Token, err = s.guard.seals.reveal(token.Token, kindToken)
	return token, err
}
