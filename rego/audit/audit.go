package audit

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// Finding is one violation and the object that it is about.
type Finding struct {
	engine.Violation

	Object Ref
	UID    types.UID
	// Organization that the object was judged by, "" for none.
	Organization string
}

// Auditor judges what a store holds by the policies of an engine.
type Auditor struct {
	engine   *engine.Engine
	settings func() *settings.Settings
	store    *Store
	// slots bounds how many namespaces are judged at once, over all lists.
	slots *semaphore.Weighted
}

// New returns an auditor. At most parallel namespaces are judged at once: what
// asks beyond that waits.
func New(e *engine.Engine, s func() *settings.Settings, store *Store, parallel int) *Auditor {
	return &Auditor{engine: e, settings: s, store: store, slots: semaphore.NewWeighted(int64(max(1, parallel)))}
}

// Begin fixes the policies and the inventory of one list. Its error says what
// the engine still waits for.
func (a *Auditor) Begin() (*Audit, error) {
	if err := a.engine.Ready(); err != nil {
		return nil, err
	}
	return &Audit{auditor: a, snapshot: a.engine.Snapshot(), settings: a.settings()}, nil
}

// Audit judges by the policies and the inventory of one moment.
type Audit struct {
	auditor  *Auditor
	snapshot *engine.Snapshot
	settings *settings.Settings
}

// Namespaces that hold objects which are judged, sorted.
func (a *Audit) Namespaces() []string { return a.auditor.store.Namespaces() }

// Judge returns what breaks a policy in a namespace, or among the cluster-scoped
// objects for "", in the order of the objects. It ends with ctx's error.
func (a *Audit) Judge(ctx context.Context, namespace string) ([]Finding, error) {
	if err := a.auditor.slots.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("waiting for other audits: %w", err)
	}
	defer a.auditor.slots.Release(1)
	var out []Finding
	for _, o := range a.auditor.store.in(namespace) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("judging namespace %q: %w", namespace, err)
		}
		found, err := a.judge(ctx, o)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (a *Audit) judge(ctx context.Context, o *object) ([]Finding, error) {
	last := o.last.Load()
	if last != nil && last.snapshot == a.snapshot {
		return last.findings, nil
	}
	req := request(o)
	who, err := subject.Of(a.snapshot.Inventory(), a.settings, req)
	if err != nil {
		return nil, fmt.Errorf("finding the organization of %s %s/%s: %w", o.ref.Kind.Kind, o.ref.Namespace, o.ref.Name, err)
	}
	if last != nil && last.holds(a.snapshot, who) {
		o.last.Store(&judged{snapshot: a.snapshot, subject: who, reads: last.reads, findings: last.findings})
		return last.findings, nil
	}
	verdict, reads := a.snapshot.ValidateNoting(ctx, engine.Audit, engine.Input{Request: req, Subject: who})
	if err := ctx.Err(); err != nil {
		// The policies may have been stopped by it rather than by their own time.
		return nil, fmt.Errorf("judging %s %s/%s: %w", o.ref.Kind.Kind, o.ref.Namespace, o.ref.Name, err)
	}
	out := make([]Finding, 0, len(verdict.Violations))
	failed := false
	for _, v := range verdict.Violations {
		failed = failed || v.Failure
		out = append(out, Finding{Violation: v, Object: o.ref, UID: o.uid, Organization: who.Organization})
	}
	if !failed { // a policy that ran out of time may have more of it next time
		o.last.Store(&judged{snapshot: a.snapshot, subject: who, reads: reads, findings: out})
	}
	return out, nil
}

// request is the review of an object that exists: its creation, by nobody.
func request(o *object) *admissionv1.AdmissionRequest {
	plural, _ := meta.UnsafeGuessKindToResource(o.ref.Kind)
	kind := metav1.GroupVersionKind{Group: o.ref.Kind.Group, Version: o.ref.Kind.Version, Kind: o.ref.Kind.Kind}
	resource := metav1.GroupVersionResource{Group: plural.Group, Version: plural.Version, Resource: plural.Resource}
	return &admissionv1.AdmissionRequest{
		UID:             o.uid,
		Kind:            kind,
		Resource:        resource,
		RequestKind:     &kind,
		RequestResource: &resource,
		Namespace:       o.ref.Namespace,
		Name:            o.ref.Name,
		Operation:       admissionv1.Create,
		Object:          runtime.RawExtension{Raw: o.raw},
	}
}
