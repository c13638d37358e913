package session

import (
	"context"
	"fmt"
	"maps"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
)

// Request says how objects are judged.
type Request struct {
	// User who asks; nobody when zero.
	User judge.User
	// Operation; empty is UPDATE for what exists, CREATE for what does not.
	Operation admissionv1.Operation
	// Old are objects that are replaced, before those that exist.
	Old []*unstructured.Unstructured
	// Explain asks for the rules that fired.
	Explain bool
}

// item is one object of a review on its way.
type item struct {
	kase    judge.Case
	outcome *judge.Outcome
	settled bool // refused, or judged beforehand
	key     world.Key
	coming  bool // it is in the world as it will be
	before  *unstructured.Unstructured
}

// Review judges objects that come together: each against the world as it is
// plus all the others, as if it was applied last. Objects that are refused do
// not come, so what rests on them is judged again without them, until nothing
// more is refused. AdmissionPolicies that are admitted judge the other objects.
//
// The outcomes are in the order of the objects. The world is afterwards as it
// was before.
func (s *Session) Review(ctx context.Context, docs []manifest.Document, r Request) ([]*judge.Outcome, error) {
	items := make([]item, len(docs))
	for i := range docs {
		items[i].kase = s.judge.Resolve(s.kase(docs[i].Object, r))
	}
	inForce := maps.Clone(s.inForce)
	joined, err := s.reviewPolicies(ctx, docs, items)
	if joined {
		defer func() {
			s.inForce = inForce
			s.usePolicies(context.WithoutCancel(ctx)) // what they are was said when they were read
		}()
	}
	if err != nil {
		return nil, err
	}
	defer s.restore(items)
	if len(items) > 1 {
		if err := s.gather(ctx, items); err != nil {
			return nil, err
		}
	}
	for again := true; again; {
		again = false
		for i := range items {
			it := &items[i]
			if it.settled {
				continue
			}
			var err error
			if it.outcome, err = s.judge.Admit(ctx, it.kase); err != nil {
				return nil, fmt.Errorf("judging %s %s: %w", it.kase.Object.GetKind(), it.kase.Object.GetName(), err)
			}
			if it.outcome.Refused() {
				it.settled = true
				again = true
			}
		}
		s.leave(items)
	}
	out := make([]*judge.Outcome, len(items))
	for i := range items {
		out[i] = items[i].outcome
	}
	return out, nil
}

func (s *Session) kase(u *unstructured.Unstructured, r Request) judge.Case {
	c := judge.Case{Object: u, Operation: r.Operation, Namespace: s.options.Namespace, User: r.User, Explain: r.Explain}
	for _, old := range r.Old {
		if s.same(old, u) {
			c.Old = old
		}
	}
	return c
}

// same says whether two objects as written are one.
func (s *Session) same(a, b *unstructured.Unstructured) bool {
	return s.key(a) == s.key(b)
}

func (s *Session) key(u *unstructured.Unstructured) world.Key {
	key := world.KeyOf(u)
	if kind, err := s.options.Catalog.Kind(u.GroupVersionKind()); err == nil {
		switch {
		case !kind.Namespaced:
			key.Namespace = ""
		case key.Namespace == "":
			key.Namespace = s.options.Namespace
		}
	}
	return key
}

// reviewPolicies judges the AdmissionPolicies by those in force, and puts those
// that are admitted in force.
func (s *Session) reviewPolicies(ctx context.Context, docs []manifest.Document, items []item) (joined bool, err error) {
	for i := range items {
		it := &items[i]
		if !isPolicy(it.kase.Object) {
			continue
		}
		if it.outcome, err = s.judge.Admit(ctx, it.kase); err != nil {
			return joined, fmt.Errorf("judging AdmissionPolicy %s: %w", it.kase.Object.GetName(), err)
		}
		it.settled = true
		if len(items) == 1 || it.outcome.Refused() || it.kase.Operation == admissionv1.Delete {
			continue
		}
		p, err := s.read(it.outcome.Object)
		if err != nil {
			return joined, fmt.Errorf("reading AdmissionPolicy %s: %w", it.kase.Object.GetName(), err)
		}
		s.inForce[p.ID], s.origin[p.ID] = p, &docs[i]
		joined = true
	}
	if joined {
		s.usePolicies(ctx) // those that are new compile, or they would have been refused
	}
	return joined, nil
}

// gather puts every object into the world as it will be.
func (s *Session) gather(ctx context.Context, items []item) error {
	for i := range items {
		it := &items[i]
		if it.settled {
			continue
		}
		out, err := s.judge.Admit(ctx, it.kase)
		if err != nil {
			return fmt.Errorf("judging %s %s: %w", it.kase.Object.GetKind(), it.kase.Object.GetName(), err)
		}
		if len(out.Errors) > 0 || it.kase.Operation == admissionv1.Delete {
			continue
		}
		it.key, it.coming = world.KeyOf(out.Object), true
		it.before = s.world.Get(it.key)
		s.world.Put(out.Object)
	}
	return nil
}

// leave takes what was refused out of the world.
func (s *Session) leave(items []item) {
	for i := range items {
		if it := &items[i]; it.settled && it.coming {
			it.coming = false
			s.world.Set(it.key, it.before)
		}
	}
}

// restore puts the world back, the last change first.
func (s *Session) restore(items []item) {
	for i := len(items) - 1; i >= 0; i-- {
		if it := &items[i]; it.coming {
			it.coming = false
			s.world.Set(it.key, it.before)
		}
	}
	s.world.Settle()
}
