package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// slow takes its time over the flood, so that it waits for the webhook and not
// for kube-apiserver, however fast or busy the machine is.
const slow = `
package slow

violation contains {"msg": "never"} if {
	startswith(input.review.object.metadata.name, "flood-")
	count([x | some x in numbers.range(1, 500); some y in numbers.range(1, 500); x + y == 0]) > 0
}`

// TestAFloodKeepsNobodyOut has a member of one organization write as much as it
// can, small objects and large ones, to a webhook that judges four at once: most
// is refused. What a member of another organization writes meanwhile, one after
// the other and without retries, is not.
func TestAFloodKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	w := start(t, rig.Options{Args: []string{"--max-reviews-in-flight=4", "--max-reviews-waiting=8"}})
	bob := cluster.User{Name: "bob@globex.example", Groups: []string{"globex"}}
	w.run(w.Admin, "create", "clusterrolebinding", "anything-globex", "--clusterrole=anything", "--group=globex")
	clustertest.Allowed(t, w.Admin, bob, true, "*", "*")

	w.passes(w.Admin, admissionPolicy("slow", slow, `match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]}`))
	w.run(w.Admin, "wait", "--for=condition=Ready", "--timeout=240s", "admissionpolicy/slow")

	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	t.Cleanup(flood.Wait)
	t.Cleanup(stop)
	var refused, judged atomic.Int64
	alice := w.client(cluster.User{Name: "alice@acme.example", Groups: []string{"acme"}})
	for i := range 24 {
		object := w.ingress("acme-chat", "flood.acme.example")
		object.Name = fmt.Sprintf("flood-%d", i)
		if i%3 == 0 {
			object.Annotations = map[string]string{"example.com/large": strings.Repeat("x", 200<<10)}
			for range 10 {
				path := object.Spec.Rules[0].HTTP.Paths[0]
				path.Path = "/" + strings.Repeat("x", 10<<10)
				object.Spec.Rules[0].HTTP.Paths = append(object.Spec.Rules[0].HTTP.Paths, path)
			}
		}
		flood.Go(func() {
			for ctx.Err() == nil {
				if overloaded(create(ctx, alice, object)) {
					refused.Add(1)
					time.Sleep(10 * time.Millisecond) // it asks much less often than it is refused, and still too often
				} else {
					judged.Add(1)
				}
			}
		})
	}
	w.eventually("the flood is refused", func(context.Context) error {
		if refused.Load() < 20 {
			return fmt.Errorf("%d of it were", refused.Load())
		}
		return nil
	})

	const writes, refusals = 40, 100
	client, object := w.client(bob), w.ingress("globex-research", "www.globex.example")
	passed, before := 0, refused.Load()
	w.eventually("the other organization's writes pass while the flood is refused", func(ctx context.Context) error {
		err := create(ctx, client, object)
		switch {
		case overloaded(err):
			t.Errorf("after %d writes that passed: %v", passed, err)
		case err != nil:
			return err // kube-apiserver has bounds of its own
		default:
			passed++
		}
		if more := refused.Load() - before; passed < writes || more < refusals {
			return fmt.Errorf("%d passed, and %d of the flood were refused", passed, more)
		}
		return nil
	})
	stop()
	flood.Wait()
	t.Logf("of the flood %d were refused and %d judged", refused.Load(), judged.Load())

	if got := w.metric("tollgate_admission_turned_away_total", `reason="queue_full"`); got == "" || strings.HasSuffix(got, " 0") {
		t.Errorf("the refusals are not counted: %q", got)
	}
	if w.metric("tollgate_admission_wait_duration_seconds_count", "") == "" || w.metric("tollgate_admission_waiting", "") == "" {
		t.Error("/metrics does not say who waits")
	}
	w.eventually("the log says whose are refused", func(context.Context) error {
		log, err := os.ReadFile(w.Replicas[0].LogFile())
		if err == nil && !strings.Contains(string(log), `of="organization acme"`) {
			err = errors.New("it does not")
		}
		return err
	})
}

// client is a user's, without a bound of its own.
func (w *world) client(u cluster.User) kubernetes.Interface {
	w.t.Helper()
	cfg, err := w.Plane.Config(u)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg.QPS = -1
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// ingress is one of the gateway's class.
func (w *world) ingress(namespace, host string) *networkingv1.Ingress {
	w.t.Helper()
	object := &networkingv1.Ingress{}
	if err := yaml.Unmarshal([]byte(ingress("one", "higress", host)), object); err != nil {
		w.t.Fatal(err)
	}
	object.Namespace = namespace
	return object
}

// create creates an object as a dry run. It does not try again.
func create(ctx context.Context, client kubernetes.Interface, object *networkingv1.Ingress) error {
	return client.NetworkingV1().RESTClient().Post().Namespace(object.Namespace).Resource("ingresses").
		VersionedParams(&metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}, scheme.ParameterCodec).
		Body(object).MaxRetries(0).Do(ctx).Error()
}

// overloaded tells whether the webhook refused a write unjudged.
func overloaded(err error) bool {
	return err != nil && strings.Contains(err.Error(), "tollgate webhook is overloaded")
}
