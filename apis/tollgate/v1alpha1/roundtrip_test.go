package v1alpha1_test

import (
	"encoding/json"
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
	"sigs.k8s.io/randfill"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
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
		if goType.PkgPath() == reflect.TypeFor[v1alpha1.Budget]().PkgPath() {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	want := []string{"AdmissionPolicy", "AdmissionPolicyList", "Organization", "OrganizationList", "PriceTable", "PriceTableList", "Project", "ProjectList"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Fatalf("kinds (-want +got):\n%s", diff)
	}

	raw := func(serializer.CodecFactory) []any {
		return []any{func(r *runtime.RawExtension, c randfill.Continue) {
			content, err := json.Marshal(map[string]any{"a": c.Int63() >> 11, "b": []string{"x"}, "c": nil})
			if err != nil {
				panic(err)
			}
			r.Raw = content
		}}
	}
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	codecs := serializer.NewCodecFactory(scheme)
	fill := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, raw), rand.NewSource(seed), codecs)
	roundtrip.RoundTripExternalTypesWithoutProtobuf(t, scheme, codecs, fill, nil)
}
