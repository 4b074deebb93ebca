package rig

import (
	"fmt"
	"os"
)

// Folder makes an empty folder that the database's unprivileged user may pass through, and returns it with what removes it.
func Folder() (folder string, remove func() error, err error) {
	folder, err = os.MkdirTemp("", "switchboard-rig-")
	if err != nil {
		return "", nil, fmt.Errorf("make a data folder: %w", err)
	}
	return folder, func() error { return os.RemoveAll(folder) }, os.Chmod(folder, 0o711) //nolint:gosec // see above
}
