package session

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// Options of a session.
type Options struct {
	// Settings of the platform; the defaults when nil.
	Settings *settings.Settings
	// Asks says what the webhook is asked about; everything when nil.
	Asks *dispatch.Configurations
	// Catalog of kinds.
	Catalog *complete.Catalog
	// Namespace of objects that name none and need one.
	Namespace string
	// Existing are objects of files that exist in the cluster; those that are
	// AdmissionPolicies are in force.
	Existing []manifest.Document
	// Live are objects of a cluster, as its API server gave them.
	Live []*unstructured.Unstructured
	// Policies are AdmissionPolicies that are in force.
	Policies []manifest.Document
	// Reviewed are the objects to be judged, for what their policies read.
	Reviewed []manifest.Document
}

// Session is everything that a review needs. It is not safe for concurrent use.
type Session struct {
	options Options
	engine  *engine.Engine
	world   *world.World
	judge   *judge.Judge
	inForce map[string]*policy.Policy
	origin  map[string]*manifest.Document // of AdmissionPolicies from files, by id
}

// Open prepares a session. The problems are inputs that cannot be used; a
// session with problems judges by what is left. An error means that there is
// no session.
func Open(ctx context.Context, o Options) (*Session, []manifest.Problem, error) {
	if o.Settings == nil {
		o.Settings = settings.Default()
	}
	s := &Session{options: o, engine: engine.New(engine.Options{}), inForce: map[string]*policy.Policy{}, origin: map[string]*manifest.Document{}}
	all, err := baseline.Configured(o.Settings)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		s.inForce[p.ID] = p
	}
	problems := s.policies()
	s.world = world.New(s.engine, o.Settings, s.reads())
	s.judge = judge.New(o.Catalog, s.world, s.engine, o.Settings, o.Asks)
	for i := range o.Existing {
		d := &o.Existing[i]
		if err := s.judge.Put(d.Object, o.Namespace); err != nil {
			problems = append(problems, manifest.Problem{File: d.File, Line: d.Line, Err: err})
		}
	}
	for _, u := range o.Live {
		s.world.Put(u)
	}
	s.world.Settle()
	return s, append(problems, s.usePolicies(ctx)...), nil
}

// KnowsOrganizations says whether any Organization exists, or comes with what is
// reviewed.
func (s *Session) KnowsOrganizations(reviewed []manifest.Document) bool {
	if len(s.engine.Snapshot().Inventory().Directory().Organizations()) > 0 {
		return true
	}
	return slices.ContainsFunc(reviewed, func(d manifest.Document) bool {
		gvk := d.Object.GroupVersionKind()
		return gvk.Group == v1alpha1.GroupName && gvk.Kind == "Organization"
	})
}

// policies reads the AdmissionPolicies that are in force.
func (s *Session) policies() (problems []manifest.Problem) {
	for _, u := range s.options.Live {
		if !isPolicy(u) {
			continue
		}
		p, err := s.read(u)
		if err != nil {
			problems = append(problems, manifest.Problem{File: "the cluster", Err: fmt.Errorf("AdmissionPolicy %s: %w", u.GetName(), err)})
			continue
		}
		s.inForce[p.ID] = p
	}
	for _, docs := range [][]manifest.Document{s.options.Existing, s.options.Policies} {
		for i := range docs {
			d := &docs[i]
			if !isPolicy(d.Object) {
				continue
			}
			p, err := s.read(d.Object)
			if err == nil && s.inForce[p.ID] != nil && s.inForce[p.ID].Baseline {
				err = fmt.Errorf("%s is a policy that Tollgate brings: choose another name", p.ID)
			}
			if err != nil {
				problems = append(problems, manifest.Problem{File: d.File, Line: d.Line, Err: fmt.Errorf("AdmissionPolicy %s: %w", d.Object.GetName(), err)})
				continue
			}
			s.inForce[p.ID], s.origin[p.ID] = p, d
		}
	}
	return problems
}

func isPolicy(u *unstructured.Unstructured) bool {
	return u.GroupVersionKind() == v1alpha1.GroupVersion().WithKind("AdmissionPolicy")
}

// read makes a policy of its object, with the defaults of its definition.
func (s *Session) read(u *unstructured.Unstructured) (*policy.Policy, error) {
	return ReadPolicy(s.options.Catalog, u)
}

// ReadPolicy makes a policy of an AdmissionPolicy. The error says what of the
// object the API server would refuse, or that it cannot be read.
func ReadPolicy(c *complete.Catalog, u *unstructured.Unstructured) (*policy.Policy, error) {
	u = u.DeepCopy()
	kind, err := c.Kind(u.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if _, err := kind.Decode(u); err != nil {
		return nil, err
	}
	complete.Wipe(u)
	if err := kind.Create(context.Background(), u); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(u.Object)
	if err != nil {
		return nil, err
	}
	obj := &v1alpha1.AdmissionPolicy{}
	if err := json.Unmarshal(raw, obj); err != nil {
		return nil, err
	}
	return policy.FromObject(obj)
}

// reads are the kinds of which any policy reads whole objects, in force or
// about to be.
func (s *Session) reads() []v1alpha1.InventoryKind {
	var kinds []v1alpha1.InventoryKind
	for _, p := range s.inForce {
		kinds = append(kinds, p.Inventory...)
	}
	for i := range s.options.Reviewed {
		if u := s.options.Reviewed[i].Object; isPolicy(u) {
			if p, err := s.read(u); err == nil {
				kinds = append(kinds, p.Inventory...)
			}
		}
	}
	return kinds
}

// patience is how much longer than in a cluster a policy may take: a CI machine
// may be slow or stand still, and a verdict may not depend on it.
const patience = 30

// usePolicies puts what is in force before the engine. A policy that does not
// compile stays in force, as in a cluster: it fails what it should judge.
func (s *Session) usePolicies(ctx context.Context) (problems []manifest.Problem) {
	var all []*policy.Policy
	for _, id := range slices.Sorted(maps.Keys(s.inForce)) {
		p := *s.inForce[id]
		p.Timeout = patience * cmp.Or(p.Timeout, policy.DefaultTimeout)
		all = append(all, &p)
	}
	for _, err := range s.engine.UsePolicies(ctx, all) {
		problem := manifest.Problem{Err: err}
		if broken, ok := err.(*engine.BrokenPolicy); ok {
			if d := s.origin[broken.ID]; d != nil {
				problem.File, problem.Line = d.File, d.Line
			}
		}
		problems = append(problems, problem)
	}
	return problems
}

// Judge is the judge of the session.
func (s *Session) Judge() *judge.Judge { return s.judge }
