package rig

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build compiles the program into folder and returns where it is; more are arguments of go build, such as -race.
func Build(ctx context.Context, folder string, more ...string) (string, error) {
	binary := filepath.Join(folder, "switchboard")
	build := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", binary}, more...), "switchboard.example/cmd/switchboard")...) //nolint:gosec // our own folder
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, output)
	}
	return binary, nil
}
