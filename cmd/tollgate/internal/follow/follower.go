package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

// settle is how long changes are gathered between two inventories: twenty a second.
const settle = 50 * time.Millisecond

// Options are what New takes besides a cluster.
type Options struct {
	// Engine is kept supplied.
	Engine *engine.Engine
	// Settings to begin with; see Use.
	Settings *settings.Settings
	// InForce is called with the settings that came into force, each time. It may be nil.
	InForce func(*settings.Settings)
	// Report is called with how all AdmissionPolicies are, after each change of
	// any. It may be nil, and does not wait.
	Report func([]PolicyState)
	// Sinks are told of every object of the inventory's kinds, and of the
	// further kinds, as they come.
	Sinks   []Sink
	Further []Kind
}

// Kind is a kind to follow, in the best of its versions that a cluster serves;
// nothing where it serves none.
type Kind struct {
	schema.GroupKind
	// Versions that will do, the best first.
	Versions []string
}

// Follower follows a cluster. Its methods may be called from many goroutines.
type Follower struct {
	o         Options
	api       *api
	crds      *installations // nil in tests
	collector collector
	policies  *stream

	objects, rules chan struct{} // something changed for inventories, and for policies
	given          chan *settings.Settings

	turning sync.Mutex // held while an inventory is built and put in force
	mu      sync.Mutex
	active  *generation // in force
	next    *generation // being read
	errs    map[string]error
	built   atomic.Pointer[time.Time]
	loaded  atomic.Bool
	inForce atomic.Int64
}

// New returns a follower that follows nothing before Run.
func New(cfg *rest.Config, o Options) (*Follower, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = 50, 100
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making a client of the inventory: %w", err)
	}
	found, err := discovery.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making a client of the API's discovery: %w", err)
	}
	definitions, err := metadata.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making a client of custom resource definitions: %w", err)
	}
	f := &Follower{
		o: o, api: &api{client: client, discovery: found, installed: newNews()},
		objects: make(chan struct{}, 1), rules: make(chan struct{}, 1), given: make(chan *settings.Settings, 1),
	}
	if err := f.Use(o.Settings); err != nil {
		return nil, err
	}
	f.crds = &installations{client: definitions, tell: f.api.installed.tell}
	f.policies = newStream(policies(), calls{changed: func() { mark(f.rules) }, turned: func() { mark(f.rules) }}, &f.collector)
	return f, nil
}

// Use puts other settings in force, once the cluster has been read by them. The
// settings must not change afterwards. It refuses what cannot come into force.
func (f *Follower) Use(s *settings.Settings) error {
	if _, err := baseline.Configured(s); err != nil {
		return err
	}
	select {
	case <-f.given: // older, and not begun yet
	default:
	}
	f.given <- s
	return nil
}

// Run follows until ctx is done.
func (f *Follower) Run(ctx context.Context) {
	if f.crds != nil {
		go f.crds.run(ctx)
	}
	go f.policies.run(ctx, f.api)
	go f.inventories(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-f.given:
			if err := f.begin(ctx, s); err != nil { // Use has looked
				klog.ErrorS(err, "reading the cluster by other settings")
			}
		case <-f.rules:
		}
		f.putInForce(ctx)
	}
}

// begin reads the cluster by other settings.
func (f *Follower) begin(ctx context.Context, s *settings.Settings) error {
	policies, err := baseline.Configured(s)
	if err != nil {
		return err
	}
	c := calls{changed: func() { mark(f.objects) }, turned: func() { mark(f.rules) }}
	g := newGeneration(ctx, s, policies, f.api, c, f.o.Further, f.o.Sinks)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next != nil {
		f.next.stop()
	}
	f.next = g
	return nil
}

// putInForce compiles policies and puts them in force with the inventory that
// belongs to them.
func (f *Follower) putInForce(ctx context.Context) {
	if settled, err := f.policies.settled(); !settled || err != nil {
		return // nothing is compiled without the policies of users
	}
	users := f.collector.all()
	f.mu.Lock()
	active, next := f.active, f.next
	f.mu.Unlock()
	for _, g := range []*generation{active, next} {
		if g != nil {
			g.want(users)
		}
	}
	g := active
	if next != nil && next.synced() {
		g = next
	}
	if g == nil {
		return
	}
	own, waiting := g.ready(users)
	if g == next && len(waiting) > 0 {
		return // its kinds are being read
	}
	all := slices.Concat(g.policies, own)
	var errs []error
	if g == next {
		errs = f.turn(ctx, g, all)
	} else {
		errs = f.o.Engine.UsePolicies(ctx, all)
	}
	if ctx.Err() != nil {
		return
	}
	f.tell(errs, users, waiting)
	f.inForce.Store(int64(len(all)))
	if g != next {
		return
	}
	if f.o.InForce != nil {
		f.o.InForce(g.settings)
	}
	if active != nil {
		active.leave(g)
	}
	f.loaded.Store(true)
}

// tell notes, logs and reports which policies are broken.
func (f *Follower) tell(errs []error, users []collected, waiting map[string]bool) {
	now := make(map[string]error, len(errs))
	for _, err := range errs {
		var broken *engine.BrokenPolicy
		if errors.As(err, &broken) {
			now[broken.ID] = broken.Err
		} else {
			now[err.Error()] = err
		}
	}
	f.mu.Lock()
	before := f.errs
	f.errs = now
	f.mu.Unlock()
	for id, err := range now {
		if old := before[id]; old == nil || old.Error() != err.Error() {
			klog.ErrorS(err, "a policy cannot judge: it fails as its onError says", "policy", id)
		}
	}
	klog.V(2).InfoS("put policies in force", "broken", len(now), "waiting", len(waiting))
	if f.o.Report == nil {
		return
	}
	states := make([]PolicyState, len(users))
	for i, c := range users {
		id := c.policy.ID
		states[i] = PolicyState{Name: id, UID: c.uid, Generation: c.generation, Status: c.status, Err: now[id], Waiting: waiting[id]}
	}
	f.o.Report(states)
}

// Ready returns nil once policies and objects have been read and are in force,
// and it stays so; else an error that says what is waited for.
func (f *Follower) Ready() error {
	if f.loaded.Load() {
		return nil
	}
	f.mu.Lock()
	g := f.next
	f.mu.Unlock()
	all := []*stream{f.policies}
	if g != nil {
		all = append(all, g.streams()...)
	}
	var missing []string
	for _, s := range all {
		if why := s.problem(); why != "" {
			missing = append(missing, why)
		}
	}
	if len(missing) == 0 {
		return errors.New("the policies are being compiled for the first time")
	}
	return fmt.Errorf("not read yet: %s", strings.Join(missing, ", "))
}

func mark(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // noted already
	}
}

func compareKinds(a, b v1alpha1.InventoryKind) int {
	return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Version, b.Version), strings.Compare(a.Kind, b.Kind))
}
