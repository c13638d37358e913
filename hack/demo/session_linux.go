package main

import "syscall"

// session gives the supervisor a session of its own, out of reach of the terminal's signals. A tied one is told to end when its starter
// does.
func session(tied bool) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if tied {
		attributes.Pdeathsig = syscall.SIGTERM
	}
	return attributes
}
