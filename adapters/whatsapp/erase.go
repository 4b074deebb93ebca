package whatsapp

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Traces are what is kept of people for the sake of WhatsApp's encryption: whose LID a number is, sessions, keys and tokens, by addresses
// in the clear; and words that wait sealed, of messages on their way into the log and of those that were put aside.
//
// Whose an address is says only a hash, so each that is there is hashed and compared.
type Traces struct {
	box  box
	hide func(domain.WorkspaceID, string) []byte
}

// NewTraces opens them; keys and hide are as in Config.
func NewTraces(keys SealKeys, hide func(domain.WorkspaceID, string) []byte) (*Traces, error) {
	sealed, err := newBox(keys)
	if err != nil {
		return nil, err
	}
	return &Traces{box: sealed, hide: hide}, nil
}

// EraseIn removes the traces of a person whose addresses have these hashes, within a transaction under sb_wa. What was said tells which
// sealed words are theirs. What is stored for them while the transaction runs is swept later; see Pool.sweepErased.
func (t *Traces) EraseIn(ctx context.Context, tx *sql.Tx, w domain.WorkspaceID, addresses [][]byte, said []commands.Said) error {
	if err := t.remove(ctx, tx, w, addresses, said); err != nil {
		return fmt.Errorf("erase what is kept for WhatsApp: %w", err)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO wa.erased_addresses (workspace_id, address_hmac)
		SELECT $1, a.hash FROM unnest($2::bytea[]) AS a (hash)
		ON CONFLICT ON CONSTRAINT erased_addresses_pkey DO UPDATE SET erased_at = EXCLUDED.erased_at`,
		string(w), pq.ByteaArray(addresses))
	if err != nil {
		return fmt.Errorf("note what is to be swept: %w", err)
	}
	return nil
}

// remove goes by the order in which a decryption stores: sessions, words, keys.
func (t *Traces) remove(ctx context.Context, tx *sql.Tx, w domain.WorkspaceID, addresses [][]byte, said []commands.Said) error {
	e := eraser{Traces: t, tx: tx, workspace: w, is: map[string]bool{}, people: map[types.JID]bool{}}
	for _, a := range addresses {
		e.is[string(a)] = true
	}
	// Each device's rows hang on its address; a workspace that is not linked has none.
	err := tx.QueryRowContext(ctx, `SELECT coalesce((SELECT jid FROM wa_links WHERE workspace_id = $1), '')`, string(w)).Scan(&e.device)
	if err != nil {
		return fmt.Errorf("find the link: %w", err)
	}
	for _, step := range []func(context.Context) error{
		e.find, e.findPartners, e.sessions, func(ctx context.Context) error { return e.words(ctx, said) }, e.rest, e.letters,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// eraser removes one person's traces.
type eraser struct {
	*Traces
	tx        *sql.Tx
	workspace domain.WorkspaceID
	device    string          // our device's address
	is        map[string]bool // hashes of the person's addresses
	people    map[types.JID]bool
}

// find looks for addresses of the person wherever addresses are.
func (e *eraser) find(ctx context.Context) error {
	rows, err := e.tx.QueryContext(ctx, `
		SELECT lid || '@lid' FROM wa.session_lids WHERE workspace_id = $1
		 UNION SELECT pn || '@s.whatsapp.net' FROM wa.session_lids WHERE workspace_id = $1
		 UNION SELECT split_part(their_id, ':', 1) FROM wa.whatsmeow_sessions WHERE our_jid = $2
		 UNION SELECT split_part(their_id, ':', 1) FROM wa.whatsmeow_identity_keys WHERE our_jid = $2
		 UNION SELECT split_part(sender_id, ':', 1) FROM wa.whatsmeow_sender_keys WHERE our_jid = $2
		 UNION SELECT their_jid FROM wa.whatsmeow_privacy_tokens WHERE our_jid = $2
		 UNION SELECT their_jid FROM wa.whatsmeow_contacts WHERE our_jid = $2
		 UNION SELECT chat_jid FROM wa.whatsmeow_chat_settings WHERE our_jid = $2
		 UNION SELECT chat_jid FROM wa.whatsmeow_message_secrets WHERE our_jid = $2
		 UNION SELECT sender_jid FROM wa.whatsmeow_message_secrets WHERE our_jid = $2
		 UNION SELECT chat_jid FROM wa.whatsmeow_retry_buffer WHERE our_jid = $2
		 UNION SELECT lid || '@lid' FROM wa.whatsmeow_lid_map
		 UNION SELECT pn || '@s.whatsapp.net' FROM wa.whatsmeow_lid_map`, string(e.workspace), e.device)
	if err != nil {
		return fmt.Errorf("look for addresses: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return fmt.Errorf("look for addresses: %w", err)
		}
		if jid, ok := personAt(address); ok && e.is[string(e.hide(e.workspace, jid.String()))] {
			e.people[jid] = true
		}
	}
	return rows.Err()
}

// signalLID ends the user of a LID where the library names a Signal session.
const signalLID = "_1"

// personAt reads an address of WhatsApp, or the user of one of Signal.
func personAt(address string) (types.JID, bool) {
	if !strings.Contains(address, "@") {
		user, _, _ := strings.Cut(address, "_")
		if strings.HasSuffix(address, signalLID) || strings.HasSuffix(address, signalHostedLID) {
			return types.NewJID(user, types.HiddenUserServer), user != ""
		}
		return types.NewJID(user, types.DefaultUserServer), user != ""
	}
	jid, err := types.ParseJID(address)
	jid = plainJID(jid)
	return jid, err == nil && (jid.Server == types.DefaultUserServer || jid.Server == types.HiddenUserServer)
}

// What else ends the user of a Signal session: somebody whose messages a provider reads for them.
const (
	signalHosted    = "_128"
	signalHostedLID = "_129"
)

// findPartners adds the other address of a person of whom only one was ever resolved, unless it is somebody's by now.
func (e *eraser) findPartners(ctx context.Context) error {
	rows, err := e.tx.QueryContext(ctx, `SELECT lid, pn FROM wa.session_lids WHERE workspace_id = $1`, string(e.workspace))
	if err != nil {
		return fmt.Errorf("look for other addresses: %w", err)
	}
	defer func() { _ = rows.Close() }()
	partners := map[string]types.JID{} // by their hash
	for rows.Next() {
		var lid, pn types.JID
		if err := rows.Scan(&lid.User, &pn.User); err != nil {
			return fmt.Errorf("look for other addresses: %w", err)
		}
		lid.Server, pn.Server = types.HiddenUserServer, types.DefaultUserServer
		for _, pair := range [][2]types.JID{{lid, pn}, {pn, lid}} {
			if e.people[pair[0]] && !e.people[pair[1]] {
				partners[string(e.hide(e.workspace, pair[1].String()))] = pair[1]
			}
		}
	}
	if err := rows.Err(); err != nil || len(partners) == 0 {
		return err
	}
	var hashes pq.ByteaArray
	for hash := range partners {
		hashes = append(hashes, []byte(hash))
	}
	taken, err := e.tx.QueryContext(ctx, `
		SELECT address_hmac FROM customer_addresses WHERE workspace_id = $1 AND address_hmac = ANY ($2)`, string(e.workspace), hashes)
	if err != nil {
		return fmt.Errorf("look whose other addresses are: %w", err)
	}
	defer func() { _ = taken.Close() }()
	for taken.Next() {
		var hash []byte
		if err := taken.Scan(&hash); err != nil {
			return fmt.Errorf("look whose other addresses are: %w", err)
		}
		delete(partners, string(hash))
	}
	for _, jid := range partners {
		e.people[jid] = true
	}
	return taken.Err()
}

// removeBy removes rows by several statements with the same parameters.
func (e *eraser) removeBy(ctx context.Context, args []any, statements ...string) error {
	for _, statement := range statements {
		if _, err := e.tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("remove rows: %w", err)
		}
	}
	return nil
}

// signalUsers are the person's addresses as Signal's tables have them.
func (e *eraser) signalUsers() any {
	var users []string
	for jid := range e.people {
		if jid.Server == types.HiddenUserServer {
			users = append(users, jid.User+signalLID, jid.User+signalHostedLID)
		} else {
			users = append(users, jid.User, jid.User+signalHosted)
		}
	}
	return pq.Array(users)
}

func (e *eraser) sessions(ctx context.Context) error {
	return e.removeBy(ctx, []any{e.device, e.signalUsers()},
		`DELETE FROM wa.whatsmeow_sessions WHERE our_jid = $1 AND split_part(their_id, ':', 1) = ANY ($2)`)
}

// rest removes what is kept under the person's addresses besides sessions. The library's own map of LIDs is shared by all numbers; each
// number has been given a map of its own, so nobody looks into that one, and a row there can only be a leftover.
func (e *eraser) rest(ctx context.Context) error {
	var jids, lids, pns []string
	for jid := range e.people {
		jids = append(jids, jid.String())
		if jid.Server == types.HiddenUserServer {
			lids = append(lids, jid.User)
		} else {
			pns = append(pns, jid.User)
		}
	}
	return errors.Join(
		e.removeBy(ctx, []any{e.device, e.signalUsers()},
			`DELETE FROM wa.whatsmeow_identity_keys WHERE our_jid = $1 AND split_part(their_id, ':', 1) = ANY ($2)`,
			`DELETE FROM wa.whatsmeow_sender_keys WHERE our_jid = $1 AND split_part(sender_id, ':', 1) = ANY ($2)`),
		e.removeBy(ctx, []any{e.device, pq.Array(jids)},
			`DELETE FROM wa.whatsmeow_privacy_tokens WHERE our_jid = $1 AND their_jid = ANY ($2)`,
			`DELETE FROM wa.whatsmeow_contacts WHERE our_jid = $1 AND their_jid = ANY ($2)`,
			`DELETE FROM wa.whatsmeow_chat_settings WHERE our_jid = $1 AND chat_jid = ANY ($2)`,
			`DELETE FROM wa.whatsmeow_message_secrets WHERE our_jid = $1 AND (chat_jid = ANY ($2) OR sender_jid = ANY ($2))`,
			`DELETE FROM wa.whatsmeow_retry_buffer WHERE our_jid = $1 AND chat_jid = ANY ($2)`),
		e.removeBy(ctx, []any{string(e.workspace), pq.Array(lids), pq.Array(pns)},
			`DELETE FROM wa.session_lids WHERE workspace_id = $1 AND (lid = ANY ($2) OR pn = ANY ($3))`),
		e.removeBy(ctx, []any{pq.Array(lids), pq.Array(pns)},
			`DELETE FROM wa.whatsmeow_lid_map WHERE lid = ANY ($1) OR pn = ANY ($2)`),
	)
}

// words wipes sealed words of messages that the log has, which are left when the process died before it could: they name nobody but by
// chance, and are told by their second and text.
func (e *eraser) words(ctx context.Context, said []commands.Said) error {
	rows, err := e.tx.QueryContext(ctx, `
		SELECT ciphertext_hash, encode(ciphertext_hash, 'hex'), plaintext, server_timestamp
		  FROM wa.whatsmeow_event_buffer WHERE our_jid = $1 AND plaintext IS NOT NULL`, e.device)
	if err != nil {
		return fmt.Errorf("look for buffered words: %w", err)
	}
	defer func() { _ = rows.Close() }()
	texts := map[int64][]string{}
	for _, s := range said {
		texts[s.At.Unix()] = append(texts[s.At.Unix()], s.Text)
	}
	var theirs pq.ByteaArray
	for rows.Next() {
		var hash, sealed []byte
		var name string
		var second int64
		if err := rows.Scan(&hash, &name, &sealed, &second); err != nil {
			return fmt.Errorf("look for buffered words: %w", err)
		}
		plain, err := e.box.open(sealed, bufferSeal(e.workspace, name))
		if err != nil {
			continue // nobody can read them
		}
		if e.named(plain) || slices.ContainsFunc(texts[second], func(text string) bool { return bytes.Contains(plain, []byte(text)) }) {
			theirs = append(theirs, hash)
		}
	}
	if err := rows.Err(); err != nil || len(theirs) == 0 {
		return err
	}
	_, err = e.tx.ExecContext(ctx, `
		UPDATE wa.whatsmeow_event_buffer SET plaintext = NULL WHERE our_jid = $1 AND ciphertext_hash = ANY ($2)`, e.device, theirs)
	if err != nil {
		return fmt.Errorf("wipe buffered words: %w", err)
	}
	return nil
}

// named says whether a content holds an address of the person: what the business's phone sends us says to whom it wrote.
func (e *eraser) named(content []byte) bool {
	for jid := range e.people {
		if bytes.Contains(content, []byte(jid.String())) {
			return true
		}
	}
	return false
}

// letters removes messages that were put aside, where they are of the person's chat. What cannot be read goes too: it may be.
func (e *eraser) letters(ctx context.Context) error {
	rows, err := e.tx.QueryContext(ctx, `
		SELECT letter_id, kind, sealed FROM wa.dead_letters WHERE workspace_id = $1 AND sealed IS NOT NULL`, string(e.workspace))
	if err != nil {
		return fmt.Errorf("look for messages put aside: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var theirs []string
	for rows.Next() {
		var id, kind string
		var sealed []byte
		if err := rows.Scan(&id, &kind, &sealed); err != nil {
			return fmt.Errorf("look for messages put aside: %w", err)
		}
		content, err := e.box.open(sealed, letterSeal(id))
		if err != nil {
			continue // nobody can read it
		}
		if kind == stanzaLetter && e.inStanza(content) || kind != stanzaLetter && e.inLetter(content) {
			theirs = append(theirs, id)
		}
	}
	if err := rows.Err(); err != nil || len(theirs) == 0 {
		return err
	}
	_, err = e.tx.ExecContext(ctx, `
		DELETE FROM wa.dead_letters WHERE workspace_id = $1 AND letter_id = ANY ($2::uuid[])`, string(e.workspace), pq.Array(theirs))
	if err != nil {
		return fmt.Errorf("remove messages put aside: %w", err)
	}
	return nil
}

func (e *eraser) inLetter(content []byte) bool {
	var found envelope
	if err := json.Unmarshal(content, &found); err != nil {
		return true
	}
	source := found.Info.MessageSource
	return e.any(source.Chat, source.Sender, source.SenderAlt, source.RecipientAlt)
}

func (e *eraser) inStanza(content []byte) bool {
	node, err := waBinary.Unmarshal(content[min(1, len(content)):]) // behind the mark that it is not compressed
	return err != nil || e.inNode(node)
}

func (e *eraser) inNode(node *waBinary.Node) bool {
	for _, value := range node.Attrs {
		switch value := value.(type) {
		case types.JID:
			if e.any(value) {
				return true
			}
		case string:
			if jid, ok := personAt(value); ok && e.any(jid) {
				return true
			}
		}
	}
	if content, ok := node.Content.([]byte); ok && e.named(content) {
		return true
	}
	return slices.ContainsFunc(node.GetChildren(), func(child waBinary.Node) bool { return e.inNode(&child) })
}

// any says whether one of the addresses is the person's. One that only the letter knows is asked for by its hash.
func (e *eraser) any(addresses ...types.JID) bool {
	return slices.ContainsFunc(addresses, func(a types.JID) bool {
		a = plainJID(a)
		return a.User != "" && (e.people[a] || e.is[string(e.hide(e.workspace, a.String()))])
	})
}

// sweepAfter is how long after an erasure its traces are looked for once more: no reply is on its way for so long.
const sweepAfter = 10 * time.Minute

// sweepErased removes what was stored for people while they were erased, such as the session that a reply on its way used. Whoever has
// written again since is somebody new, and keeps what they have.
func (p *Pool) sweepErased(ctx context.Context) error {
	due, err := p.toSweep(ctx)
	if err != nil {
		return fmt.Errorf("look for what is to be swept: %w", err)
	}
	for w, hashes := range due {
		if err := p.sweep(ctx, w, hashes); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pool) toSweep(ctx context.Context) (map[domain.WorkspaceID]pq.ByteaArray, error) {
	rows, err := p.cfg.DB.QueryContext(ctx, `
		SELECT workspace_id, array_agg(address_hmac)
		  FROM wa.erased_addresses
		 WHERE erased_at < $1
		 GROUP BY workspace_id`, p.cfg.Now().Add(-sweepAfter))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	due := map[domain.WorkspaceID]pq.ByteaArray{}
	for rows.Next() {
		var w domain.WorkspaceID
		var hashes pq.ByteaArray
		if err := rows.Scan(&w, &hashes); err != nil {
			return nil, err
		}
		due[w] = hashes
	}
	return due, rows.Err()
}

func (p *Pool) sweep(ctx context.Context, w domain.WorkspaceID, hashes pq.ByteaArray) error {
	tx, err := p.cfg.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var nobodys pq.ByteaArray
	err = tx.QueryRowContext(ctx, `
		SELECT array_agg(h.hash)
		  FROM unnest($2::bytea[]) AS h (hash)
		 WHERE NOT EXISTS (SELECT FROM customer_addresses a WHERE a.workspace_id = $1 AND a.address_hmac = h.hash)`,
		string(w), hashes).Scan(&nobodys)
	if err != nil {
		return fmt.Errorf("look who has written again: %w", err)
	}
	traces := &Traces{box: p.box, hide: p.cfg.Hide}
	if err := traces.remove(ctx, tx, w, nobodys, nil); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM wa.erased_addresses WHERE workspace_id = $1 AND address_hmac = ANY ($2)`, string(w), hashes)
	if err != nil {
		return fmt.Errorf("note that it is swept: %w", err)
	}
	return tx.Commit()
}

// LetGo drops what this process remembers of the people of a workspace, after one was erased; of all workspaces when none is named.
func (p *Pool) LetGo(w domain.WorkspaceID) {
	for of, s := range p.sessions() {
		if w == "" || of == w {
			s.letGo()
		}
	}
}

func (s *session) letGo() {
	s.lids.letGo()
	if s.contacts != nil {
		s.contacts.changed()
	}
	c := s.live.Load()
	if c == nil {
		return
	}
	device := c.client.Store
	if sessions, ok := device.Sessions.(guardedSessions); ok {
		sessions.known.forget()
	}
	if identities, ok := device.Identities.(guardedIdentities); ok {
		identities.known.forget()
	}
	if tokens, ok := device.PrivacyTokens.(sealedTokens); ok {
		tokens.known.forget()
	}
}

func (m *lidMap) letGo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.byLID)
	clear(m.byPN)
}
