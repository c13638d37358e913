package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// Ports are taken from below the range that Linux gives to outgoing connections (32768 and up), so that no client sits on the port
// of a component that is down and about to come back.
const (
	firstPort = 17000
	lastPort  = 29999
)

// reservation is how long a port that was given out is not given out again, by this process or another: longer than a program takes
// to listen on it, on a machine where starting everything takes minutes.
const reservation = 10 * time.Minute

// FreePorts returns n different loopback TCP ports on which nobody listens. They stay reserved for a while among all who ask here.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for range 100 * (n + 1) {
		if len(ports) == n {
			return ports, nil
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		l, err := net.Listen("tcp", Loopback(port))
		if err != nil {
			continue
		}
		defer l.Close() // held until all are found, so that they differ
		if reserve(port) {
			ports = append(ports, port)
		}
	}
	if len(ports) == n {
		return ports, nil
	}
	return nil, errors.New("finding free loopback ports: hardly any is free between " + fmt.Sprint(firstPort, " and ", lastPort))
}

// reserve takes the UDP port of the same number for a while, which tells other processes without any file that could be left behind.
func reserve(port int) bool {
	mark, err := net.ListenPacket("udp", Loopback(port))
	if err != nil {
		return false
	}
	time.AfterFunc(reservation, func() { _ = mark.Close() }) // nothing was sent, so nothing can be lost
	return true
}

// Loopback returns the address of a port on the loopback interface.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// portOr returns a given port, or a free one for 0.
func portOr(port int) (int, error) {
	if port != 0 {
		return port, nil
	}
	ports, err := FreePorts(1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}
