package cluster

import (
	"net"
	"testing"
)

func TestFreePortsDifferAndStayReserved(t *testing.T) {
	seen := map[int]bool{}
	for range 40 {
		ports, err := FreePorts(5)
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range ports {
			if seen[port] {
				t.Errorf("port %d was given out twice", port)
			}
			seen[port] = true
			if reserve(port) {
				t.Errorf("port %d can be reserved by somebody else", port)
			}
			l, err := net.Listen("tcp", Loopback(port))
			if err != nil {
				t.Fatalf("port %d is not free: %v", port, err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
