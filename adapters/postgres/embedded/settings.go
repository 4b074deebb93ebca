package embedded

import "strconv"

// arguments are the server's options. They are given at every start, so that the cluster's own files stay as initdb
// made them and a new release can change its mind.
func arguments(cfg Config, data string, port int) []string {
	settings := []string{
		"cluster_name=switchboard",
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // one way in, with a password
		"max_connections=" + strconv.Itoa(cfg.MaxConnections),
		"shared_buffers=256MB",
		"jit=off", // short queries only
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C", // startup failures are recognised by their words
		"logging_collector=off",
		"log_destination=stderr",
		"log_checkpoints=off",
		// What customers write must not get into a log file: no statements, no "Key (phone)=(…)" details.
		"log_statement=none",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
	}
	if cfg.Unsafe {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=512MB", "checkpoint_timeout=1h")
	}
	args := []string{"-D", data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}
