package sandbox

import "switchboard.example/sandbox/internal/noise"

// chain is the certificate chain for one handshake, a false one if a fault wants it.
func (s *Server) chain(keys serverKeys) ([]byte, error) {
	if s.faults.none() {
		return keys.chain, nil
	}
	stranger, err := noise.NewPair()
	if err != nil {
		return nil, err
	}
	now := s.config.Now()
	switch {
	case s.faults.take(faultWrongRoot, "") != nil:
		return noise.Chain(stranger, keys.intermediate, keys.static.Public, now)
	case s.faults.take(faultWrongLeaf, "") != nil:
		return noise.Forge{Signer: &stranger}.Chain(keys.root, keys.intermediate, keys.static.Public, now)
	case s.faults.take(faultWrongKey, "") != nil:
		return noise.Chain(keys.root, keys.intermediate, stranger.Public, now)
	case s.faults.take(faultWrongSerial, "") != nil:
		return noise.Forge{Issuer: 7}.Chain(keys.root, keys.intermediate, keys.static.Public, now)
	case s.faults.take(faultShortSign, "") != nil:
		return noise.Forge{Cut: 1}.Chain(keys.root, keys.intermediate, keys.static.Public, now)
	default:
		return keys.chain, nil
	}
}
