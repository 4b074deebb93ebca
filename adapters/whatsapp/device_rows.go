package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// deviceRows reads and writes rows of whatsmeow_device with their private keys sealed. The library's own statements store
// them in the clear, and refuse anything but 32 bytes.
type deviceRows struct {
	db    *dbutil.Database
	seals seals
}

// storedDevice is a device as the tables have it.
type storedDevice struct {
	*store.Device
	unsealed bool // its keys are in the clear
	oneTime  int  // of its one-time keys, how many are with WhatsApp; counted no further than whatsmeow.MinPreKeyCount
}

// read returns nil where there is no such device.
func (r deviceRows) read(ctx context.Context, jid types.JID) (*storedDevice, error) {
	device := &storedDevice{Device: &store.Device{SignedPreKey: &keys.PreKey{}, Account: &waAdv.ADVSignedDeviceIdentity{}}}
	var noise, identity, signed, signature, secret []byte
	var nonce string
	err := r.db.QueryRow(ctx, `
		SELECT jid, lid, registration_id, noise_key, identity_key, signed_pre_key, signed_pre_key_id, signed_pre_key_sig,
		       adv_key, adv_details, adv_account_sig, adv_account_sig_key, adv_device_sig,
		       platform, business_name, push_name, lid_migration_ts, companion_meta_nonce,
		       (SELECT count(*) FROM (SELECT FROM whatsmeow_pre_keys AS k WHERE k.jid = d.jid AND k.uploaded LIMIT $2) AS enough)
		  FROM whatsmeow_device AS d
		 WHERE jid = $1`, jid, whatsmeow.MinPreKeyCount).
		Scan(&device.ID, &device.LID, &device.RegistrationID, &noise, &identity, &signed, &device.SignedPreKey.KeyID, &signature,
			&secret, &device.Account.Details, &device.Account.AccountSignature, &device.Account.AccountSignatureKey,
			&device.Account.DeviceSignature,
			&device.Platform, &device.BusinessName, &device.PushName, &device.LIDMigrationTimestamp, &nonce, &device.oneTime)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	if len(signature) != 64 {
		return nil, sqlstore.ErrInvalidLength
	}
	device.SignedPreKey.Signature = (*[64]byte)(signature)
	device.unsealed = !sealed(noise)
	return device, errors.Join(
		r.pair(&device.NoiseKey, noise, kindNoiseKey),
		r.pair(&device.IdentityKey, identity, kindIdentityKey),
		r.signed(device.Device, signed),
		r.secrets(device.Device, secret, nonce),
	)
}

func (r deviceRows) pair(into **keys.KeyPair, stored []byte, kind string) (err error) {
	*into, err = r.seals.pair(stored, kind)
	return err
}

func (r deviceRows) signed(device *store.Device, stored []byte) error {
	pair, err := r.seals.pair(stored, kindSignedPreKey)
	if err == nil {
		device.SignedPreKey.KeyPair = *pair
	}
	return err
}

func (r deviceRows) secrets(device *store.Device, secret []byte, nonce string) (err error) {
	if device.AdvSecretKey, err = r.seals.reveal(secret, kindAdvSecret); err != nil {
		return err
	}
	device.CompanionMetaNonce, err = r.seals.revealNonce(nonce)
	return err
}

// pair makes a pair of keys from a stored private one.
func (s seals) pair(stored []byte, kind string) (*keys.KeyPair, error) {
	private, err := s.reveal(stored, kind)
	if err != nil {
		return nil, err
	}
	if len(private) != 32 {
		return nil, sqlstore.ErrInvalidLength
	}
	return keys.NewKeyPairFromPrivateKey([32]byte(private)), nil
}

// insert stores a device that was just linked. What an earlier one under the same address left is of no use to it.
func (r deviceRows) insert(ctx context.Context, d *store.Device) error {
	if _, err := r.db.Exec(ctx, `DELETE FROM whatsmeow_device WHERE jid = $1`, d.ID); err != nil {
		return fmt.Errorf("remove an earlier device: %w", err)
	}
	_, err := r.db.Exec(ctx, `
		INSERT INTO whatsmeow_device (jid, lid, registration_id, noise_key, identity_key,
		                              signed_pre_key, signed_pre_key_id, signed_pre_key_sig,
		                              adv_key, adv_details, adv_account_sig, adv_account_sig_key, adv_device_sig,
		                              platform, business_name, push_name, lid_migration_ts, companion_meta_nonce)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		d.ID, d.LID, d.RegistrationID, r.seals.close(d.NoiseKey.Priv[:], kindNoiseKey), r.seals.close(d.IdentityKey.Priv[:], kindIdentityKey),
		r.seals.close(d.SignedPreKey.Priv[:], kindSignedPreKey), d.SignedPreKey.KeyID, d.SignedPreKey.Signature[:],
		r.seals.close(d.AdvSecretKey, kindAdvSecret), d.Account.Details, d.Account.AccountSignature, d.Account.AccountSignatureKey, d.Account.DeviceSignature,
		d.Platform, d.BusinessName, d.PushName, d.LIDMigrationTimestamp, r.seals.closeNonce(d.CompanionMetaNonce))
	if err != nil {
		return fmt.Errorf("store the device: %w", err)
	}
	return nil
}

// update stores what can change of a device. It makes no row: one that is gone was unlinked.
func (r deviceRows) update(ctx context.Context, d *store.Device) error {
	_, err := r.db.Exec(ctx, `
		UPDATE whatsmeow_device
		   SET lid = $2, platform = $3, business_name = $4, push_name = $5, lid_migration_ts = $6, companion_meta_nonce = $7
		 WHERE jid = $1`,
		d.ID, d.LID, d.Platform, d.BusinessName, d.PushName, d.LIDMigrationTimestamp, r.seals.closeNonce(d.CompanionMetaNonce))
	if err != nil {
		return fmt.Errorf("store what changed of the device: %w", err)
	}
	return nil
}

// sealAll seals everything of a device that an earlier version stored in the clear. It belongs in a transaction.
func (r deviceRows) sealAll(ctx context.Context, d *store.Device) error {
	_, err := r.db.Exec(ctx, `
		UPDATE whatsmeow_device
		   SET noise_key = $2, identity_key = $3, signed_pre_key = $4, adv_key = $5, companion_meta_nonce = $6
		 WHERE jid = $1`,
		d.ID, r.seals.close(d.NoiseKey.Priv[:], kindNoiseKey), r.seals.close(d.IdentityKey.Priv[:], kindIdentityKey),
		r.seals.close(d.SignedPreKey.Priv[:], kindSignedPreKey), r.seals.close(d.AdvSecretKey, kindAdvSecret),
		r.seals.closeNonce(d.CompanionMetaNonce))
	if err != nil {
		return err
	}
	for _, c := range sealedColumns() {
		find := fmt.Sprintf(`
			SELECT ctid::text, %[1]s FROM %[2]s
			 WHERE %[3]s = $1 AND %[1]s <> '' AND NOT (octet_length(%[1]s) > 32 AND substr(%[1]s, 1, 4) = $2) LIMIT 1000 FOR UPDATE`, c.column, c.table, c.owner)
		replace := fmt.Sprintf(`
			UPDATE %[2]s AS t SET %[1]s = s.value FROM unnest($1::tid[], $2::bytea[]) AS s (place, value)
			 WHERE t.ctid = s.place`, c.column, c.table)
		for {
			if n, err := r.sealSome(ctx, d.ID, find, replace, c.kind); err != nil || n == 0 {
				if err != nil {
					return fmt.Errorf("seal %s: %w", c.table, err)
				}
				break
			}
		}
	}
	return nil
}

// sealedColumn holds secrets of a device.
type sealedColumn struct{ table, owner, column, kind string }

// sealedColumns are those outside the row of the device.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"whatsmeow_sessions", "our_jid", "session", kindSession},
		{"whatsmeow_pre_keys", "jid", "key", kindPreKey},
		{"whatsmeow_sender_keys", "our_jid", "sender_key", kindSenderKey},
		{"whatsmeow_app_state_sync_keys", "jid", "key_data", kindAppStateKey},
		{"whatsmeow_nct_salt", "our_jid", "salt", kindSalt},
		{"whatsmeow_privacy_tokens", "our_jid", "token", kindToken},
	}
}

// deviceColumns are those of the row, but for the nonce, which is text.
func deviceColumns() []sealedColumn {
	return []sealedColumn{
		{"whatsmeow_device", "jid", "noise_key", kindNoiseKey},
		{"whatsmeow_device", "jid", "identity_key", kindIdentityKey},
		{"whatsmeow_device", "jid", "signed_pre_key", kindSignedPreKey},
		{"whatsmeow_device", "jid", "adv_key", kindAdvSecret},
	}
}

func (r deviceRows) sealSome(ctx context.Context, jid *types.JID, find, replace, kind string) (int, error) {
	rows, err := r.db.Query(ctx, find, jid, []byte(sealMark))
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var places []string
	var values pq.ByteaArray
	for rows.Next() {
		var place string
		var plain []byte
		if err := rows.Scan(&place, &plain); err != nil {
			return 0, err
		}
		places, values = append(places, place), append(values, r.seals.close(plain, kind))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(places) == 0 {
		return 0, err
	}
	_, err = r.db.Exec(ctx, replace, pq.Array(places), values)
	return len(places), err
}
