package kill_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"switchboard.example/test/rig"
)

// F-12: the disk under the database is really full, for a while.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	site := newSite(t, quick...)
	phones := newSite(t)
	site.PhonesAddr = phones.PhonesAddr
	smallDisk(t, site.Data)
	run(t, func(ctx context.Context) (*rig.Process, error) { return phones.StartPhones(ctx) })
	server := run(t, site.StartServer)
	owner := newShop(t, site)
	const calm, rough = 3, 60
	customers := gather(t, phones.Phones(), rough)
	must(t, customers.write(patient(t), 0, calm))
	must(t, customers.answered(patient(t)))

	filler := filepath.Join(site.Data, "filler")
	must(t, fill(filler))
	must(t, customers.write(patient(t), calm, rough))
	must(t, rig.Eventually(patient(t), "wait for the line to be closed", func(ctx context.Context) error {
		r, err := phones.Phones().Judge(ctx, shopNumber)
		if err == nil && r.Connections[len(r.Connections)-1].ClosedAt == nil {
			return rig.ErrNotYet
		}
		return err
	}))

	must(t, os.Remove(filler))
	must(t, owner.Online(patient(t)))
	must(t, customers.answered(patient(t)))
	if err := customers.check(patient(t)); err != nil {
		t.Error(err)
	}
	expectRecordedOnce(t, owner, customers)
	select {
	case <-server.now.Ended():
		t.Error("the server ended")
	default:
	}
}

// smallDisk puts a small disk of its own under a folder, where that is allowed.
func smallDisk(t *testing.T, folder string) {
	t.Helper()
	mount := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=200m,mode=711", "tmpfs", folder)
	if said, err := mount.CombinedOutput(); err != nil {
		t.Skipf("a disk of its own cannot be had here: %v %s", err, said)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// fill writes until there is no room for a single page.
func fill(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for _, piece := range [][]byte{make([]byte, 1<<20), make([]byte, 4<<10)} {
		for err == nil {
			_, err = file.Write(piece)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		err = nil
	}
	return nil
}
