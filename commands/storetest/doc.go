// Package storetest defines what an event store is, as tests that every implementation passes.
package storetest
