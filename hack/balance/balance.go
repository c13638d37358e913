package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// probeEvery and unreadyAfter are how often a replica is asked, and how many
// failures in a row take it out: as a readinessProbe, only quicker.
const (
	probeEvery   = 100 * time.Millisecond
	unreadyAfter = 2
)

// Balancer hands TCP connections to replicas that are ready. Connections that
// stand stay where they are, as those of a Service do.
type Balancer struct {
	listener net.Listener
	client   *http.Client

	mu       sync.Mutex
	backends map[string]*backend
	conns    map[net.Conn]struct{}

	// Refused counts connections that found no replica, or one that did not take them.
	Refused atomic.Int64
	wg      sync.WaitGroup
	stop    context.CancelFunc
}

type backend struct {
	address, health string
	failures        int
	ready, always   bool
	taken           int
}

// New listens on a loopback address.
func New(address string) (*Balancer, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the balancer: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &Balancer{
		listener: l, stop: stop, backends: map[string]*backend{}, conns: map[net.Conn]struct{}{},
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	b.wg.Go(func() { b.accept() })
	b.wg.Go(func() { b.probe(ctx) })
	return b, nil
}

// Add has a replica be probed, at http://health/readyz, and be used while it is ready.
func (b *Balancer) Add(name, address, health string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends[name] = &backend{address: address, health: health}
}

// Always has a replica be used whatever its readyz says.
func (b *Balancer) Always(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends[name].always = true
}

// Remove takes a replica out.
func (b *Balancer) Remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.backends, name)
}

// Taken returns how many connections a replica was handed.
func (b *Balancer) Taken(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one := b.backends[name]; one != nil {
		return one.taken
	}
	return 0
}

// Close ends all connections.
func (b *Balancer) Close() {
	b.stop()
	_ = b.listener.Close()
	b.mu.Lock()
	for c := range b.conns {
		_ = c.Close()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

func (b *Balancer) probe(ctx context.Context) {
	for {
		b.mu.Lock()
		all := make([]*backend, 0, len(b.backends))
		for _, one := range b.backends {
			all = append(all, one)
		}
		b.mu.Unlock()
		for _, one := range all {
			ok := b.answers(ctx, one.health)
			b.mu.Lock()
			if ok {
				one.failures, one.ready = 0, true
			} else if one.failures++; one.failures >= unreadyAfter {
				one.ready = false
			}
			b.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(probeEvery):
		}
	}
}

func (b *Balancer) answers(ctx context.Context, health string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+health+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (b *Balancer) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		b.wg.Go(func() { b.serve(c) })
	}
}

func (b *Balancer) serve(client net.Conn) {
	defer client.Close()
	address, err := b.choose()
	if err != nil {
		b.Refused.Add(1)
		return
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		b.Refused.Add(1)
		return
	}
	defer server.Close()
	b.mu.Lock()
	b.conns[client], b.conns[server] = struct{}{}, struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.conns, client)
		delete(b.conns, server)
		b.mu.Unlock()
	}()
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // whichever side ends first
		if half, ok := to.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// choose takes the ready replica that was handed the fewest connections.
func (b *Balancer) choose() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var least *backend
	for _, one := range b.backends {
		if (one.ready || one.always) && (least == nil || one.taken < least.taken) {
			least = one
		}
	}
	if least == nil {
		return "", errors.New("no replica is ready")
	}
	least.taken++
	return least.address, nil
}
