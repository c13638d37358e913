package supervise

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes gives a child its own process group and has the kernel kill it when the thread that forked it ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// wait reaps the child and returns how it ended. last is called when it has ended and its id is still taken.
func wait(cmd *exec.Cmd, last func()) error {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	last()
	return cmd.Wait()
}
