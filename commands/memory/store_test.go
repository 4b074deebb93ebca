package memory_test

import (
	"testing"

	"switchboard.example/commands/memory"
	"switchboard.example/commands/storetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Store { return &memory.Store{} })
}
