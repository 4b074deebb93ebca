//go:build !linux

package embedded

import (
	"os/exec"
	"strconv"
	"syscall"
)

// bindToParent does nothing: this system has no parent-death signal.
func bindToParent(*syscall.SysProcAttr, syscall.Signal) {}

// watchParent leaves a shell waiting on a pipe that closes when this program ends, however it ends; it then sends sig
// to the server. Without a shell the server outlives a killed program, and the next start ends it.
func watchParent(pid int, sig syscall.Signal) (stop func()) {
	//nolint:gosec // numbers
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -"$1" "$2"`, "sh", strconv.Itoa(int(sig)), strconv.Itoa(pid))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return func() {}
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = pipe.Close()
		_ = cmd.Wait()
	}
}
