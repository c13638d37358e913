package objects

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

func table(name string, models ...v1alpha1.ModelPrice) *v1alpha1.PriceTable {
	return &v1alpha1.PriceTable{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PriceTableSpec{Models: models}}
}

func TestOnlyChangedTablesAreCompiled(t *testing.T) {
	t.Parallel()
	good := v1alpha1.ModelPrice{Model: "gpt-4o", Mode: v1alpha1.Chat, Rates: v1alpha1.Rates{Input: ptr.To(v1alpha1.Price("2.5")), Output: ptr.To(v1alpha1.Price("10"))}}
	a, b := table("a", good), table("b", good, good) // b prices a model twice
	first := (&prices{}).next([]*v1alpha1.PriceTable{a, b})
	if got := first.tables["a"]; got.table == nil || len(got.problems) != 0 {
		t.Errorf("a: %+v", got)
	}
	if got := first.tables["b"]; len(got.problems) == 0 {
		t.Errorf("a model that is priced twice is no problem: %+v", got)
	}
	changed := table("b", good)
	second := first.next([]*v1alpha1.PriceTable{a, changed})
	if second.tables["a"].table != first.tables["a"].table {
		t.Error("a was compiled again")
	}
	if got := second.tables["b"]; len(got.problems) != 0 {
		t.Errorf("b after the change: %+v", got)
	}
	if third := second.next([]*v1alpha1.PriceTable{changed}); len(third.tables) != 1 {
		t.Errorf("a was deleted: %+v", third.tables)
	}
}

func TestObjectsAreLightened(t *testing.T) {
	t.Parallel()
	p := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "chat", Labels: map[string]string{"a": "b"},
		Annotations: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"}, ManagedFields: []metav1.ManagedFieldsEntry{{}}}}
	got, err := lighten(p)
	if err != nil || len(p.Annotations) != 0 || len(p.ManagedFields) != 0 || p.Name != "chat" || got != any(p) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := lighten("a tombstone"); err != nil {
		t.Error(err)
	}
}
