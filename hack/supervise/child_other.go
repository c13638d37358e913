//go:build unix && !linux

package supervise

import (
	"os/exec"
	"syscall"
)

// childAttributes gives a child its own process group. There is no parent-death signal here: a supervisor that is killed leaves
// its children running.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// wait reaps the child and returns how it ended. last is called right after: there is no portable way to keep the id taken.
func wait(cmd *exec.Cmd, last func()) error {
	err := cmd.Wait()
	last()
	return err
}
