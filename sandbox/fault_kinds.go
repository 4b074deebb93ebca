package sandbox

// The kinds of faults.
const (
	faultReplaced      = "replaced"
	faultDeviceRemoved = "device_removed"
	faultStreamError   = "stream_503"
	faultUnknownStream = "stream_error"
	faultDrop          = "drop"
	faultClose         = "close"
	faultHalfOpen      = "half_open"
	faultSlow          = "slow"
	faultZeroFrame     = "zero_frame"
	faultMalformed     = "malformed"
	faultHostile       = "hostile"
	faultCutFrame      = "cut_frame"
	faultCorruptFrame  = "corrupt_frame"
	faultLogin503      = "login_503"
	faultTempBan       = "temporary_ban"
	faultOutdated      = "client_outdated"
	faultLogin401      = "login_401"
	faultLogin403      = "login_403"
	faultLogin406      = "login_406"
	faultLogin400      = "login_400"
	faultLogin         = "login_failure"
	faultRefuseHTTP    = "refuse_http"
	faultWrongRoot     = "wrong_root"
	faultWrongLeaf     = "wrong_leaf"
	faultWrongKey      = "wrong_key"
	faultWrongSerial   = "wrong_serial"
	faultShortSign     = "short_signature"
	faultWrongHMAC     = "wrong_hmac"
	faultWrongAccount  = "wrong_signature"
	faultWrongBundle   = "wrong_bundle"
	faultRestartLag    = "restart_lag"
	faultReinstall     = "reinstall"
	faultChangeNumber  = "change_number"
	faultLIDMigration  = "lid_migration"
	faultExhaust       = "exhaust_prekeys"
	faultTimelock      = "reachout_timelock"
	faultStaleToken    = "stale_token"
	faultAckError      = "ack_error"
	faultLoseAck       = "lose_ack"
	faultLoseMessage   = "lose_message"
	faultLoseReceipt   = "lose_receipt"
	faultDelayReceipt  = "delay_receipt"
	faultRetryStorm    = "retry_storm"
	faultUnreadable    = "unreadable"
	faultDuplicate     = "duplicate"
	faultReorder       = "reorder"
	faultUndecryptable = "undecryptable"
	faultPoison        = "poison"
	faultMediaError    = "media_error"
	faultStateError    = "state_error"
	faultStateMAC      = "state_mac"
)

// FaultKind names a fault and says in a line what it does.
type FaultKind struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

// FaultKinds lists every fault the sandbox can apply.
func FaultKinds() []FaultKind {
	return []FaultKind{
		{faultReplaced, "now: tell the device that another connection took its place (conflict replaced), then close"},
		{faultDeviceRemoved, "now: unlink the phone's devices and tell those online (401 device_removed)"},
		{faultStreamError, "now: stream error 503, then close"},
		{faultUnknownStream, "now: stream error with this code, then close"},
		{faultDrop, "now: TCP reset; with probability or times over 1, at each next message instead"},
		{faultClose, "now: clean websocket close"},
		{faultHalfOpen, "now: stop answering on the open connection, for these seconds (0: for good)"},
		{faultSlow, "now, and on connections to come: stanzas take these milliseconds (200) in each direction and share these kilobits a second (no limit), for these seconds (10)"},
		{faultZeroFrame, "now: send a frame that decrypts to nothing; some libraries end their process"},
		{faultMalformed, "now: send stanzas that make no sense, kind by code (1 noise, 2 cut short, 3 message without id, 4 without ciphertext, 5 unknown element, 6 unknown notification, 7 answer to nothing, 8 real ones with bytes changed at random, 9 nested a thousand deep; 0: all these; 10 of 15 MiB, 11 nested three million deep, which some libraries do not survive)"},
		{faultHostile, "now: send this many (code, 1) damaged or hurtful frames, made from the seed; some libraries end their process"},
		{faultCutFrame, "next message to a device: send half of the frame, then TCP reset"},
		{faultCorruptFrame, "next message to a device: damage the encrypted frame, so that it cannot be opened"},
		{faultLogin503, "next login: failure 503, the client should try again"},
		{faultTempBan, "next login: failure 402 temporary ban with this code (101 to 106, 101), for these seconds (3600)"},
		{faultOutdated, "next login: failure 405 client outdated"},
		{faultLogin401, "next login: failure 401 logged out"},
		{faultLogin403, "next login: failure 403 main device gone or number locked"},
		{faultLogin406, "next login: failure 406 banned"},
		{faultLogin400, "next login: failure 400, another reason"},
		{faultLogin, "next login: failure with this code (409)"},
		{faultRefuseHTTP, "next upgrades: answer with this HTTP status (503), so many times or for these seconds"},
		{faultWrongRoot, "next handshake, anybody's: a certificate chain under another root"},
		{faultWrongLeaf, "next handshake, anybody's: a leaf certificate the intermediate did not sign"},
		{faultWrongKey, "next handshake, anybody's: certificates for another key than the server's"},
		{faultWrongSerial, "next handshake, anybody's: an intermediate certificate that names another issuer than the root"},
		{faultShortSign, "next handshake, anybody's: certificates with signatures that are a byte short"},
		{faultWrongHMAC, "next pairing: the device identity under another secret than the code's"},
		{faultWrongAccount, "next pairing: a device identity that the account's key did not sign"},
		{faultWrongBundle, "next key bundle of the phone: a signed key that its identity did not sign"},
		{faultRestartLag, "next pairing: close these milliseconds (0) after 515 instead of the usual lag"},
		{faultReinstall, "now: the phone is installed again with a new identity; notify tells its peers"},
		{faultChangeNumber, "now: the phone takes this number; its devices are unlinked, notify tells its peers"},
		{faultLIDMigration, "now: tell the phone's devices that its chats moved to LIDs"},
		{faultExhaust, "now: use up the one-time keys of the phone's devices; notify tells them"},
		{faultTimelock, "now: the account may not begin chats (463) for these seconds (3600), and its devices are told"},
		{faultStaleToken, "next message of a device: refuse it (463), and all more to that account, until the device gives the account a fresh token; then the account gives one in return"},
		{faultAckError, "next message of a device: confirm it with this error code (463) and deliver it to nobody"},
		{faultLoseAck, "next message of a device: deliver it, confirm nothing"},
		{faultLoseMessage, "next message to (direction in) or from (out) a device: take it and deliver it to nobody"},
		{faultLoseReceipt, "next message of a device: the receiving phone confirms nothing"},
		{faultDelayReceipt, "next message of a device: the receiving phone confirms it these milliseconds (1000) later"},
		{faultRetryStorm, "next message of a device: the receiving phone asks for it again this many (8) times at once"},
		{faultUnreadable, "next message of a device: the receiving phone cannot read it the first so many times (code; 0: ever) that it comes, and asks for it again with a higher count each time, five times at most"},
		{faultDuplicate, "next message to (direction in) or from (out) a device: deliver the same ciphertext this many times (2)"},
		{faultReorder, "next message to a device: hold it until another chat's has passed it, or these milliseconds (1000); with code 1 one of its own chat may pass it too"},
		{faultUndecryptable, "next message to a device: damage the ciphertext, so that it must ask again"},
		{faultPoison, "next message to a device: nothing it could make sense of, kind by code (1 without ciphertext, 2 noise, 3 noise as a first message, 4 unknown type; it can decrypt 5 nothing, 6 false padding, 7 noise, 8 unknown fields, 9 a message a thousand deep, 10 a text of 4 MiB of zeros; 0: any)"},
		{faultMediaError, "next upload or download of a medium, anybody's: answer with this HTTP status (500)"},
		{faultStateError, "next question of a device about app state: answer with this error code (500) in place of patches"},
		{faultStateMAC, "next answer with app state to a device: a false signature on its last patch, or on its snapshot"},
	}
}
