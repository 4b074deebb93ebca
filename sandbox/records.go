package sandbox

import (
	"encoding/json"
	"fmt"
	"time"

	"switchboard.example/sandbox/internal/ratchet"
	"switchboard.example/sandbox/internal/vault"
)

// The buckets of the state file.
const (
	bucketServer     = "server"     // keys of the server, counters' seeds
	bucketPhones     = "phones"     // number → phoneRecord
	bucketOneTime    = "onetime"    // number:id → private key of a phone's one-time key
	bucketSessions   = "sessions"   // number|address → Signal session of a phone
	bucketMessages   = "messages"   // number:sequence → Message
	bucketCompanions = "companions" // number:device → companionRecord
	bucketPreKeys    = "prekeys"    // number:device:id → public key of a linked device
	bucketQueue      = "queue"      // number:device:sequence → queuedRecord
	bucketTokens     = "tokens"     // number|number of whom it was given to → token
	bucketWaiting    = "waiting"    // number:sequence → waitingRecord
	bucketState      = "appstate"   // LID|collection|version → statePatch
	bucketMedia      = "media"      // path → encrypted file

	// The judge's.
	bucketJournal     = "journal"     // LID:sequence → Entry
	bucketConnections = "connections" // LID:connection → Connection
	bucketDropped     = "dropped"     // LID → how many entries are no longer kept
	bucketUnknown     = "unknown"     // stanza → how often it came and was not understood
)

func buckets() []string {
	return []string{
		bucketServer, bucketPhones, bucketOneTime, bucketSessions, bucketMessages,
		bucketCompanions, bucketPreKeys, bucketQueue, bucketTokens, bucketWaiting, bucketState, bucketMedia,
		bucketJournal, bucketConnections, bucketDropped, bucketUnknown,
	}
}

type phoneRecord struct {
	Number      string           `json:"number"`
	LID         string           `json:"lid"`
	Name        string           `json:"name"`
	Kind        string           `json:"kind"`
	Identity    ratchet.Identity `json:"identity"`
	NextDevice  int              `json:"nextDevice"`
	NextKey     uint32           `json:"nextKey"`
	Offline     bool             `json:"offline,omitempty"`
	AppStateKey []byte           `json:"appStateKey,omitempty"`
	CreatedAt   time.Time        `json:"createdAt"`
}

type companionRecord struct {
	Phone           string    `json:"phone"`
	Device          int       `json:"device"`
	KeyIndex        int       `json:"keyIndex"`
	NoiseKey        []byte    `json:"noiseKey"`
	IdentityKey     []byte    `json:"identityKey"`
	Registration    uint32    `json:"registration"`
	SignedID        uint32    `json:"signedId"`
	Signed          []byte    `json:"signed"`
	SignedSignature []byte    `json:"signedSignature"`
	DeviceIdentity  []byte    `json:"deviceIdentity"`
	Name            string    `json:"name"`
	Platform        string    `json:"platform"`
	Method          string    `json:"method"`
	LinkedAt        time.Time `json:"linkedAt"`
	LastSeen        time.Time `json:"lastSeen"`
	SawHistory      bool      `json:"sawHistory"`
}

type queuedRecord struct {
	ID    string `json:"id"`
	Class string `json:"class"`
	From  string `json:"from,omitempty"` // the number of the account it comes from
	Frame []byte `json:"frame"`
}

func companionKey(phone string, device int) string { return fmt.Sprintf("%s:%03d", phone, device) }

func sequenceKey(owner string, sequence uint64) string {
	return fmt.Sprintf("%s:%016x", owner, sequence)
}

// put stores a record as JSON. The records here always marshal.
func put(b *vault.Batch, bucket, key string, record any) {
	data, err := json.Marshal(record)
	if err != nil {
		return
	}
	b.Put(bucket, key, data)
}
