package sandbox

// Download returns the decrypted bytes of a message's attachment.
func (p *Phone) Download(id string) ([]byte, error) {
	_, plain, err := p.attachment(id)
	return plain, err
}

func (p *Phone) attachment(id string) (Message, []byte, error) {
	for _, m := range p.Messages() {
		if m.ID != id || m.Media == nil {
			continue
		}
		sealed, err := p.server.vault.Get(bucketMedia, m.Media.Path)
		if err != nil {
			return m, nil, err
		}
		if sealed == nil {
			return m, nil, refuse(statusNotFound, "The attachment's file was never uploaded.")
		}
		plain, err := openMedia(m.Type, m.Media.Key, sealed)
		if err != nil {
			return m, nil, refuse(statusUnprocessable, "The attachment cannot be decrypted: "+err.Error()+".")
		}
		return m, plain, nil
	}
	return Message{}, nil, refuse(statusNotFound, "This phone has no attachment under that id.")
}
