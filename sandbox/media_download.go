package sandbox

// Download returns the decrypted bytes of a message's attachment.
func (p *Phone) Download(id string) ([]byte, error) {
	p.mu.Lock()
	var found *Message
	for _, m := range p.messages {
		if m.ID == id && m.Media != nil {
			found = m
			break
		}
	}
	p.mu.Unlock()
	if found == nil {
		return nil, refuse(statusNotFound, "This phone has no attachment under that id.")
	}
	sealed, err := p.server.vault.Get(bucketMedia, found.Media.Path)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return nil, refuse(statusNotFound, "The attachment's file was never uploaded.")
	}
	return openMedia(found.Type, found.Media.Key, sealed)
}
