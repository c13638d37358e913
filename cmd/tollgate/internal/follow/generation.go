package follow

import (
	"context"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// generation is everything that is read by one set of settings.
type generation struct {
	settings *settings.Settings
	policies []*policy.Policy // the baseline by the settings
	builder  *inventory.Builder
	base     []*stream

	ctx   context.Context // ends the streams
	stop  context.CancelFunc
	api   *api
	calls calls

	mu    sync.Mutex
	whole map[v1alpha1.InventoryKind]*wholeKind
	// last are the user's policies in force, by id. A policy that names a kind
	// which has not been read yet waits, and what it replaces goes on until then.
	last map[string]*policy.Policy
}

// wholeKind is a stream of objects that policies read whole. It is one of its
// own even if the kind is projected too: the builder understands both.
type wholeKind struct {
	*stream
	stop context.CancelFunc
}

func newGeneration(ctx context.Context, s *settings.Settings, baseline []*policy.Policy, a *api, c calls, further []Kind, sinks []Sink) *generation {
	g := &generation{settings: s, policies: baseline, builder: inventory.NewBuilder(s), api: a, calls: c,
		whole: map[v1alpha1.InventoryKind]*wholeKind{}, last: map[string]*policy.Policy{}}
	g.ctx, g.stop = context.WithCancel(ctx)
	all := append([]Sink{g.builder}, sinks...)
	for _, r := range projected() {
		g.base = append(g.base, newStream(r, c, all...))
	}
	for _, k := range further {
		g.base = append(g.base, newStream(resource{GroupKind: k.GroupKind, versions: k.Versions}, c, sinks...))
	}
	for _, s := range g.base {
		go s.run(g.ctx, a)
	}
	return g
}

// want follows the kinds that policies name, and no longer those that none does.
func (g *generation) want(policies []collected) {
	named := map[v1alpha1.InventoryKind]bool{}
	for _, c := range policies {
		for _, k := range c.policy.Inventory {
			named[k] = true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	// Those that are in force until a newer version's kinds have been read.
	for _, p := range g.last {
		for _, k := range p.Inventory {
			named[k] = true
		}
	}
	changed := false
	for k, w := range g.whole {
		if !named[k] {
			w.stop()
			delete(g.whole, k)
			changed = true
		}
	}
	var fresh []*wholeKind
	var contexts []context.Context
	for k := range named {
		if g.whole[k] != nil {
			continue
		}
		r := resource{GroupKind: schema.GroupKind{Group: k.Group, Kind: k.Kind}, versions: []string{k.Version}}
		ctx, stop := context.WithCancel(g.ctx)
		c := g.calls
		c.vanished = func() { g.again(r.GroupKind) }
		w := &wholeKind{stream: newStream(r, c, g.builder), stop: stop}
		g.whole[k] = w
		fresh, contexts = append(fresh, w), append(contexts, ctx)
		changed = true
	}
	if changed {
		g.builder.Whole(slices.Collect(maps.Keys(g.whole)))
	}
	for i, w := range fresh {
		go w.run(contexts[i], g.api)
	}
}

// again reads a kind again whose objects the builder was told have gone with one
// version of it.
func (g *generation) again(kind schema.GroupKind) {
	for _, s := range g.base {
		if s.GroupKind == kind {
			s.again()
		}
	}
}

// ready returns the policies of users as they can be put in force now, and
// which wait for kinds that have not been read.
func (g *generation) ready(policies []collected) (now []*policy.Policy, waiting map[string]bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, waiting := make(map[string]*policy.Policy, len(policies)), map[string]bool{}
	for _, c := range policies {
		p, settled := g.able(c.policy)
		if !settled {
			waiting[c.policy.ID] = true
			if p = g.last[c.policy.ID]; p == nil {
				continue
			}
		}
		next[c.policy.ID] = p
		now = append(now, p)
	}
	g.last = next
	return now, waiting
}

// able returns a policy, marked if its inventory cannot be read; false while
// that is not known.
func (g *generation) able(p *policy.Policy) (*policy.Policy, bool) {
	for _, k := range p.Inventory {
		w := g.whole[k]
		if w == nil {
			return nil, false
		}
		settled, err := w.settled()
		if !settled {
			return nil, false
		}
		if err != nil {
			marked := *p
			marked.Unable = err
			return &marked, true
		}
	}
	return p, true
}

// synced tells whether every kind of the inventory has been read.
func (g *generation) synced() bool {
	for _, s := range g.base {
		if settled, err := s.settled(); !settled || err != nil {
			return false
		}
	}
	return true
}

// streams are all streams.
func (g *generation) streams() []*stream {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := slices.Clone(g.base)
	for _, k := range slices.SortedFunc(maps.Keys(g.whole), compareKinds) {
		all = append(all, g.whole[k].stream)
	}
	return all
}

// leave stops the streams and has sinks forget what a later generation did not find.
func (g *generation) leave(later *generation) {
	g.stop()
	for i, s := range g.base {
		s.store.leave(later.base[i].store)
	}
}
