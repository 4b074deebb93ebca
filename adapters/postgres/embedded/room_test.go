package embedded

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk mounts a disk of so many bytes, and returns its folder and what makes it larger.
func smallDisk(t *testing.T, size string) (dir string, grow func(size string)) {
	t.Helper()
	onlyRoot(t)
	dir = filepath.Join(folder(t), "disk")
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0711,size="+size); err != nil {
		t.Skipf("NOT TESTED: a full disk, for no small one can be mounted here (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir, func(size string) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "mode=0711,size="+size); err != nil {
			t.Fatal(err)
		}
	}
}

// However little there is, and whatever runs out of it first.
func TestAFirstStartOnAFullDiskSaysHowMuchIsWanted(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"4k", "16k", "1m", "8m", "32m", "40m"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			disk, grow := smallDisk(t, size)
			cfg := config(t)
			cfg.DataDir = filepath.Join(disk, "data")
			refused(t, cfg, "is full", disk, "MB are free")
			grow("300m") // as it says
			write(t, start(t, cfg).DSN(""))
		})
	}
}
