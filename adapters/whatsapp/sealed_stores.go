package whatsapp

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

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
	sealed := s.guard.seals.close(key, kindSenderKey)
	if d := decryptionOf(ctx); d != nil {
		d.senderKeys = append(d.senderKeys, senderKeyTurn{group, user, sealed})
		return nil
	}
	return s.guard.do(ctx, func() error { return s.SenderKeyStore.PutSenderKey(ctx, group, user, sealed) })
}

func (s sealedSenderKeys) GetSenderKey(ctx context.Context, group, user string) ([]byte, error) {
	return fetch(ctx, s.guard, func() ([]byte, error) {
		stored, err := s.SenderKeyStore.GetSenderKey(ctx, group, user)
		if err != nil {
			return nil, err
		}
		return s.guard.seals.reveal(stored, kindSenderKey)
	})
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

// sealedSalt is the account's secret behind tokens for chats. Every message that is sent asks for it, so it is read once.
type sealedSalt struct {
	store.NCTSaltStore
	guard *guard
	cache *atomic.Pointer[[]byte] // opened; nil until it was read
}

func (s sealedSalt) PutNCTSalt(ctx context.Context, salt []byte) error {
	s.cache.Store(nil)
	return s.NCTSaltStore.PutNCTSalt(ctx, s.guard.seals.close(salt, kindSalt))
}

func (s sealedSalt) GetNCTSalt(ctx context.Context) ([]byte, error) {
	if known := s.cache.Load(); known != nil {
		return *known, nil
	}
	stored, err := s.NCTSaltStore.GetNCTSalt(ctx)
	if err != nil {
		return nil, err
	}
	salt, err := s.guard.seals.reveal(stored, kindSalt)
	if err == nil {
		s.cache.Store(&salt)
	}
	return salt, err
}

func (s sealedSalt) DeleteNCTSalt(ctx context.Context) error {
	s.cache.Store(nil)
	return s.NCTSaltStore.DeleteNCTSalt(ctx)
}

// sealedTokens let the number write to people it had a chat with. Every message that is sent asks for its reader's, so what
// was found is remembered.
type sealedTokens struct {
	store.PrivacyTokenStore
	guard *guard
	known *knownTokens
}

func (s sealedTokens) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	closed := make([]store.PrivacyToken, len(tokens))
	for i, token := range tokens {
		closed[i] = token
		closed[i].Token = s.guard.seals.close(token.Token, kindToken)
	}
	defer s.known.forget() // of everybody: a person's two addresses share a token
	return s.PrivacyTokenStore.PutPrivacyTokens(ctx, closed...)
}

func (s sealedTokens) GetPrivacyToken(ctx context.Context, user types.JID) (*store.PrivacyToken, error) {
	token, age, ok := s.known.of(user)
	if ok {
		return token, nil
	}
	token, err := s.PrivacyTokenStore.GetPrivacyToken(ctx, user)
	if err != nil {
		return nil, err
	}
	if token != nil {
		if token.Token, err = s.guard.seals.reveal(token.Token, kindToken); err != nil {
			return nil, err
		}
	}
	s.known.learn(user, token, age)
	return token, nil
}

// DeleteExpiredPrivacyTokens does nothing: every client asks for it at its login, and tidy does it for all.
func (s sealedTokens) DeleteExpiredPrivacyTokens(context.Context, time.Time) (int64, error) {
	return 0, nil
}

// knownTokens is what the table of tokens says, nil where it has none. A connection's client is the only one that writes it.
type knownTokens struct {
	mu     sync.Mutex
	age    int // grows with every change of the table
	tokens map[types.JID]*store.PrivacyToken
}

const maxKnownTokens = 512

// of returns a copy, and the table's age for learn.
func (k *knownTokens) of(user types.JID) (token *store.PrivacyToken, age int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known, ok := k.tokens[user]
	if known != nil {
		copied := *known
		known = &copied
	}
	return known, k.age, ok
}

// learn keeps what was read, unless the table changed since.
func (k *knownTokens) learn(user types.JID, token *store.PrivacyToken, age int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age != k.age {
		return
	}
	if k.tokens == nil || len(k.tokens) >= maxKnownTokens {
		k.tokens = make(map[types.JID]*store.PrivacyToken)
	}
	k.tokens[user] = token
}

func (k *knownTokens) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.age++
	k.tokens = nil
}
