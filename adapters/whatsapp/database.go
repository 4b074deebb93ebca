package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
)

// upgradeLock is the advisory lock under which one process at a time changes whatsmeow's schema.
const upgradeLock = 0x5342574155504752 // "SBWAUPGR"

// Upgrade brings whatsmeow's tables, in the schema wa, to the library's version. It belongs to the migration step and
// may be called by several processes at once. The pool works under sb_wa with the search path "wa, public".
func Upgrade(ctx context.Context, db *sql.DB) error {
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("upgrade whatsmeow's tables: %w", err)
	}
	defer func() { _ = lock.Close() }()
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(upgradeLock)); err != nil {
		return fmt.Errorf("wait for the upgrade lock: %w", err)
	}
	defer func() {
		_, _ = lock.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(upgradeLock))
	}()
	wrapped, err := wrapDatabase(db)
	if err != nil {
		return err
	}
	if err := sqlstore.NewWithWrappedDB(wrapped, nil).Upgrade(ctx); err != nil {
		return fmt.Errorf("upgrade whatsmeow's tables: %w", err)
	}
	_, err = db.ExecContext(ctx, `
		CREATE INDEX IF NOT EXISTS switchboard_event_buffer_inserted_idx
		    ON whatsmeow_event_buffer (insert_timestamp)`)
	if err != nil {
		return fmt.Errorf("index whatsmeow's event buffer: %w", err)
	}
	return makeRoomForSeals(ctx, db)
}

// makeRoomForSeals lets the columns of private keys hold sealed ones, which are longer. A version that knows nothing of
// seals then refuses to load a device with them, and tries again later.
func makeRoomForSeals(ctx context.Context, db *sql.DB) error {
	for _, check := range []struct{ table, name string }{
		{"whatsmeow_device", "whatsmeow_device_noise_key_check"},
		{"whatsmeow_device", "whatsmeow_device_identity_key_check"},
		{"whatsmeow_device", "whatsmeow_device_signed_pre_key_check"},
		{"whatsmeow_pre_keys", "whatsmeow_pre_keys_key_check"},
	} {
		var there bool
		err := db.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2)`, check.table, check.name).Scan(&there)
		if err == nil && there { // looked for first, because removing one waits for everybody who uses the table
			_, err = db.ExecContext(ctx, `ALTER TABLE `+check.table+` DROP CONSTRAINT IF EXISTS `+check.name)
		}
		if err != nil {
			return fmt.Errorf("make room for sealed keys: %w", err)
		}
	}
	return nil
}

func wrapDatabase(db *sql.DB) (*dbutil.Database, error) {
	wrapped, err := dbutil.NewWithDB(db, "postgres")
	if err != nil {
		return nil, fmt.Errorf("wrap the pool: %w", err)
	}
	wrapped.UpgradeTable = upgrades.Table
	wrapped.VersionTable = "whatsmeow_version"
	return wrapped, nil
}

// errStorage says the database could not do its part. It counts as cancelled, because that is the one kind of error
// after which the library does not acknowledge what it was handling.
type errStorage struct{ cause error }

func (e errStorage) Error() string   { return "storage: " + e.cause.Error() }
func (e errStorage) Unwrap() []error { return []error{e.cause, context.Canceled} }

// errNotOurs says the workspace's lease was lost.
var errNotOurs = errors.New("the workspace's lease was lost")

// impossible says that a table cannot hold a value, such as an address with a zero byte in it. That is the message's fault for
// ever: kept unacknowledged, it would come again and end every connection.
func impossible(err error) bool {
	refused := (*pq.Error)(nil)
	return errors.As(err, &refused) && strings.HasPrefix(refused.SQLState(), "22")
}

// infrastructure says whether err is the moment's fault and not the message's: trying the same again later can work.
func infrastructure(err error) bool {
	if refused := (*pq.Error)(nil); errors.As(err, &refused) {
		state := refused.SQLState()
		return !strings.HasPrefix(state, "22") && !strings.HasPrefix(state, "23") // values and constraints
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
