package traffic

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"tollgate.dev/tollgate/hack/demo/specs"
)

// Specs reads what the cluster says now.
type Specs interface {
	Read(ctx context.Context) (*specs.Specs, error)
}

// Options configure Run.
type Options struct {
	Specs  Specs
	Ledger Ledger
	// Listen is the address that serves /metrics, /outcomes and /healthz.
	Listen string
	// Pause is the mean time between two requests of one user.
	Pause time.Duration
	// Refresh is how often the specs are read.
	Refresh time.Duration
	Log     *slog.Logger
}

// Run simulates users until ctx ends. Users come and go with the specs.
func Run(ctx context.Context, o Options) error {
	gateway, outcomes := NewGateway(), &tally{counts: map[Outcome]int64{}}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("serving the simulated gateway's metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", gateway)
	mux.Handle("/outcomes", outcomes)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer server.Close()
	o.Log.Info("standing in for the gateway: no request leaves this process", "metrics", "http://"+listener.Addr().String()+"/metrics")

	crowd := &crowd{options: o, gateway: gateway, outcomes: outcomes, running: map[string]*running{}}
	defer crowd.stop()
	tick := time.NewTicker(o.Refresh)
	defer tick.Stop()
	for {
		if s, err := o.Specs.Read(ctx); err == nil {
			crowd.follow(ctx, Users(s))
		} else if ctx.Err() == nil {
			o.Log.Warn("users stay as they are", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("serving the simulated gateway's metrics: %w", err)
		case <-tick.C:
		}
	}
}

// crowd is the users that are calling now.
type crowd struct {
	options  Options
	gateway  *Gateway
	outcomes *tally
	running  map[string]*running
	wait     sync.WaitGroup
}

type running struct {
	cancel context.CancelFunc
	mu     sync.Mutex
	user   User
}

func (r *running) set(u User) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.user = u
}

func (r *running) get() User {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.user
}

// follow starts users who are new, updates those who stay, and stops the others.
func (c *crowd) follow(ctx context.Context, users []User) {
	listed := map[string]bool{}
	for _, u := range users {
		name := string(u.Path)
		listed[name] = true
		if r, ok := c.running[name]; ok {
			r.set(u)
			continue
		}
		calling, cancel := context.WithCancel(ctx)
		r := &running{cancel: cancel, user: u}
		c.running[name] = r
		c.wait.Go(func() { c.calls(calling, r) })
	}
	for name, r := range c.running {
		if !listed[name] {
			r.cancel()
			delete(c.running, name)
		}
	}
}

func (c *crowd) calls(ctx context.Context, r *running) {
	caller := &Caller{
		Ledger: c.options.Ledger, Gateway: c.gateway,
		Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Now: time.Now, Sleep: sleep,
	}
	for {
		pause := time.Duration(caller.Rand.ExpFloat64() * float64(c.options.Pause))
		if sleep(ctx, min(pause, 5*c.options.Pause)) != nil {
			return
		}
		c.outcomes.add(caller.Call(ctx, r.get()))
	}
}

func (c *crowd) stop() {
	for _, r := range c.running {
		r.cancel()
	}
	c.wait.Wait()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// tally counts outcomes and serves them as text, one on each line.
type tally struct {
	mu     sync.Mutex
	counts map[Outcome]int64
}

func (t *tally) add(o Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[o]++
}

// ServeHTTP lists the outcomes in a fixed order.
func (t *tally) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range []Outcome{Answered, Disconnected, Failed, Refused, Unpriced, Unlimited, Broken} {
		fmt.Fprintf(w, "%s %d\n", o, t.counts[o])
	}
}
