package review

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// asked is a policy that refuses whatever the webhook is asked about.
const asked = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: asked}
spec:
  match: {operations: [CREATE, UPDATE, DELETE]}
  rego: |
    package asked
    violation contains {"msg": sprintf("asked about %s", [input.review.name])} if {
      startswith(input.review.name, "asked")
      not "system:masters" in input.review.userInfo.groups
    }
`

// patience bounds the wait until the webhook has seen what was just written.
const patience = 5 * time.Minute

// TestReviewAsksWhatAClusterAsks sends questions on both sides of each match
// condition to a real kube-apiserver with the real webhook and its real
// configurations, and asks tollgate review the same: the same are asked about,
// refused in the same words and patched in the same way. So it is when the
// cluster's configurations change.
func TestReviewAsksWhatAClusterAsks(t *testing.T) {
	binary := build(t)
	c := newAskedCluster(t)
	kubeconfig, err := c.rig.Plane.WriteKubeconfig(t.TempDir(), "kubeconfig", cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	asked, passedBy := map[string]int{}, map[string]int{} // by webhook, and by webhook and condition
	for _, q := range questions() {
		t.Run(q.name, func(t *testing.T) {
			object, old := q.objects(t)
			c.put(t, old)
			want, verdict := reviewed(t, binary, q, "--cluster", "--kubeconfig", kubeconfig)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var last error
			var by string
			if err := rig.Eventually(ctx, func(ctx context.Context) error {
				got, webhook, err := c.ask(ctx, q, object)
				if by = webhook; err == nil {
					if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
						err = fmt.Errorf("the cluster does otherwise (-review +cluster):\n%s", diff)
					}
				}
				if ctx.Err() == nil {
					last = err
				}
				return err
			}); err != nil {
				t.Fatal(last)
			}
			switch verdict.Outcome {
			case "Deny":
				asked[by]++
			case "NotAsked":
				passedBy[verdict.NotAsked.Webhook+" "+verdict.NotAsked.Condition]++
			default:
				t.Errorf("the outcome is %s", verdict.Outcome)
			}
		})
	}
	if t.Failed() {
		return
	}
	for _, h := range validating(t).Webhooks {
		if asked[h.Name] == 0 {
			t.Errorf("%s is never asked", h.Name)
		}
		for _, m := range h.MatchConditions {
			// A review is never about a subresource.
			if m.Name != "not-a-subresource" && passedBy[h.Name+" "+m.Name] == 0 {
				t.Errorf("no question fails the condition %s of %s", m.Name, h.Name)
			}
		}
	}
	c.reviewFollows(t, binary, kubeconfig)
}

// validating is the configuration that the cluster has.
func validating(t *testing.T) (conf admissionregistrationv1.ValidatingWebhookConfiguration) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "manifests", "webhook", "base", "validating.yaml"))
	if err == nil {
		err = yaml.UnmarshalStrict(raw, &conf)
	}
	if err != nil || len(conf.Webhooks) < 4 {
		t.Fatalf("%d webhooks, %v", len(conf.Webhooks), err)
	}
	return conf
}
