package sandbox

import (
	"encoding/json"
	"maps"
	"sync"

	"switchboard.example/sandbox/internal/vault"
)

// The counters of GET stats.
const (
	countHandshakes           = "handshakes"
	countHandshakesFailed     = "handshakesFailed"
	countMalformed            = "malformed"
	countRegistrations        = "registrations"
	countRegistrationsExpired = "registrationsExpired"
	countPairings             = "pairings"
	countPairingsFailed       = "pairingsFailed"
	countUnlinked             = "unlinked"
	countLogins               = "logins"
	countLoginsRefused        = "loginsRefused"
	countReplaced             = "replaced"
	countStanzasIn            = "stanzasIn"
	countStanzasOut           = "stanzasOut"
	countSentByPhones         = "messagesSentByPhones"
	countSentByDevices        = "messagesSentByDevices"
	countConfirmed            = "messagesConfirmedByDevices"
	countDelivered            = "messagesDelivered"
	countDecrypted            = "messagesDecrypted"
	countDecryptFailed        = "messagesFailed"
	countEncryptFailed        = "encryptFailed"
	countDuplicates           = "duplicates"
	countPeerMessages         = "peerMessages"
	countUnroutable           = "unroutable"
	countOfflineDelivered     = "offlineDelivered"
	countRetriesAsked         = "retriesAsked"
	countRetriesReceived      = "retriesReceived"
	countRedelivered          = "redelivered"
	countDeviceLists          = "deviceListsAsked"
	countPreKeysUploaded      = "preKeysUploaded"
	countPreKeysBurned        = "preKeysBurned"
	countPreKeysMissing       = "preKeysMissing"
	countMediaStored          = "mediaStored"
	countMediaFetched         = "mediaFetched"
	countChatStates           = "chatStates"
	countPresences            = "presences"
	countFaults               = "faultsApplied"
	countReordered            = "reordered"
	countPreKeysRefused       = "preKeysRefused"
	countSignaturesRefused    = "signaturesRefused"
	countTokensIssued         = "tokensIssued"
	countTokensValid          = "tokensValid"
	countTokensRefused        = "tokensRefused"
	countPhashMismatches      = "phashMismatches"
	countGroupMessages        = "groupMessages"
	countMessagesRefused      = "messagesRefused"
	countKeyShares            = "appStateKeyShares"
	countPatches              = "appStatePatches"
	countPatchesRefused       = "appStatePatchesRefused"
	countStateReadWhole       = "appStateReadWhole"
	countStateRecoveries      = "appStateRecoveries"
)

type counters struct {
	mu       sync.Mutex
	values   map[string]int64
	unknowns map[string]int64
}

func newCounters() *counters {
	c := &counters{values: map[string]int64{}, unknowns: map[string]int64{}}
	for _, name := range []string{
		countHandshakes, countHandshakesFailed, countMalformed, countRegistrations, countRegistrationsExpired,
		countPairings, countPairingsFailed, countUnlinked, countLogins, countLoginsRefused, countReplaced,
		countStanzasIn, countStanzasOut, countSentByPhones, countSentByDevices, countConfirmed, countDelivered,
		countDecrypted, countDecryptFailed, countEncryptFailed, countDuplicates, countPeerMessages, countUnroutable,
		countOfflineDelivered, countRetriesAsked, countRetriesReceived, countRedelivered, countPreKeysUploaded,
		countPreKeysBurned, countPreKeysMissing, countMediaStored, countMediaFetched, countChatStates, countPresences, countFaults,
		countReordered, countPreKeysRefused, countSignaturesRefused, countTokensIssued, countTokensValid, countTokensRefused,
		countPhashMismatches, countGroupMessages, countMessagesRefused, countKeyShares, countPatches, countPatchesRefused,
		countStateReadWhole, countStateRecoveries,
	} {
		c.values[name] = 0
	}
	return c
}

func (c *counters) add(name string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[name] += n
}

// unknown counts a stanza nobody modelled. It is never forgotten.
func (s *Server) unknown(name string) {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	s.counters.unknowns[name]++
	var b vault.Batch
	put(&b, bucketUnknown, name, s.counters.unknowns[name])
	s.vault.Submit(&b)
}

func (c *counters) loadUnknown(name string, value []byte) error {
	var n int64
	err := json.Unmarshal(value, &n)
	c.unknowns[name] = n
	return err
}

// Stats is what the sandbox has counted since it started, and what it holds now.
type Stats struct {
	Connections   int              `json:"connections"`   // sockets after their handshake's start
	Online        int              `json:"online"`        // linked devices that take messages
	Phones        int              `json:"phones"`        // accounts
	LinkedDevices int              `json:"linkedDevices"` // links
	Queued        int              `json:"queued"`        // stanzas not confirmed
	Unknown       map[string]int64 `json:"unknown"`       // stanzas nobody modelled, by name, since the state was made
	Counters      map[string]int64 `json:"counters"`
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	stats := Stats{Unknown: map[string]int64{}, Counters: map[string]int64{}}
	s.counters.mu.Lock()
	maps.Copy(stats.Counters, s.counters.values)
	maps.Copy(stats.Unknown, s.counters.unknowns)
	s.counters.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	stats.Connections, stats.Phones, stats.LinkedDevices = len(s.connections), len(s.phones), len(s.companions)
	for _, d := range s.companions {
		stats.Queued += len(d.queue)
		if d.conn != nil && d.conn.active {
			stats.Online++
		}
	}
	return stats
}
