package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/lib/pq"
)

// EnvURL names the environment variable with the server to use instead of one per test process.
const EnvURL = "SWITCHBOARD_TEST_DATABASE_URL"

// server is where test databases are made.
type server struct {
	address url.URL
	admin   *sql.DB // makes and drops databases

	mutex sync.Mutex
	known map[string]bool // templates this process has seen
}

// shared is this process's server. Test packages share nothing else to hang it on.
var shared = sync.OnceValues(func() (*server, error) { return connect(context.Background()) })

func connect(ctx context.Context) (*server, error) {
	given := os.Getenv(EnvURL) //nolint:forbidigo // tests have no cmd to read it
	if given == "" {
		var err error
		if given, _, err = Launch(ctx); err != nil {
			return nil, fmt.Errorf("start a test server: %w", err)
		}
	}
	address, err := url.Parse(given)
	if err != nil || !strings.HasPrefix(address.Scheme, "postgres") {
		return nil, fmt.Errorf("%s is not an address like postgres://user:password@host:port/postgres", EnvURL)
	}
	admin, err := sql.Open("postgres", given)
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(4)
	return &server{address: *address, admin: admin, known: map[string]bool{}}, nil
}

// dsn is the address of a database on this server.
func (s *server) dsn(database string) string {
	address := s.address
	address.Path = "/" + database
	return address.String()
}

// copyOf makes a database from a template and returns its name.
func (s *server) copyOf(ctx context.Context, tpl template) (string, error) {
	if err := s.ensureOnce(ctx, tpl); err != nil {
		return "", err
	}
	name := "test_" + strings.ToLower(rand.Text())
	statement := `CREATE DATABASE ` + pq.QuoteIdentifier(name) + ` TEMPLATE ` + pq.QuoteIdentifier(tpl.name) //nolint:gosec // quoted
	if _, err := s.admin.ExecContext(ctx, statement); err != nil {
		return "", fmt.Errorf("make a test database: %w", err)
	}
	return name, nil
}

func (s *server) ensureOnce(ctx context.Context, tpl template) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.known[tpl.name] {
		return nil
	}
	err := s.ensure(ctx, tpl)
	s.known[tpl.name] = err == nil
	return err
}

// drop removes a test database, and whoever is still connected to it.
func (s *server) drop(ctx context.Context, database string) error {
	_, err := s.admin.ExecContext(ctx, `DROP DATABASE IF EXISTS `+pq.QuoteIdentifier(database)+` WITH (FORCE)`)
	if err != nil {
		return fmt.Errorf("drop the test database %s: %w", database, err)
	}
	return nil
}
