package ledger

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands before a Redis and cuts connections after a script ran and
// before its answer gets through: with that chance, the client sees nothing but
// the end of its connection. Other commands, such as a new connection's HELLO,
// are answered.
type proxy struct {
	addr     string
	chance   atomic.Int64 // of a cut, per thousand answers
	cuts     atomic.Int64
	listener net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(tb testing.TB, target string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), listener: l, conns: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c, target) })
		}
	})
	tb.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		wg.Wait()
	})
	return p
}

func (p *proxy) track(c net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open {
		p.conns[c] = true
	} else {
		delete(p.conns, c)
		c.Close()
	}
}

func (p *proxy) serve(client net.Conn, target string) {
	p.track(client, true)
	defer p.track(client, false)
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	p.track(server, true)
	defer p.track(server, false)
	var script atomic.Bool // the last command was one
	done := make(chan struct{})
	go func() {
		defer close(done)
		copyAll(server, client, func(b []byte) bool {
			script.Store(bytes.Contains(b, []byte("eval")))
			return false
		})
	}()
	copyAll(client, server, func([]byte) bool {
		if !script.Load() || rand.Int64N(1000) >= p.chance.Load() {
			return false
		}
		p.cuts.Add(1)
		return true
	})
	client.Close()
	server.Close()
	<-done
}

// copyAll forwards until either side ends, or cut says so before a chunk is
// passed on.
func copyAll(to, from net.Conn, cut func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if cut(buf[:n]) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
