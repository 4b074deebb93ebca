package sandbox

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"switchboard.example/sandbox/internal/vault"
)

const (
	maxMedia = 64 << 20
	macSize  = 10
)

// uploadMedia takes an encrypted file from a client.
func (s *Server) uploadMedia(w http.ResponseWriter, r *http.Request) {
	if s.mediaFault(w) {
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMedia))
	if err != nil {
		http.Error(w, "the file is too large", http.StatusRequestEntityTooLarge)
		return
	}
	path := mediaPath(r.PathValue("kind"), r.PathValue("token"))
	if err := s.storeMedia(r, path, data); err != nil {
		http.Error(w, "the file was not stored", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"url": "https://" + s.Behaviour().MediaHost + path, "direct_path": path,
	})
}

func (s *Server) storeMedia(r *http.Request, path string, data []byte) error {
	var b vault.Batch
	b.Put(bucketMedia, path, data)
	s.counters.add(countMediaStored, 1)
	return s.vault.Wait(r.Context(), s.vault.Submit(&b))
}

// downloadMedia gives an encrypted file to a client. Clients append parameters with
// '&', so that the path they hold must already have a query.
func (s *Server) downloadMedia(w http.ResponseWriter, r *http.Request) {
	if s.mediaFault(w) {
		return
	}
	data, err := s.vault.Get(bucketMedia, mediaPath(r.PathValue("kind"), r.PathValue("token")))
	if err != nil || data == nil {
		http.NotFound(w, r)
		return
	}
	s.counters.add(countMediaFetched, 1)
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) //nolint:gosec // ciphertext, never shown as a page
}

func (s *Server) mediaFault(w http.ResponseWriter) bool {
	f := s.faults.take(faultMediaError, "")
	if f != nil {
		http.Error(w, "refused by a fault", orDefault(f.Code, http.StatusInternalServerError))
	}
	return f != nil
}

func mediaPath(kind, token string) string {
	return "/mms/" + kind + "/" + strings.TrimRight(token, "=") + "?ccb=1"
}

// mediaLabel is the label the keys of a kind of medium are derived with, "" if it is none.
func mediaLabel(kind string) string {
	switch kind {
	case "image", "sticker":
		return "WhatsApp Image Keys"
	case "video":
		return "WhatsApp Video Keys"
	case "audio", "ptt":
		return "WhatsApp Audio Keys"
	case "document":
		return "WhatsApp Document Keys"
	case typeHistory:
		return "WhatsApp History Keys"
	case typeAppState:
		return "WhatsApp App State Keys"
	default:
		return ""
	}
}

// sealedMedia is an encrypted file and what its receiver must know.
type sealedMedia struct {
	key, data, hash, encHash []byte
}

// sealMedia encrypts a file: AES-256-CBC under keys derived from a random one, followed
// by the first ten bytes of an HMAC.
func sealMedia(kind string, plain []byte) (sealedMedia, error) {
	m := sealedMedia{key: randomBytes(32)}
	keys, err := hkdf.Key(sha256.New, m.key, nil, mediaLabel(kind), 112)
	if err != nil {
		return m, fmt.Errorf("derive media keys: %w", err)
	}
	block, err := aes.NewCipher(keys[16:48])
	if err != nil {
		return m, fmt.Errorf("prepare a cipher: %w", err)
	}
	fill := aes.BlockSize - len(plain)%aes.BlockSize
	m.data = append(append([]byte(nil), plain...), bytes.Repeat([]byte{byte(fill)}, fill)...)
	cipher.NewCBCEncrypter(block, keys[:16]).CryptBlocks(m.data, m.data)
	mac := hmac.New(sha256.New, keys[48:80])
	mac.Write(keys[:16])
	mac.Write(m.data)
	m.data = append(m.data, mac.Sum(nil)[:macSize]...)
	hash, encHash := sha256.Sum256(plain), sha256.Sum256(m.data)
	m.hash, m.encHash = hash[:], encHash[:]
	return m, nil
}

// openMedia checks and decrypts a file.
func openMedia(kind string, key, sealed []byte) ([]byte, error) {
	broken := errors.New("the file is damaged")
	if mediaLabel(kind) == "" || len(sealed) < macSize+aes.BlockSize || (len(sealed)-macSize)%aes.BlockSize != 0 {
		return nil, broken
	}
	keys, err := hkdf.Key(sha256.New, key, nil, mediaLabel(kind), 112)
	if err != nil {
		return nil, fmt.Errorf("derive media keys: %w", err)
	}
	body := sealed[:len(sealed)-macSize]
	mac := hmac.New(sha256.New, keys[48:80])
	mac.Write(keys[:16])
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil)[:macSize], sealed[len(body):]) {
		return nil, broken
	}
	block, err := aes.NewCipher(keys[16:48])
	if err != nil {
		return nil, fmt.Errorf("prepare a cipher: %w", err)
	}
	plain := make([]byte, len(body))
	cipher.NewCBCDecrypter(block, keys[:16]).CryptBlocks(plain, body)
	fill := int(plain[len(plain)-1])
	if fill == 0 || fill > aes.BlockSize {
		return nil, broken
	}
	return plain[:len(plain)-fill], nil
}

// mediaContent encrypts and stores a file and builds the message that points to it.
func (p *Phone) mediaContent(o Outgoing, m *Message) (*waE2E.Message, error) {
	if mediaLabel(m.Type) == "" || m.Type == typeHistory {
		return nil, refuse(statusUnprocessable, "A phone sends text, edit, delete, reaction, location, contact, poll, image, video, audio, ptt, document and sticker.")
	}
	if len(o.Data) == 0 {
		return nil, refuse(statusUnprocessable, "A medium needs its bytes (data, in base64).")
	}
	sealed, err := sealMedia(m.Type, o.Data)
	if err != nil {
		return nil, err
	}
	path := mediaPath(m.Type, base64.RawURLEncoding.EncodeToString(sealed.encHash))
	var b vault.Batch
	b.Put(bucketMedia, path, sealed.data)
	p.server.vault.Submit(&b)
	m.Media = &Media{MIME: o.MIME, Name: o.Name, Size: uint64(len(o.Data)), Path: path, Key: sealed.key}
	return mediaMessage(m, sealed, "https://"+p.server.Behaviour().MediaHost+path), nil
}

func mediaMessage(m *Message, s sealedMedia, url string) *waE2E.Message {
	size, mime := new(m.Media.Size), new(m.Media.MIME)
	path, link := new(m.Media.Path), new(url)
	switch m.Type {
	case "video":
		return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{
			URL: link, DirectPath: path, Mimetype: mime, FileLength: size, MediaKey: s.key,
			FileSHA256: s.hash, FileEncSHA256: s.encHash, Caption: new(m.Text),
		}}
	case "audio", "ptt":
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			URL: link, DirectPath: path, Mimetype: mime, FileLength: size, MediaKey: s.key,
			FileSHA256: s.hash, FileEncSHA256: s.encHash, PTT: new(m.Type == "ptt"),
		}}
	case "sticker":
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: link, DirectPath: path, Mimetype: mime, FileLength: size, MediaKey: s.key,
			FileSHA256: s.hash, FileEncSHA256: s.encHash,
		}}
	case "document":
		return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			URL: link, DirectPath: path, Mimetype: mime, FileLength: size, MediaKey: s.key,
			FileSHA256: s.hash, FileEncSHA256: s.encHash, Caption: new(m.Text), FileName: new(m.Media.Name),
		}}
	default:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: link, DirectPath: path, Mimetype: mime, FileLength: size, MediaKey: s.key,
			FileSHA256: s.hash, FileEncSHA256: s.encHash, Caption: new(m.Text),
		}}
	}
}

// mediaOf reads a received medium; media is nil if the message is none.
func mediaOf(content *waE2E.Message) (kind, text string, media *Media) {
	switch {
	case content.GetImageMessage() != nil:
		i := content.GetImageMessage()
		return "image", i.GetCaption(), &Media{MIME: i.GetMimetype(), Size: i.GetFileLength(), Path: i.GetDirectPath(), Key: i.GetMediaKey()}
	case content.GetVideoMessage() != nil:
		v := content.GetVideoMessage()
		return "video", v.GetCaption(), &Media{MIME: v.GetMimetype(), Size: v.GetFileLength(), Path: v.GetDirectPath(), Key: v.GetMediaKey()}
	case content.GetAudioMessage() != nil:
		a := content.GetAudioMessage()
		kind := "audio"
		if a.GetPTT() {
			kind = "ptt"
		}
		return kind, "", &Media{MIME: a.GetMimetype(), Size: a.GetFileLength(), Path: a.GetDirectPath(), Key: a.GetMediaKey()}
	case content.GetDocumentMessage() != nil:
		d := content.GetDocumentMessage()
		return "document", d.GetCaption(), &Media{MIME: d.GetMimetype(), Name: d.GetFileName(), Size: d.GetFileLength(), Path: d.GetDirectPath(), Key: d.GetMediaKey()}
	case content.GetStickerMessage() != nil:
		s := content.GetStickerMessage()
		return "sticker", "", &Media{MIME: s.GetMimetype(), Size: s.GetFileLength(), Path: s.GetDirectPath(), Key: s.GetMediaKey()}
	default:
		return "", "", nil
	}
}
