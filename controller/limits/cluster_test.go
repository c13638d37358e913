package limits

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

// cluster is an Organization with one Project as kube-apiserver keeps it, the
// informers that follow, and a real ledger.
type cluster struct {
	*testing.T
	client.SubResourceWriter // anything but Apply panics
	ledger                   *ledger.Ledger
	flush                    func() error
	source                   *source

	mu      sync.Mutex
	org     *v1alpha1.Organization
	budget  *v1alpha1.Budget // of the project
	refuses map[string]bool  // verdicts that cannot be written
	tried   map[string]int   // writes by verdict, in vain or not
}

func newCluster(t *testing.T) *cluster {
	redis := clustertest.Redis(t).Client()
	t.Cleanup(func() { _ = redis.Close() }) // nothing is written through it any more
	c := &cluster{T: t, ledger: ledger.New(redis), source: newSource(directory(nil)), tried: map[string]int{}, refuses: map[string]bool{},
		flush:  func() error { return redis.FlushAll(context.Background()).Err() },
		budget: &v1alpha1.Budget{Limit: "20", Period: v1alpha1.Total}}
	c.org = organization("acme", "one", "100")
	c.org.UID, c.org.ResourceVersion, c.org.Spec.Budget.Period = "uid", "1", v1alpha1.Total
	c.change(func() {})
	return c
}

// change changes the objects, and lets the informers see it.
func (c *cluster) change(f func()) {
	c.unseen(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	p := project("chat", "acme", v1alpha1.Group{Name: "eng", UserBudget: &v1alpha1.Budget{Limit: "20", Period: v1alpha1.Total}})
	p.Spec.Budget = c.budget
	c.source.set(directory([]*v1alpha1.Organization{c.org}, p))
}

// unseen changes the objects, and the informers are late.
func (c *cluster) unseen(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.org = c.org.DeepCopy()
	version, err := strconv.Atoi(c.org.ResourceVersion)
	if err != nil {
		c.Fatal(err)
	}
	c.org.ResourceVersion = strconv.Itoa(version + 1)
	f()
}

func (c *cluster) ask(text string) {
	c.change(func() { c.org.Annotations = map[string]string{v1alpha1.AnnotationReset: text} })
}

// limit changes the project's limit and waits until it is in force, so that the
// controller has looked at everything since.
func (c *cluster) limit(dollars v1alpha1.Limit) {
	c.Helper()
	for _, limit := range []v1alpha1.Limit{"99", dollars} { // the second look comes after all that the first one led to
		c.change(func() { b := *c.budget; b.Limit = limit; c.budget = &b })
		c.eventually("limit "+string(limit), func() error {
			if v := c.view("acme.chat"); v.Limit.String() != string(limit)+".00" {
				return fmt.Errorf("limit %s", v.Limit)
			}
			return nil
		})
	}
}

func (c *cluster) Ledger(name string) (Ledger, bool) { return c.ledger, name == "one" }

func (c *cluster) Wrote(string, string, Cause, Written, error) {}
func (c *cluster) Checked(string, string, error)               {}
func (c *cluster) Forgot(string, string)                       {}

func (c *cluster) Status() client.SubResourceWriter { return c }

// Apply writes the condition Reset as kube-apiserver would.
func (c *cluster) Apply(_ context.Context, object runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		return err
	}
	var status v1alpha1.OrganizationStatus
	if fields, ok, _ := unstructured.NestedMap(u.Object, "status"); ok {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &status); err != nil {
			return err
		}
	}
	reason := "none"
	if len(status.Conditions) > 0 {
		reason = status.Conditions[0].Reason
	}
	c.mu.Lock()
	c.tried[reason]++
	refuses, stale := c.refuses[reason], u.GetResourceVersion() != "" && u.GetResourceVersion() != c.org.ResourceVersion || u.GetUID() != c.org.UID
	c.mu.Unlock()
	switch {
	case refuses:
		return errors.New("kube-apiserver is away")
	case stale:
		return apierrors.NewConflict(schema.GroupResource{Resource: "organizations"}, "acme", errors.New("it has changed"))
	}
	c.change(func() {
		meta.RemoveStatusCondition(&c.org.Status.Conditions, resets.TypeReset)
		c.org.Status.Conditions = append(slices.Clone(c.org.Status.Conditions), status.Conditions...)
	})
	return nil
}

// start runs a controller until stop is called, or the test ends.
func (c *cluster) start() (stop func()) {
	ctx, cancel := context.WithCancel(c.Context())
	done := make(chan struct{})
	l := New(Config{Source: c.source, Ledgers: c, Observer: c, Now: time.Now,
		Resets: resets.Recorder{Client: c, Events: events.NewFakeRecorder(100), Now: time.Now}})
	go func() { defer close(done); l.Run(ctx) }()
	stop = func() { cancel(); <-done }
	c.Cleanup(stop)
	return stop
}

func (c *cluster) eventually(what string, check func() error) {
	c.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("never happened: %s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// recorded waits for a verdict in the organization's status; "" for none.
func (c *cluster) recorded(reason string) *metav1.Condition {
	c.Helper()
	var found *metav1.Condition
	c.eventually("the condition Reset says "+reason, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		found = meta.FindStatusCondition(c.org.Status.Conditions, resets.TypeReset)
		if found == nil && reason == "" || found != nil && found.Reason == reason {
			return nil
		}
		return fmt.Errorf("%+v", found)
	})
	return found
}

func (c *cluster) view(path ledger.Path) ledger.NodeView {
	c.Helper()
	views, err := c.ledger.Nodes(c.Context(), "acme", []ledger.Path{path})
	if err != nil {
		c.Fatal(err)
	}
	return views[0]
}

func (c *cluster) reserve(id string, amount money.Amount) {
	c.Helper()
	c.eventually("a reserve", func() error {
		_, err := c.ledger.Reserve(c.Context(), ledger.Reservation{ID: id, Path: "acme.chat.eng.ann", Amount: amount, TTL: 10 * time.Minute})
		return err
	})
}

func (c *cluster) held(what string, path ledger.Path, amount money.Amount) {
	c.Helper()
	if v := c.view(path); v.Held != amount || v.Err != nil {
		c.Errorf("%s: %s holds %s, want %s; %v", what, path, v.Held, amount, v.Err)
	}
}
