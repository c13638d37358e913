package v1alpha1_test

import (
	"encoding/json"
	"flag"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

var seed = flag.Int64("seed", 1, "what the random values begin with; another one explores")

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
	codecs := serializer.NewCodecFactory(scheme)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			fill := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, raw), rand.NewSource(*seed), codecs)
			roundtrip.RoundTripSpecificKindWithoutProtobuf(t, v1alpha1.GroupVersion().WithKind(kind), scheme, codecs, fill, nil)
		})
	}
}
