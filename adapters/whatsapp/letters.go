package whatsapp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"switchboard.example/domain"
)

// Letter is a message that was put aside because it kept failing for a reason of its own.
type Letter struct {
	WorkspaceID domain.WorkspaceID
	ID          string
	Kind        string // what WhatsApp's library calls it
	Error       string // what sort of failure it was
	Attempts    int
	At          time.Time
}

// Letters are the messages put aside, and the way to store them after all once the cause is mended.
type Letters struct {
	db       *dbutil.Database
	sql      *sql.DB
	box      box
	commands Commands
}

// NewLetters opens them; db and keys are as in Config.
func NewLetters(db *sql.DB, keys SealKeys, commands Commands) (*Letters, error) {
	wrapped, err := wrapDatabase(db)
	if err != nil {
		return nil, err
	}
	sealed, err := newBox(keys)
	if err != nil {
		return nil, err
	}
	return &Letters{db: wrapped, sql: db, box: sealed, commands: commands}, nil
}

// envelope is what is sealed of a letter.
type envelope struct {
	Info    types.MessageInfo `json:"info"`
	Message []byte            `json:"message"` // as it came, in protobuf
}

// stanzaLetter is the kind of a stanza that could not even be taken for a message. It is kept as it came, for people to look at.
const stanzaLetter = "stanza"

var errStanzaLetter = errors.New("it is a stanza, not a message: nothing in it can be stored")

func letterSeal(id string) string { return "letter\x00" + id }

func writeLetter(e *events.Message) ([]byte, error) {
	raw, err := proto.Marshal(e.RawMessage)
	if err != nil {
		return nil, fmt.Errorf("write a dead letter: %w", err)
	}
	content, err := json.Marshal(envelope{Info: e.Info, Message: raw})
	if err != nil {
		return nil, fmt.Errorf("write a dead letter: %w", err)
	}
	return content, nil
}

func readLetter(content []byte) (*events.Message, error) {
	var found envelope
	if err := json.Unmarshal(content, &found); err != nil {
		return nil, fmt.Errorf("read a dead letter: %w", err)
	}
	raw := &waE2E.Message{}
	if err := proto.Unmarshal(found.Message, raw); err != nil {
		return nil, fmt.Errorf("read a dead letter: %w", err)
	}
	return (&events.Message{Info: found.Info, RawMessage: raw}).UnwrapRaw(), nil
}

// List returns all letters, oldest first; of one workspace when it is named.
func (l *Letters) List(ctx context.Context, of domain.WorkspaceID) ([]Letter, error) {
	rows, err := l.sql.QueryContext(ctx, `
		SELECT workspace_id, letter_id, kind, error, attempts, at
		  FROM dead_letters
		 WHERE $1 = '' OR workspace_id::text = $1
		 ORDER BY at, letter_id`, string(of))
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Letter
	for rows.Next() {
		var one Letter
		if err := rows.Scan(&one.WorkspaceID, &one.ID, &one.Kind, &one.Error, &one.Attempts, &one.At); err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Replay stores a letter's message as if it had just come, and removes the letter. A message that is in the log already
// stays as it is; one that fails again stays a letter.
func (l *Letters) Replay(ctx context.Context, letter Letter) error {
	if letter.Kind == stanzaLetter {
		return fmt.Errorf("replay dead letter %s: %w", letter.ID, errStanzaLetter)
	}
	e, err := l.open(ctx, letter)
	if err != nil {
		return err
	}
	to := intake{commands: l.commands, workspace: letter.WorkspaceID, lids: newLIDMap(l.sql, letter.WorkspaceID)}
	owner, linked, err := links{db: l.db}.find(ctx, letter.WorkspaceID)
	if err != nil {
		return err
	}
	if !linked {
		return fmt.Errorf("replay a dead letter of %s: %w", letter.WorkspaceID, errNoDevice)
	}
	to.account = account{PN: owner.JID, LID: owner.LID}
	if err := to.replay(ctx, e); err != nil {
		return fmt.Errorf("replay a dead letter: %w", err)
	}
	_, err = l.sql.ExecContext(ctx, `DELETE FROM dead_letters WHERE workspace_id = $1 AND letter_id = $2`, string(letter.WorkspaceID), letter.ID)
	if err != nil {
		return fmt.Errorf("remove a dead letter: %w", err)
	}
	return nil
}

// replay is for messages that made a handler panic, so it may happen again.
func (s intake) replay(ctx context.Context, e *events.Message) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errPanic(r)
		}
	}()
	_, err = s.message(ctx, e)
	return err
}

// errNoWords says that a letter holds nothing to replay.
var errNoWords = errors.New("nothing was kept of it")

func (l *Letters) open(ctx context.Context, letter Letter) (*events.Message, error) {
	var sealed []byte
	err := l.sql.QueryRowContext(ctx, `
		SELECT sealed FROM dead_letters WHERE workspace_id = $1 AND letter_id = $2`, string(letter.WorkspaceID), letter.ID).Scan(&sealed)
	if err == nil && sealed == nil {
		err = errNoWords
	}
	if err != nil {
		return nil, fmt.Errorf("find a dead letter: %w", err)
	}
	content, err := l.box.open(sealed, letterSeal(letter.ID))
	if err != nil {
		return nil, fmt.Errorf("open a dead letter: %w", err)
	}
	return readLetter(content)
}
