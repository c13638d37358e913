package encode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/encode"
)

func codecs(t testing.TB) *encode.Codecs {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := metering.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return encode.NewCodecs(scheme)
}

// encoder is what the generic server uses for application/json.
func encoder(t testing.TB) runtime.Encoder {
	t.Helper()
	c := codecs(t)
	info, ok := runtime.SerializerInfoForMediaType(c.SupportedMediaTypes(), runtime.ContentTypeJSON)
	if !ok {
		t.Fatal("no JSON")
	}
	return c.EncoderForVersion(info.Serializer, metering.GroupVersion())
}

func times() *rapid.Generator[metav1.Time] {
	return rapid.Custom(func(t *rapid.T) metav1.Time {
		if rapid.IntRange(0, 5).Draw(t, "zero") == 0 {
			return metav1.Time{}
		}
		zone := time.FixedZone("x", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		return metav1.NewTime(time.Unix(rapid.Int64Range(-1<<33, 1<<35).Draw(t, "time"), 0).In(zone))
	})
}

func optional[T any](g *rapid.Generator[T]) *rapid.Generator[*T] {
	return rapid.Custom(func(t *rapid.T) *T {
		if rapid.Bool().Draw(t, "nil") {
			return nil
		}
		return ptr.To(g.Draw(t, "value"))
	})
}

// texts are what names and messages hold, and what must be escaped.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9.-]{0,20}`), rapid.String(),
		rapid.SampledFrom([]string{`"`, `\`, "<&>", "\u2028", "\xff", "\x7f", "\n", "ä", "a\x00b"}))
}

func budgets() *rapid.Generator[metering.Budget] {
	return rapid.Custom(func(t *rapid.T) metering.Budget {
		text := func(name string) string { return texts().Draw(t, name) }
		b := metering.Budget{
			ObjectMeta: metav1.ObjectMeta{
				Name: text("name"), Namespace: text("namespace"), UID: types.UID(text("uid")),
				CreationTimestamp: times().Draw(t, "created"),
				Labels:            rapid.MapOfN(texts(), texts(), 0, 12).Draw(t, "labels"),
			},
			Spec: metering.BudgetSpec{
				Level: metering.Level(text("level")), Organization: text("organization"), Project: text("project"), Group: text("group"),
				User: text("user"), Default: rapid.Bool().Draw(t, "default"), Limit: text("limit"), Period: text("period"),
				TimeZone: text("zone"), AlertThresholds: rapid.SliceOfN(rapid.Int32(), 0, 3).Draw(t, "thresholds"), Enforcement: text("enforcement"),
			},
			Status: metering.BudgetStatus{
				State: metering.State(text("state")), Limit: text("limit"), Enforcement: text("enforcement"), Spent: text("spent"),
				Held: text("held"), Remaining: text("remaining"), UsedPercent: text("used"),
				WindowStart: optional(times()).Draw(t, "start"), ResetsAt: optional(times()).Draw(t, "resets"),
				LastUsed: optional(times()).Draw(t, "last"), AsOf: optional(times()).Draw(t, "asof"),
			},
		}
		for range rapid.IntRange(0, 3).Draw(t, "conditions") {
			b.Status.Conditions = append(b.Status.Conditions, metav1.Condition{
				Type: text("type"), Status: metav1.ConditionStatus(text("status")), Reason: text("reason"), Message: text("message"),
				ObservedGeneration: rapid.Int64Range(0, 1).Draw(t, "generation"), LastTransitionTime: times().Draw(t, "since"),
			})
		}
		switch rapid.IntRange(0, 12).Draw(t, "other metadata") {
		case 0:
			b.Annotations = map[string]string{text("annotation"): "x"}
		case 1:
			b.ResourceVersion = text("version")
		case 2:
			b.Finalizers = []string{text("finalizer")}
		case 3:
			b.TypeMeta = metav1.TypeMeta{Kind: text("kind"), APIVersion: text("apiVersion")}
		}
		return b
	})
}

func TestListsAreWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	enc := encoder(t)
	rapid.Check(t, func(t *rapid.T) {
		meta := metav1.ListMeta{Continue: texts().Draw(t, "continue"), RemainingItemCount: optional(rapid.Int64()).Draw(t, "remaining")}
		items := rapid.SliceOfN(budgets(), 0, 5).Draw(t, "items")
		if rapid.IntRange(0, 9).Draw(t, "nil") == 0 {
			items = nil
		}
		lists := []runtime.Object{&metering.BudgetList{ListMeta: meta, Items: items}}
		var same []metering.OrganizationBudget
		for _, b := range items {
			same = append(same, metering.OrganizationBudget(b))
		}
		lists = append(lists, &metering.OrganizationBudgetList{ListMeta: meta, Items: same})
		for _, list := range lists {
			var got, want bytes.Buffer
			if err := enc.Encode(list, &got); err != nil {
				t.Fatal(err)
			}
			// The codec has set kind and apiVersion, and clears them again.
			gvk := metering.GroupVersion().WithKind("BudgetList")
			if _, ok := list.(*metering.OrganizationBudgetList); ok {
				gvk.Kind = "OrganizationBudgetList"
			}
			list.GetObjectKind().SetGroupVersionKind(gvk)
			if err := json.NewEncoder(&want).Encode(list); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestOtherObjectsAreEncodedToo(t *testing.T) {
	t.Parallel()
	enc := encoder(t)
	for _, obj := range []runtime.Object{&metering.Budget{Spec: metering.BudgetSpec{Limit: "5"}}, &metering.UsageList{Items: []metering.Usage{{}}}, &metav1.Status{Message: "no"}} {
		var got bytes.Buffer
		if err := enc.Encode(obj, &got); err != nil || !json.Valid(got.Bytes()) {
			t.Errorf("%T: %v: %s", obj, err, got.String())
		}
	}
}

func TestOnlyJSONAndYAMLAreOffered(t *testing.T) {
	t.Parallel()
	var got []string
	for _, info := range codecs(t).SupportedMediaTypes() {
		got = append(got, info.MediaType)
	}
	if diff := cmp.Diff([]string{"application/json", "application/yaml"}, got); diff != "" {
		t.Error(diff)
	}
}

// choked fails after some bytes, as a client that goes away.
type choked struct{ left int }

var errGone = errors.New("gone")

func (c *choked) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		return 0, errGone
	}
	return len(p), nil
}

func TestAClientThatGoesIsNoticed(t *testing.T) {
	t.Parallel()
	enc := encoder(t)
	list := &metering.BudgetList{Items: make([]metering.Budget, 5000)}
	for _, left := range []int{0, 300 << 10} {
		if err := enc.Encode(list, &choked{left: left}); !errors.Is(err, errGone) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
	// The pooled buffer holds nothing of the answer that failed.
	var got bytes.Buffer
	if err := enc.Encode(&metering.BudgetList{}, &got); err != nil || got.Len() > 200 {
		t.Errorf("%v: %s", err, got.String())
	}
}

func BenchmarkList(b *testing.B) {
	enc := encoder(b)
	item := metering.Budget{
		ObjectMeta: metav1.ObjectMeta{Name: "chat.engineers.alice", Namespace: "acme-chat", UID: "335a22f2-ffb6-5123-90b2-7f3517ea27e2",
			Labels: map[string]string{"organization": "acme", "project": "chat", "group": "engineers", "user": "alice", "level": "User"}},
		Spec: metering.BudgetSpec{Level: "User", Organization: "acme", Project: "chat", Group: "engineers", User: "alice", Limit: "100",
			Period: "Monthly", TimeZone: "Europe/Berlin", AlertThresholds: []int32{80}, Enforcement: "Block"},
		Status: metering.BudgetStatus{State: "Active", Limit: "100.00", Enforcement: "Block", Spent: "12.34", Held: "0.00", Remaining: "87.66", UsedPercent: "12.3",
			Conditions: []metav1.Condition{{Type: "Available", Status: "True", Reason: "Read"}, {Type: "InForce", Status: "True", Reason: "AsSpecified"}}},
	}
	list := &metering.BudgetList{Items: make([]metering.Budget, 10_000)}
	for i := range list.Items {
		list.Items[i] = item
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := enc.Encode(list, &bytes.Buffer{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(list); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A row has the fields by which kubectl can sort also when nothing is known of
// it: with --sort-by it finds no resources when no row has the field.
func TestWhatIsUnknownIsNull(t *testing.T) {
	t.Parallel()
	enc := encoder(t)
	times := []string{"windowStart", "resetsAt", "lastUsed"}
	for _, tt := range []struct {
		name string
		obj  runtime.Object
		want []string
	}{
		{name: "a list of budgets", obj: &metering.BudgetList{Items: []metering.Budget{{}}}, want: times},
		{name: "a list of organizations' budgets", obj: &metering.OrganizationBudgetList{Items: []metering.OrganizationBudget{{}}}, want: times},
		{name: "one budget", obj: &metering.Budget{}, want: times},
		{name: "a list of usage", obj: &metering.UsageList{Items: []metering.Usage{{}}}, want: []string{"requests", "inputTokens", "outputTokens", "totalTokens"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var raw bytes.Buffer
			if err := enc.Encode(tt.obj, &raw); err != nil {
				t.Fatal(err)
			}
			type row struct {
				Status map[string]any `json:"status"`
			}
			var got struct {
				row
				Items []row `json:"items"`
			}
			if err := json.Unmarshal(raw.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			status := got.Status
			if len(got.Items) > 0 {
				status = got.Items[0].Status
			}
			for _, field := range tt.want {
				if value, ok := status[field]; !ok || value != nil {
					t.Errorf("%s is %v, and there: %t; want null: %s", field, value, ok, raw.String())
				}
			}
		})
	}
}
