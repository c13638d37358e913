package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/klog/v2"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"tollgate.dev/tollgate/webhook/caller"
	"tollgate.dev/tollgate/webhook/certificate"
	"tollgate.dev/tollgate/webhook/handler"
)

// The paths of the webhook configurations.
const (
	ValidatePath = "/validate"
	MutatePath   = "/mutate"
)

// GCPercent is the garbage collector's target (GOGC) for a process that judges: a
// review leaves 150 KB behind, and with the usual 100 the collector works most of
// the time at a high rate, which shows in the tail. What it costs is memory;
// GOMEMLIMIT bounds that.
const GCPercent = 200

// Config is what New takes; all of it is needed but Host, Callers,
// FlowOf and GateObserver.
type Config struct {
	// Host and Port are listened on; all addresses for "".
	Host string
	Port int
	// Name is the DNS name by which kube-apiserver calls.
	Name        string
	Certificate certificate.Source
	// Callers are those who may ask; anybody when nil.
	Callers *caller.Callers
	// Validate and Mutate judge; both are observed.
	Validate, Mutate                 handler.Judge
	ValidateObserver, MutateObserver handler.Observer
	// Ready returns nil, or why nothing can be judged yet.
	Ready func() error
	// Slots is how many reviews are judged at once, Queue how many more may wait.
	Slots, Queue int
	// FlowOf says whose requests do not keep whose waiting; all are one flow's when nil.
	FlowOf handler.FlowOf
	// GateObserver counts who waits and who is turned away; nobody when nil.
	GateObserver handler.GateObserver
	// MaxBody is how many bytes a review may have, and Timeout how long it may take.
	MaxBody int64
	Timeout time.Duration
	// ShutdownDelay is how long a server that is to end still takes new
	// connections: longer than everybody needs to see that it is not ready.
	ShutdownDelay time.Duration
}

// Server serves both handlers.
type Server struct {
	// Server is controller-runtime's, for a manager.
	ctrlwebhook.Server

	c       Config
	gate    *handler.Gate
	leaving atomic.Bool
	serving atomic.Pointer[context.Context] // Start's
}

// New returns a server that is run by a manager inside Run.
func New(c Config) *Server {
	s := &Server{c: c, Server: ctrlwebhook.NewServer(ctrlwebhook.Options{
		Host: c.Host, Port: c.Port,
		TLSOpts: []func(*tls.Config){func(t *tls.Config) {
			t.MinVersion = tls.VersionTLS12
			t.GetCertificate = c.Certificate.GetCertificate
			if c.Callers != nil {
				c.Callers.Configure(t)
			}
		}},
	})}
	s.gate = handler.NewGate(c.Slots, c.Queue, c.GateObserver)
	for _, one := range []struct {
		path     string
		judge    handler.Judge
		observer handler.Observer
	}{{ValidatePath, c.Validate, c.ValidateObserver}, {MutatePath, c.Mutate, c.MutateObserver}} {
		var h http.Handler = handler.New(handler.Config{
			Judge: one.judge, Observer: one.observer, Ready: c.Ready, Leaving: s.leaving.Load,
			Gate: s.gate, FlowOf: c.FlowOf, MaxBody: c.MaxBody, Timeout: c.Timeout,
		})
		if c.Callers != nil {
			h = c.Callers.Guard(h)
		}
		s.Register(one.path, s.toTheEnd(h))
	}
	return s
}

// Start serves until ctx is done and what is in flight has been answered. The
// manager calls it.
func (s *Server) Start(ctx context.Context) error {
	s.serving.Store(&ctx)
	return s.Server.Start(ctx)
}

// toTheEnd has requests end with their client, and not with the server: requests
// of controller-runtime's are cancelled the moment it is told to end, which would
// refuse what is in flight.
func (s *Server) toTheEnd(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		defer cancel()
		defer context.AfterFunc(r.Context(), func() {
			if serving := s.serving.Load(); serving == nil || (*serving).Err() == nil {
				cancel() // the client went away
			}
		})()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Waiting is how many reviews wait for their turn.
func (s *Server) Waiting() int { return s.gate.Waiting() }

// errLeaving is what readyz says of a server that is about to end.
var errLeaving = errors.New("the webhook is shutting down")

// Ready tells whether kube-apiserver should call: there is something to judge
// by, the certificate that is served is one that it accepts, and the server is
// not about to end.
func (s *Server) Ready(ctx context.Context) error {
	if s.leaving.Load() {
		return errLeaving
	}
	if err := s.c.Ready(); err != nil {
		return err
	}
	host := s.c.Host
	if host == "" {
		host = "localhost"
	}
	return certificate.Check(ctx, net.JoinHostPort(host, strconv.Itoa(s.c.Port)), s.c.Name, s.c.Certificate, time.Now())
}

// Run runs the server until ctx is done, and ends it so that no request is
// refused: it stops being ready, goes on serving for the shutdown delay, in which
// it sends clients away with each answer, and then has serve end, which takes no
// more connections and answers what is in flight. Serve runs a manager that
// contains the server.
func (s *Server) Run(ctx context.Context, serve func(context.Context) error) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go s.c.Certificate.Run(serving)
	ended := make(chan error, 1)
	go func() { ended <- serve(serving) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.leaving.Store(true)
	klog.InfoS("shutting down: not ready any more, still serving", "for", s.c.ShutdownDelay)
	select {
	case err := <-ended:
		return err
	case <-time.After(s.c.ShutdownDelay):
	}
	stop()
	return <-ended
}
