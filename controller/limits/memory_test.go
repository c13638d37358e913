package limits

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"tollgate.dev/tollgate/metering/ledger"
)

// memory is a ledger of generations and limits.
type memory struct {
	mu         sync.Mutex
	generation map[string]int64
	limits     map[ledger.Path]ledger.Terms
	// down makes every call fail; hang makes it wait for its context.
	down, hang bool
}

func newMemory() *memory {
	return &memory{generation: map[string]int64{}, limits: map[ledger.Path]ledger.Terms{}}
}

func (m *memory) lock(ctx context.Context) (func(), error) {
	m.mu.Lock()
	down, hang := m.down, m.hang
	if down || hang {
		m.mu.Unlock()
		if hang {
			<-ctx.Done()
		}
		return nil, errors.New("away")
	}
	return m.mu.Unlock, nil
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *memory) Generation(ctx context.Context, org string) (int64, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return m.generation[org], nil
}

func (m *memory) NextGeneration(ctx context.Context, org string) (int64, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	m.generation[org]++
	return m.generation[org], nil
}

func (m *memory) Apply(ctx context.Context, org string, a ledger.Application) error {
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if a.Generation < m.generation[org] {
		return &ledger.StaleError{Generation: m.generation[org]}
	}
	for _, n := range a.Nodes {
		m.limits[n.Path] = n.Terms
	}
	for _, p := range a.Removed {
		delete(m.limits, p)
	}
	return nil
}

// Calendars are not kept here.
func (m *memory) Calendars(context.Context, string) ([]string, error) { return nil, nil }

func (m *memory) Paths(ctx context.Context, org string) ([]ledger.Path, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var paths []ledger.Path
	for p := range m.limits {
		if p.Organization() == org {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

func (m *memory) Nodes(ctx context.Context, _ string, paths []ledger.Path) ([]ledger.NodeView, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	views := make([]ledger.NodeView, len(paths))
	for i, p := range paths {
		t, ok := m.limits[p]
		views[i] = ledger.NodeView{Path: p, Applied: ok, Terms: t}
	}
	return views, nil
}

// has returns the limits in dollars by path.
func (m *memory) has() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for p, t := range m.limits {
		out[string(p)] = strings.TrimSuffix(t.Limit.String(), ".00")
	}
	return out
}
