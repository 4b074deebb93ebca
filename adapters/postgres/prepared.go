package postgres

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/lib/pq"
)

// preparedPerConn bounds how many statements a connection keeps prepared; texts that are built anew each time gain nothing.
const preparedPerConn = 400

// preparingConnector makes connections that prepare each statement with parameters once and keep it. lib/pq otherwise
// parses it anew each time, with one more round trip; libraries that bring their own SQL cannot be asked to prepare it.
type preparingConnector struct{ driver.Connector }

// Connect opens a connection that keeps its statements.
func (c preparingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if able, ok := conn.(ableConn); ok {
		return &preparingConn{ableConn: able, kept: map[string]ableStmt{}}, nil
	}
	return conn, nil
}

// ableConn is what lib/pq's connections can do.
type ableConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type ableStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// preparingConn is used by one goroutine at a time, as database/sql promises its drivers.
type preparingConn struct {
	ableConn
	kept map[string]ableStmt
}

// QueryContext runs a query, prepared if it has parameters.
func (c *preparingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	statement, err := c.statement(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return c.ableConn.QueryContext(ctx, query, args)
	}
	rows, err := statement.QueryContext(ctx, args)
	c.forgetOutdated(query, err)
	return rows, err
}

// ExecContext runs a statement, prepared if it has parameters.
func (c *preparingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	statement, err := c.statement(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return c.ableConn.ExecContext(ctx, query, args)
	}
	result, err := statement.ExecContext(ctx, args)
	c.forgetOutdated(query, err)
	return result, err
}

// statement is the prepared form of query; nil when it is to be sent as it is.
func (c *preparingConn) statement(ctx context.Context, query string, args int) (ableStmt, error) {
	if kept, ok := c.kept[query]; ok {
		return kept, nil
	}
	if args == 0 || len(c.kept) >= preparedPerConn {
		return nil, nil //nolint:nilnil // nothing to prepare, and nothing wrong
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	able, ok := prepared.(ableStmt)
	if !ok {
		return nil, prepared.Close()
	}
	c.kept[query] = able
	return able, nil
}

// forgetOutdated drops a statement whose tables changed shape under it; the next use prepares it again.
func (c *preparingConn) forgetOutdated(query string, err error) {
	const featureNotSupported, invalidName = "0A000", "26000" // "cached plan must not change result type"; statement is gone
	if refused := (*pq.Error)(nil); errors.As(err, &refused) && (refused.SQLState() == featureNotSupported || refused.SQLState() == invalidName) {
		if kept, ok := c.kept[query]; ok {
			delete(c.kept, query)
			_ = kept.Close()
		}
	}
}
