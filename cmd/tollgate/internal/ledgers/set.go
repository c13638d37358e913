package ledgers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/metering/ledger"
)

// Set is the ledgers that were opened. It may be used from many goroutines.
type Set struct {
	clients map[string]redis.UniversalClient
	ledgers map[string]*ledger.Ledger
}

var _ balance.Ledgers = (*Set)(nil)

// Open returns clients of all ledgers that wait for one command at most timeout;
// a caller's deadline may be sooner. It connects to none: a Redis that is away
// must not keep the server from starting.
func Open(configs []Config, observer ledger.Observer, timeout time.Duration) *Set {
	s := &Set{clients: map[string]redis.UniversalClient{}, ledgers: map[string]*ledger.Ledger{}}
	for _, c := range configs {
		client := newClient(waiting(*c.options, timeout))
		s.clients[c.Name] = client
		s.ledgers[c.Name] = ledger.New(client, ledger.WithObserver(observer))
	}
	return s
}

// newClient returns the client of a kind of Redis. It dials once: a Redis that
// refuses connections is away, and go-redis would try five times while a
// caller waits.
func newClient(o *redis.UniversalOptions) redis.UniversalClient {
	switch {
	case o.IsClusterMode:
		cluster := o.Cluster()
		cluster.DialerRetries = 1
		return redis.NewClusterClient(cluster)
	case o.MasterName != "":
		failover := o.Failover()
		failover.DialerRetries = 1
		return redis.NewFailoverClient(failover)
	}
	simple := o.Simple()
	simple.DialerRetries = 1
	return redis.NewClient(simple)
}

// Names returns the names of the ledgers, sorted.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.clients))
	for name := range s.clients {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Ledger returns the read side of a ledger.
func (s *Set) Ledger(name string) (balance.Reader, bool) {
	l, ok := s.ledgers[name]
	return l, ok
}

// Get returns a ledger.
func (s *Set) Get(name string) (*ledger.Ledger, bool) {
	l, ok := s.ledgers[name]
	return l, ok
}

// Ping asks a ledger's Redis whether it is there.
func (s *Set) Ping(ctx context.Context, name string) error {
	client, ok := s.clients[name]
	if !ok {
		return fmt.Errorf("ledger %q was not given", name)
	}
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("pinging the Redis of ledger %q: %w", name, err)
	}
	return nil
}

// Close closes all connections.
func (s *Set) Close() error {
	var errs []error
	for _, c := range s.clients {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
