//go:build unix && !linux

package main

import "syscall"

// session gives the supervisor a session of its own, out of reach of the terminal's signals. Only Linux can tie it to its starter.
func session(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
