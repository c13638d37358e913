package policystatus

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/follow"
)

func TestWritesOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0).UTC()
	said := func(reason string, status metav1.ConditionStatus, message string, generation int64) v1alpha1.AdmissionPolicyStatus {
		return v1alpha1.AdmissionPolicyStatus{ObservedGeneration: generation, Conditions: []metav1.Condition{
			{Type: "Ready", Status: status, Reason: reason, Message: message, ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(now.Add(-time.Hour))},
		}}
	}
	inForce := said(InForce, metav1.ConditionTrue, "the policy is in force", 2)
	tests := []struct {
		name  string
		state follow.PolicyState
		want  string // reason; "" for nothing written
		says  string
	}{
		{name: "new", state: follow.PolicyState{Generation: 1}, want: InForce, says: "in force"},
		{name: "said already", state: follow.PolicyState{Generation: 2, Status: inForce}},
		{name: "said of an earlier generation", state: follow.PolicyState{Generation: 3, Status: inForce}, want: InForce},
		{name: "broken", state: follow.PolicyState{Generation: 2, Status: inForce, Err: errors.New("x.rego:1:1: no")}, want: Broken, says: "x.rego:1:1: no; it fails as spec.onError says"},
		{name: "waits", state: follow.PolicyState{Generation: 2, Waiting: true}, want: BeingRead, says: "spec.inventory"},
		{name: "a message without end", state: follow.PolicyState{Generation: 2, Err: errors.New(strings.Repeat("x", 64<<10))}, want: Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewSimpleDynamicClient(runtime.NewScheme())
			var patches []clienttesting.PatchAction
			client.PrependReactor("patch", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
				patches = append(patches, a.(clienttesting.PatchAction))
				return true, nil, nil
			})
			tt.state.Name, tt.state.UID = "mine", "u-1"
			if err := New(client, func() time.Time { return now }).write(t.Context(), tt.state); err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(patches) > 0 {
					t.Errorf("written: %s", patches[0].GetPatch())
				}
				return
			}
			var got struct {
				Metadata struct{ UID string }
				Status   v1alpha1.AdmissionPolicyStatus
			}
			if len(patches) != 1 || patches[0].GetSubresource() != "status" {
				t.Fatalf("%d patches", len(patches))
			}
			if err := json.Unmarshal(patches[0].GetPatch(), &got); err != nil {
				t.Fatal(err)
			}
			c := got.Status.Conditions[0]
			if got.Metadata.UID != "u-1" || got.Status.ObservedGeneration != tt.state.Generation || c.Reason != tt.want || !strings.Contains(c.Message, tt.says) || len(c.Message) > maxMessage {
				t.Errorf("%s", patches[0].GetPatch())
			}
		})
	}
}

// TestWhatCannotBeWrittenIsTriedAgain: kube-apiserver may be away, or the object
// be another by now. What was reported last is what is written in the end.
func TestWhatCannotBeWrittenIsTriedAgain(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleDynamicClient(runtime.NewScheme())
	failures, written := 3, make(chan string, 10)
	client.PrependReactor("patch", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if failures--; failures >= 0 {
			return true, nil, errors.New("not now")
		}
		written <- a.(clienttesting.PatchAction).GetName()
		return true, nil, nil
	})
	w := New(client, time.Now)
	w.retry = time.Millisecond
	w.Report([]follow.PolicyState{{Name: "old", Generation: 1}})
	w.Report([]follow.PolicyState{{Name: "mine", Generation: 1}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	select {
	case got := <-written:
		if got != "mine" {
			t.Errorf("the status of %q was written", got)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was written")
	}
	cancel()
	<-ended
}
