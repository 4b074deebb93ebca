package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const defaultStatementTimeout = 15 * time.Second

// PoolConfig says what a pool may do and how much of the server it takes.
type PoolConfig struct {
	Role             string        // the role every connection works under. Defaults to the login itself
	SearchPath       string        // schemas, separated by commas. Defaults to the server's
	AppName          string        // shown in pg_stat_activity. Defaults to "switchboard"
	MaxConns         int           // Defaults to 10
	StatementTimeout time.Duration // how long one statement may run. Defaults to 15 s; negative: for ever
	IdleInTxTimeout  time.Duration // how long a transaction may do nothing. Defaults to 60 s; negative: for ever
	ConnectTimeout   time.Duration // Defaults to 5 s
	PlanOnce         bool          // plan a prepared statement once, not for each use: for pools whose statements go by keys
}

// Open connects a pool. Its connections notice a dead server within half a minute.
func Open(ctx context.Context, dsn string, cfg PoolConfig) (*sqlx.DB, error) {
	config, err := pq.NewConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	config.ApplicationName = cmp.Or(cfg.AppName, "switchboard")
	config.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, 5*time.Second)
	config.Options = strings.TrimSpace(config.Options + cfg.startupOptions())
	connector, err := pq.NewConnectorConfig(config)
	if err != nil {
		return nil, fmt.Errorf("prepare a database pool: %w", err)
	}
	connector.Dialer(dialer{silence: cfg.silence()})
	db := sqlx.NewDb(sql.OpenDB(preparingConnector{connector}), "postgres")
	db.SetMaxOpenConns(cmp.Or(cfg.MaxConns, 10))
	db.SetMaxIdleConns(cmp.Or(cfg.MaxConns, 10))
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("connect to the database as %s: %w", cmp.Or(cfg.Role, "the login"), err)
	}
	return db, nil
}

func (c PoolConfig) startupOptions() string {
	var b strings.Builder
	set := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " -c %s=%s", name, escapeOption(value))
		}
	}
	set("role", c.Role)
	set("search_path", c.SearchPath)
	if c.PlanOnce {
		set("plan_cache_mode", "force_generic_plan")
	}
	set("statement_timeout", milliseconds(c.StatementTimeout, defaultStatementTimeout))
	set("idle_in_transaction_session_timeout", milliseconds(c.IdleInTxTimeout, time.Minute))
	return b.String()
}

// milliseconds writes a duration for the server; "0" means for ever there.
func milliseconds(d, byDefault time.Duration) string {
	d = max(cmp.Or(d, byDefault), 0)
	return fmt.Sprint(d.Milliseconds())
}

// escapeOption protects what the server would take for the end of an option.
func escapeOption(value string) string {
	return strings.NewReplacer(`\`, `\\`, ` `, `\ `).Replace(value)
}
