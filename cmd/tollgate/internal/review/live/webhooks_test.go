package live

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/manifests/webhook/base"
)

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	return u
}

const head = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"

func TestOwn(t *testing.T) {
	const (
		theirs = "- {name: theirs, clientConfig: {service: {name: theirs, namespace: tollgate-system}}}\n"
		far    = "- {name: far, clientConfig: {url: 'https://tollgate-webhook.example'}}\n"
		ours   = "- {name: ours, clientConfig: {service: {name: tollgate-webhook, namespace: elsewhere}}}\n"
	)
	tests := []struct {
		name, text string
		want       []string // webhooks; nil for a configuration that is not Tollgate's
	}{
		{"by its name, all of it", "metadata: {name: tollgate}\nwebhooks:\n" + far + ours, []string{"far", "ours"}},
		{"by its name, and empty", "metadata: {name: tollgate}\n", []string{}},
		{"by the Service, and nothing else", "metadata: {name: mine-tollgate}\nwebhooks:\n" + theirs + ours + far, []string{"ours"}},
		{"somebody else's", "metadata: {name: theirs}\nwebhooks:\n" + theirs + far, nil},
		{"nothing", "metadata: {name: theirs}\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := own(parse(t, head+tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if u != nil {
				got = []string{}
				all, _, _ := unstructured.NestedSlice(u.Object, "webhooks")
				for _, w := range all {
					got = append(got, w.(map[string]any)["name"].(string))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the manifests", func(t *testing.T) {
		for _, name := range []string{"validating.yaml", "mutating.yaml"} {
			raw, err := fs.ReadFile(base.Files(), name)
			if err != nil {
				t.Fatal(err)
			}
			u := parse(t, string(raw))
			all, _, _ := unstructured.NestedSlice(u.Object, "webhooks")
			if u.GetName() != ConfigurationName || len(all) == 0 {
				t.Errorf("%s is called %s and has %d webhooks", name, u.GetName(), len(all))
			}
			u.SetName("prefixed")
			if u, err = own(u); err != nil || u == nil {
				t.Fatalf("%s is not known by its Service: %v", name, err)
			}
			if ours, _, _ := unstructured.NestedSlice(u.Object, "webhooks"); len(ours) != len(all) {
				t.Errorf("%s: %d of %d webhooks are known by their Service", name, len(ours), len(all))
			}
		}
	})
}

// TestUnderstood: a cluster may be newer than this program.
func TestUnderstood(t *testing.T) {
	const text = "metadata: {name: tollgate}\nwebhooks: [{name: a, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {}, failurePolicy: Ignore%s}]\n"
	for _, kind := range []string{"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"} {
		read := func(more string) *unstructured.Unstructured {
			u := parse(t, head+strings.Replace(text, "%s", more, 1))
			u.SetKind(kind)
			return u
		}
		plain, unknown, err := understood(read(""))
		if err != nil || unknown != nil {
			t.Fatalf("%s: %v, unknown %v", kind, err, unknown)
		}
		newer, unknown, err := understood(read(", newSelector: {a: b}"))
		if err != nil || unknown == nil || !strings.Contains(unknown.Error(), `unknown field "webhooks[0].newSelector"`) {
			t.Errorf("%s: %v, unknown %v", kind, err, unknown)
		}
		if diff := cmp.Diff(plain, newer); diff != "" {
			t.Errorf("%s: (-without the field +with it):\n%s", kind, diff)
		}
		if policy, _, _ := unstructured.NestedSlice(newer.Object, "webhooks"); newer.GetKind() != kind || policy[0].(map[string]any)["failurePolicy"] != "Ignore" {
			t.Errorf("%s became %v", kind, newer.Object)
		}
	}
	wrong := parse(t, head+"metadata: {name: tollgate}\nwebhooks: [{name: [a]}]\n")
	if _, _, err := understood(wrong); err == nil {
		t.Error("a name that is a list was read")
	}
}
