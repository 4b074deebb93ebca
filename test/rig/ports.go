package rig

import (
	"context"
	"fmt"
	"net"
)

// FreeAddr returns an address on this machine where nobody listens now. A program that is killed and started again has to
// come back to the same one, so port 0 would not do.
func FreeAddr(ctx context.Context) (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
