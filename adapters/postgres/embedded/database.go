package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// makeDatabase makes Config.Database unless it is there, which also proves that the password is right.
func (s *Server) makeDatabase(ctx context.Context) (err error) {
	db, err := sql.Open("postgres", s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var known bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.cfg.Database).Scan(&known)
	if refused := (*pq.Error)(nil); errors.As(err, &refused) && refused.Code == "28P01" {
		return problem(err, "The password in %s is not the database's: remove that file and start again to get a new one.",
			s.home.path("password"))
	}
	if err != nil || known {
		return err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(s.cfg.Database)); err != nil {
		return fmt.Errorf("make the database %s: %w", s.cfg.Database, err)
	}
	return nil
}
