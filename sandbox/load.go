package sandbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// load fills memory from the file.
func (s *Server) load() error {
	for _, bucket := range []struct {
		name string
		take func(key string, value []byte) error
	}{
		{bucketPhones, s.loadPhone},
		{bucketOneTime, s.loadOneTimeKey},
		{bucketSessions, s.loadSession},
		{bucketMessages, s.loadMessage},
		{bucketCompanions, s.loadCompanion},
		{bucketPreKeys, s.loadPreKey},
		{bucketQueue, s.loadQueued},
		{bucketTokens, s.loadToken},
		{bucketWaiting, s.loadWaiting},
		{bucketState, s.loadPatch},
	} {
		if err := s.vault.Each(bucket.name, bucket.take); err != nil {
			return fmt.Errorf("%s: %w", bucket.name, err)
		}
	}
	if err := s.journal.load(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	s.opened = s.journal.lastConnection()
	return s.vault.Each(bucketUnknown, s.counters.loadUnknown)
}

func parseSequence(text string) (uint64, error) { return strconv.ParseUint(text, 16, 64) }

func (s *Server) loadPhone(_ string, value []byte) error {
	var record phoneRecord
	if err := json.Unmarshal(value, &record); err != nil {
		return err
	}
	s.register(newPhone(s, record))
	return nil
}

func (s *Server) loadOneTimeKey(key string, value []byte) error {
	number, id, _ := strings.Cut(key, ":")
	n, err := strconv.ParseUint(id, 10, 32)
	if p := s.phones[number]; p != nil && err == nil && len(value) == 32 {
		p.oneTime[uint32(n)] = [32]byte(value)
	}
	return err
}

func (s *Server) loadSession(key string, value []byte) error {
	number, address, _ := strings.Cut(key, "|")
	if p := s.phones[number]; p != nil {
		p.sessions[address] = value
	}
	return nil
}

func (s *Server) loadMessage(key string, value []byte) error {
	number, sequence, _ := strings.Cut(key, ":")
	m := &Message{}
	if err := m.load(value); err != nil {
		return err
	}
	var err error
	m.sequence, err = strconv.ParseUint(sequence, 16, 64)
	if p := s.phones[number]; p != nil && err == nil {
		p.keep(m)
		s.sequence = max(s.sequence, m.sequence)
	}
	return err
}

func (s *Server) loadCompanion(_ string, value []byte) error {
	var record companionRecord
	if err := json.Unmarshal(value, &record); err != nil {
		return err
	}
	if p := s.phones[record.Phone]; p != nil {
		s.adopt(&companion{companionRecord: record, phone: p})
	}
	return nil
}

func (s *Server) loadPreKey(key string, value []byte) error {
	cut := strings.LastIndexByte(key, ':')
	id, err := strconv.ParseUint(key[cut+1:], 10, 32)
	d := s.companions[key[:cut]]
	if d != nil && err == nil && len(value) == 1 {
		d.burn(uint32(id))
	} else if d != nil && err == nil && len(value) == 32 {
		d.preKeys = append(d.preKeys, preKey{id: uint32(id), public: [32]byte(value)})
	}
	return err
}

func (s *Server) loadQueued(key string, value []byte) error {
	cut := strings.LastIndexByte(key, ':')
	q := &queued{}
	if err := json.Unmarshal(value, &q.queuedRecord); err != nil {
		return err
	}
	var err error
	q.sequence, err = strconv.ParseUint(key[cut+1:], 16, 64)
	if d := s.companions[key[:cut]]; d != nil && err == nil {
		d.queue = append(d.queue, q)
		s.sequence = max(s.sequence, q.sequence)
	}
	return err
}
