package embedded

import "syscall"

// bindToParent has the kernel send sig to the child when the starting thread ends.
func bindToParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// watchParent has nothing to do: the kernel watches.
func watchParent(int, syscall.Signal) (stop func()) { return func() {} }
