package resets

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// FieldManager owns the condition Reset; the other conditions have their own.
const FieldManager = "tollgate-controller-resets"

// Recorder writes verdicts to Organizations, and Events beside them.
type Recorder struct {
	Client client.StatusClient
	Events events.EventRecorder
	// Now is time.Now.
	Now func() time.Time
}

// Record writes what becomes of a request into the condition Reset; nil takes
// the condition away. What is written before a window ends fails with a Conflict
// when the object has changed since it was read, so that nobody acts on an old
// one. A request that is decided is told by an Event too.
func (r Recorder) Record(ctx context.Context, q Request, v *Verdict) error {
	o := q.Organization
	status := map[string]any{}
	if v != nil {
		c := metav1.Condition{Type: TypeReset, Status: v.status(), Reason: v.Reason, Message: clip(q.prefix() + v.Message),
			ObservedGeneration: o.Generation, LastTransitionTime: metav1.NewTime(r.Now().UTC().Truncate(time.Second))}
		if old := meta.FindStatusCondition(o.Status.Conditions, TypeReset); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&c)
		if err != nil {
			return fmt.Errorf("encoding the condition %s of Organization %s: %w", TypeReset, o.Name, err)
		}
		status["conditions"] = []any{fields}
	}
	object := &unstructured.Unstructured{Object: map[string]any{"status": status}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind("Organization"))
	object.SetName(o.Name)
	object.SetUID(o.UID)
	if v == nil || v.Reason != ReasonDone {
		object.SetResourceVersion(o.ResourceVersion)
	}
	if err := r.Client.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(FieldManager), client.ForceOwnership); err != nil {
		return fmt.Errorf("writing the condition %s of Organization %s: %w", TypeReset, o.Name, err)
	}
	r.tell(o, v)
	return nil
}

// tell records an Event of a verdict that is final.
func (r Recorder) tell(o *v1alpha1.Organization, v *Verdict) {
	if v == nil || v.Reason == ReasonStarted {
		return
	}
	kind, reason := corev1.EventTypeNormal, "BudgetsReset"
	if v.Reason == ReasonRefused {
		kind, reason = corev1.EventTypeWarning, "ResetRefused"
	}
	about := &corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion().String(), Kind: "Organization", Name: o.Name, UID: o.UID}
	const most = 1000 // kube-apiserver takes 1024
	note := v.Message
	if len(note) > most {
		note = note[:most] + "..."
	}
	r.Events.Eventf(about, nil, kind, reason, "Reset", "%s", note)
}

// clip keeps a message within what a condition holds.
func clip(message string) string {
	const most = 32768
	if len(message) > most {
		return message[:most-3] + "..."
	}
	return message
}
