package sandbox

import (
	"context"
	"fmt"

	"switchboard.example/sandbox/internal/noise"
	"switchboard.example/sandbox/internal/vault"
)

// serverKeys prove the server to its clients.
type serverKeys struct {
	root, intermediate, static noise.Pair
	chain                      []byte
}

// loadKeys reads the keys, making and storing those that are missing.
func loadKeys(ctx context.Context, v *vault.Vault, config Config) (keys serverKeys, err error) {
	if config.RootKey != nil {
		keys.root, err = noise.PairOf(*config.RootKey)
	} else {
		keys.root, err = storedPair(ctx, v, "root-key")
	}
	if err != nil {
		return keys, err
	}
	if keys.intermediate, err = storedPair(ctx, v, "intermediate-key"); err != nil {
		return keys, err
	}
	if keys.static, err = storedPair(ctx, v, "static-key"); err != nil {
		return keys, err
	}
	keys.chain, err = noise.Chain(keys.root, keys.intermediate, keys.static.Public, config.Now())
	return keys, err
}

func storedPair(ctx context.Context, v *vault.Vault, name string) (noise.Pair, error) {
	stored, err := v.Get(bucketServer, name)
	if err != nil {
		return noise.Pair{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(stored) == 32 {
		return noise.PairOf([32]byte(stored))
	}
	pair, err := noise.NewPair()
	if err != nil {
		return noise.Pair{}, err
	}
	var b vault.Batch
	b.Put(bucketServer, name, pair.Private[:])
	return pair, v.Wait(ctx, v.Submit(&b))
}
