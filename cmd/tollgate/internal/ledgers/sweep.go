package ledgers

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

const (
	// sweepEvery is the mean pause between two sweeps of all organizations.
	sweepEvery = 15 * time.Second
	// sweepTimeout bounds the sweep of one organization.
	sweepTimeout = 5 * time.Second
)

// Organizations names those whose ledgers are swept.
type Organizations interface {
	Snapshot() *tenancy.Directory
}

// SweepObserver is told of each sweep.
type SweepObserver interface {
	Swept(swept ledger.Swept, err error)
}

// Sweep charges the holds of gateways that never came back, for every
// organization, until ctx is done. Each ledger is swept by itself, so that one
// that is away delays no other. Several replicas may do so at once: expiring is
// idempotent. Pauses are jittered so that replicas do not meet.
func (s *Set) Sweep(ctx context.Context, orgs Organizations, observer SweepObserver) {
	var all sync.WaitGroup
	for name := range s.ledgers {
		all.Go(func() { s.sweepLedger(ctx, name, orgs, observer) })
	}
	all.Wait()
}

func (s *Set) sweepLedger(ctx context.Context, name string, orgs Organizations, observer SweepObserver) {
	for {
		pause := time.Duration((0.5 + rand.Float64()) * float64(sweepEvery))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		for _, o := range orgs.Snapshot().Organizations() {
			if o.Organization.Spec.Ledger.Name == name {
				s.sweepOne(ctx, o, observer)
			}
		}
	}
}

func (s *Set) sweepOne(ctx context.Context, o *tenancy.OrganizationView, observer SweepObserver) {
	l, ok := s.ledgers[o.Organization.Spec.Ledger.Name]
	if !ok {
		return // the organization's budgets say so
	}
	bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	swept, err := l.Sweep(bounded, o.Name())
	observer.Swept(swept, err)
	switch {
	case err != nil && ctx.Err() == nil:
		klog.FromContext(ctx).Error(err, "expiring holds", "organization", o.Name(), "ledger", o.Organization.Spec.Ledger.Name)
	case swept.Expired > 0:
		klog.InfoS("charged holds that were never settled", "organization", o.Name(), "holds", swept.Expired)
	}
}
