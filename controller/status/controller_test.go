package status

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/tenancy"
)

// world is one organization, one project and one price table, as informers show
// them, and what is written to them.
type world struct {
	client.SubResourceWriter // anything but Apply panics
	mu                       sync.Mutex
	organization             *v1alpha1.Organization
	project                  *v1alpha1.Project
	table                    *v1alpha1.PriceTable
	applied                  []*unstructured.Unstructured
	written                  []string
	err                      error
}

func (w *world) Snapshot() *tenancy.Directory {
	return tenancy.NewDirectory([]*v1alpha1.Organization{w.organization}, []*v1alpha1.Project{w.project})
}

func (w *world) PriceTables() []PriceTable {
	return []PriceTable{{Object: w.table, Table: price.NewTable(nil)}}
}

func (w *world) Changed() <-chan struct{} { return nil }

func (w *world) Status() client.SubResourceWriter { return w }

func (w *world) Apply(_ context.Context, object runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		return err
	}
	w.applied = append(w.applied, u)
	return nil
}

func (w *world) StatusWritten(kind string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		kind += " failed"
	}
	w.written = append(w.written, kind)
}

// kinds returns the kinds that were written since the last call.
func (w *world) kinds() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	kinds := w.written
	w.written = nil
	slices.Sort(kinds)
	return kinds
}

// arrive has the informers show what was applied last to the project.
func (w *world) arrive(t *testing.T, version string) {
	t.Helper()
	for _, u := range w.applied {
		if u.GetKind() != "Project" {
			continue
		}
		fresh := w.project.DeepCopy()
		status, _, err := unstructured.NestedMap(u.Object, "status")
		if err != nil {
			t.Fatal(err)
		}
		fresh.Status = v1alpha1.ProjectStatus{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &fresh.Status); err != nil {
			t.Fatal(err)
		}
		fresh.ResourceVersion = version
		w.project = fresh
	}
}

func TestOnlyWhatDiffersIsWritten(t *testing.T) {
	t.Parallel()
	w := &world{
		organization: organization("acme", 1, nil), project: project("acme", "acme"),
		table: &v1alpha1.PriceTable{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "uid-of-table"}},
	}
	w.organization.ResourceVersion, w.project.ResourceVersion, w.table.ResourceVersion = "1", "1", "1"
	now := instant(0)
	c := New(Config{Source: w, Client: w, Observer: w, Ledger: func(string) bool { return true }, Now: func() time.Time { return now }})
	round := func(what string, want ...string) {
		t.Helper()
		now = now.Add(time.Second)
		if !c.round(t.Context()) {
			t.Errorf("%s: not everything was written", what)
		}
		if diff := cmp.Diff(want, w.kinds()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	round("the first time", "Organization", "PriceTable", "Project")
	for _, u := range w.applied {
		if u.GetUID() == "" || u.GroupVersionKind().GroupVersion() != v1alpha1.GroupVersion() {
			t.Errorf("applied without a UID or a version: %v", u.Object)
		}
		if _, has := u.Object["spec"]; has {
			t.Errorf("a spec was applied: %v", u.Object)
		}
	}
	round("before the informers show it")
	w.arrive(t, "2")
	since := w.project.Status.Conditions[0].LastTransitionTime
	round("when they do")

	// The organization no longer lists the namespace.
	w.organization = w.organization.DeepCopy()
	w.organization.Spec.Namespaces = nil
	round("the project loses its namespace", "Project")
	w.arrive(t, "3")
	accepted := w.project.Status.Conditions[0]
	if accepted.Status != metav1.ConditionFalse || !accepted.LastTransitionTime.After(since.Time) {
		t.Errorf("not accepted, since when? %+v", accepted)
	}

	// A new generation says the same: written, with the times that were.
	w.project = w.project.DeepCopy()
	w.project.Generation++
	w.project.ResourceVersion = "4"
	round("a new generation", "Project")
	w.arrive(t, "5")
	if got := w.project.Status.Conditions[0]; !got.LastTransitionTime.Equal(&accepted.LastTransitionTime) || got.ObservedGeneration != 5 {
		t.Errorf("an unchanged condition has another time: %+v", got)
	}

	// What others wrote beside is theirs.
	w.project = w.project.DeepCopy()
	w.project.Status.Conditions = append(w.project.Status.Conditions, metav1.Condition{Type: "Reviewed", Status: metav1.ConditionTrue})
	w.project.ResourceVersion = "6"
	round("a foreign condition")
	w.project = w.project.DeepCopy()
	w.project.Status.Conditions[0].Message = "by hand"
	w.project.ResourceVersion = "7"
	round("our condition changed by hand", "Project")
}

func TestFailedWritesAreRepeated(t *testing.T) {
	t.Parallel()
	w := &world{
		organization: organization("acme", 1, nil), project: project("acme", "acme"),
		table: &v1alpha1.PriceTable{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "uid-of-table"}},
		err:   errors.New("away"),
	}
	c := New(Config{Source: w, Client: w, Observer: w, Ledger: func(string) bool { return true }, Now: time.Now})
	if c.round(t.Context()) {
		t.Error("it says that everything was written")
	}
	if diff := cmp.Diff([]string{"Organization failed", "PriceTable failed", "Project failed"}, w.kinds()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.err = apierrors.NewNotFound(schema.GroupResource{}, "gone")
	if !c.round(t.Context()) || w.kinds() != nil {
		t.Error("an object that is gone counts as a failure")
	}
	w.err = nil
	if !c.round(t.Context()) || len(w.kinds()) != 3 {
		t.Error("what failed was not repeated")
	}
}
