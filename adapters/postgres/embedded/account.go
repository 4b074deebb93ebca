package embedded

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the operating system's user that the server runs as.
type account struct {
	name     string
	uid, gid uint32
	foreign  bool // this program is root and hands the server to somebody else
}

// accountFor returns who may run a server over the files at data, which need not exist yet.
func accountFor(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: "you", uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil //nolint:gosec // ids are 32 bits wide
	}
	if owner, ok := ownerOf(data); ok && owner.uid != 0 {
		return owner, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := lookUp(name); err == nil && found.uid != 0 {
			return found, nil
		}
	}
	return account{}, problem(nil, "PostgreSQL refuses to run as root and this machine has neither a user postgres nor nobody: "+
		"start the program as another user, or set DATABASE_URL.")
}

func lookUp(name string) (account, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return account{name: name, uid: uint32(uid), gid: uint32(gid), foreign: true}, errors.Join(uidErr, gidErr)
}

func ownerOf(path string) (account, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	owner := account{name: strconv.Itoa(int(stat.Uid)), uid: stat.Uid, gid: stat.Gid, foreign: true}
	if found, err := user.LookupId(owner.name); err == nil {
		owner.name = found.Username
	}
	return owner, true
}

// command prepares a program run by this account. It gets a bare environment and a process group of its own, so that
// Ctrl-C in a terminal reaches this program alone, which then stops the server in its own order.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // programs we looked for
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.foreign {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// reaches reports whether the account may enter dir. It is tried rather than computed: access lists, containers and
// mount options have their say too.
func (a account) reaches(ctx context.Context, dir string) bool {
	return a.command(ctx, "/", "/bin/sh", "-c", `cd "$1"`, "sh", dir).Run() == nil
}

// own gives a file or folder that this program has just made to the account.
func (a account) own(path string) error {
	if !a.foreign {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}
