package postgres_test

import (
	"errors"
	"testing"

	"switchboard.example/adapters/postgres"
	"switchboard.example/adapters/postgres/pgtest"
)

func TestStatementsWithParametersArePreparedOncePerConnection(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), pgtest.Empty(t).DSN, postgres.PoolConfig{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := range 5 {
		var got int
		if err := db.GetContext(t.Context(), &got, `SELECT $1::int + 1`, i); err != nil || got != i+1 {
			t.Fatal(got, err)
		}
	}
	var prepared int
	if err := db.GetContext(t.Context(), &prepared, `SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int%'`); err != nil || prepared != 1 {
		t.Fatalf("%d prepared, %v", prepared, err)
	}
}

func TestAStatementWhoseTableChangedShapeIsPreparedAgain(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), pgtest.Empty(t).DSN, postgres.PoolConfig{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.MustExec(`CREATE TABLE shape (a int)`)
	db.MustExec(`INSERT INTO shape VALUES (1)`)
	read := func() (int, error) {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM shape WHERE a = $1`, 1)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		return len(columns), errors.Join(err, rows.Err())
	}
	if n, err := read(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	db.MustExec(`ALTER TABLE shape ADD b int`)
	_, _ = read() // may be refused once
	if n, err := read(); n != 2 || err != nil {
		t.Fatalf("%d columns, %v", n, err)
	}
}
