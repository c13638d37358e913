package prices

import (
	"context"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Store lets tests apply with a table that is not the present one any more.
type Store struct{ s *store }

// Open returns the store of the PriceTable "default".
func Open(kubeconfig string) (*Store, error) {
	f := clusterFlags{kubeconfig: kubeconfig, name: "default"}
	s, err := f.open()
	return &Store{s}, err
}

// Get reads the table.
func (s *Store) Get(ctx context.Context) (*v1alpha1.PriceTable, error) { return s.s.get(ctx) }

// Apply applies the difference between two tables.
func (s *Store) Apply(ctx context.Context, current, next *v1alpha1.PriceTable) error {
	return s.s.apply(ctx, current, next)
}
