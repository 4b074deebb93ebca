// Package pgtest gives tests a real PostgreSQL: a database each, made from a migrated template in milliseconds.
//
//	func TestOrders(t *testing.T) {
//		t.Parallel()
//		db := pgtest.New(t).DB
//		…
//	}
//
// The server is the one named by SWITCHBOARD_TEST_DATABASE_URL (a login that may create databases and roles), else one
// that this test process starts for itself without fsync and that ends with it. The program in run starts one server
// for a whole "go test" of many packages. Server gives a durable server of the test's own, to be crashed.
package pgtest
