package policystatus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/follow"
)

const (
	// conditionReady is the condition that is written.
	conditionReady = "Ready"
	// maxMessage is how long a condition's message may be.
	maxMessage = 32 << 10
	// manager is the field manager of what is written.
	manager = "tollgate-webhook"
	// retryAfter is how soon what could not be written is tried again.
	retryAfter = 5 * time.Second
)

// The reasons of the condition Ready.
const (
	InForce     = "InForce"
	Broken      = "Broken"
	BeingRead   = "InventoryBeingRead"
	brokenHint  = "; it fails as spec.onError says until it is corrected"
	waitingText = "the objects of spec.inventory are being read; what was in force before stays so"
)

// Writer writes statuses.
type Writer struct {
	client dynamic.Interface
	now    func() time.Time
	retry  time.Duration
	latest chan []follow.PolicyState
}

// New returns a writer that writes nothing before Run. Now is time.Now.
func New(client dynamic.Interface, now func() time.Time) *Writer {
	return &Writer{client: client, now: now, retry: retryAfter, latest: make(chan []follow.PolicyState, 1)}
}

// Report takes how all policies are now. It does not wait, and is called by one
// goroutine.
func (w *Writer) Report(states []follow.PolicyState) {
	select {
	case <-w.latest: // older, and not written yet
	default:
	}
	w.latest <- states
}

// Run writes until ctx is done.
func (w *Writer) Run(ctx context.Context) {
	var states []follow.PolicyState
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case states = <-w.latest:
		case <-again:
		}
		again = nil
		for _, s := range states {
			if err := w.write(ctx, s); err != nil && ctx.Err() == nil {
				klog.ErrorS(err, "writing the status of an AdmissionPolicy", "policy", s.Name)
				again = time.After(w.retry)
			}
		}
	}
}

// write writes a status unless the object has it.
func (w *Writer) write(ctx context.Context, s follow.PolicyState) error {
	wanted := condition(s)
	status := s.Status.DeepCopy()
	wanted.LastTransitionTime = metav1.NewTime(w.now())
	changed := meta.SetStatusCondition(&status.Conditions, wanted)
	if !changed && status.ObservedGeneration == s.Generation {
		return nil
	}
	status.ObservedGeneration = s.Generation
	patch, err := json.Marshal(map[string]any{
		// An object that was made again, or changed, gets its own status.
		"metadata": map[string]any{"uid": s.UID},
		"status":   status,
	})
	if err != nil {
		return fmt.Errorf("encoding the status: %w", err)
	}
	resource := v1alpha1.GroupVersion().WithResource("admissionpolicies")
	_, err = w.client.Resource(resource).Patch(ctx, s.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: manager}, "status")
	return err
}

// condition is what is to be said of a policy.
func condition(s follow.PolicyState) metav1.Condition {
	c := metav1.Condition{Type: conditionReady, Status: metav1.ConditionTrue, Reason: InForce, Message: "the policy is in force", ObservedGeneration: s.Generation}
	switch {
	case s.Err != nil:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, Broken, s.Err.Error()+brokenHint
	case s.Waiting:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, BeingRead, waitingText
	}
	if len(c.Message) > maxMessage {
		c.Message = c.Message[:maxMessage]
	}
	return c
}
