package objects

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

func TestWhatIsKeptOfMetadata(t *testing.T) {
	t.Parallel()
	const large = "kubectl.kubernetes.io/last-applied-configuration"
	for _, tt := range []struct {
		name       string
		has, keeps map[string]string
	}{
		{name: "nothing"},
		{name: "a copy of the object", has: map[string]string{large: "{}"}},
		{name: "what a reset asks for", has: map[string]string{large: "{}", v1alpha1.AnnotationReset: "acme@1970-01-01T00:00:00Z"},
			keeps: map[string]string{v1alpha1.AnnotationReset: "acme@1970-01-01T00:00:00Z"}},
	} {
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "acme", Annotations: tt.has, ManagedFields: []metav1.ManagedFieldsEntry{{}}}}
		got, err := lighten(o)
		want := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "acme", Annotations: tt.keeps}}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", tt.name, err, d)
		}
	}
}
