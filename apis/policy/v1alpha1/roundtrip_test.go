package v1alpha1_test

import (
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"tollgate.dev/tollgate/apis/policy/v1alpha1"
)

// Every type survives deep copies, JSON and back, filled with random values:
// a field without a tag, or two with one name, would be lost.
func TestRoundTrip(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for kind, goType := range scheme.KnownTypes(v1alpha1.GroupVersion()) {
		if goType.PkgPath() == reflect.TypeFor[v1alpha1.PolicyViolation]().PkgPath() {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	want := []string{"ClusterPolicyViolation", "ClusterPolicyViolationList", "PolicyViolation", "PolicyViolationList"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Fatalf("kinds (-want +got):\n%s", diff)
	}

	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	codecs := serializer.NewCodecFactory(scheme)
	fill := fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), codecs)
	roundtrip.RoundTripExternalTypesWithoutProtobuf(t, scheme, codecs, fill, nil)
}
