package settings_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/settings"
)

func TestLoad(t *testing.T) {
	with := func(change func(*settings.Settings)) *settings.Settings {
		s := settings.Default()
		change(s)
		return s
	}
	digest := "sha256:" + strings.Repeat("0a", 32)
	for _, tc := range []struct {
		name, file string
		want       *settings.Settings
	}{
		{name: "an empty file", want: settings.Default()},
		{name: "a file of comments", file: "# nothing yet\n---\n# still nothing\n", want: settings.Default()},
		{name: "JSON", file: `{"unownedNamespaces": "Deny"}`, want: with(func(s *settings.Settings) { s.UnownedNamespaces = settings.DenyUnowned })},
		{
			name: "a list replaces the default list, and other fields stay", file: "gateway: {ingressClasses: [edge]}\nadmins: {users: [root]}",
			want: with(func(s *settings.Settings) {
				s.Gateway.IngressClasses = []string{"edge"}
				s.Admins.Users = []string{"root"}
			}),
		},
		{
			name: "null is an empty list", file: "admins: {groups: null}\nroutes: {annotations: []}",
			want: with(func(s *settings.Settings) { s.Admins.Groups, s.Routes.Annotations = []string{}, []string{} }),
		},
		{
			name: "a tenant's plugin", file: "plugins: {tenant: [{plugin: registry.example.com/plugins/transformer, digest: '" + digest + "', maxPriority: 20}]}",
			want: with(func(s *settings.Settings) {
				s.Plugins.Tenant = []settings.TenantPlugin{{Plugin: "registry.example.com/plugins/transformer", Digest: digest, MaxPriority: 20}}
			}),
		},
		{
			name: "a policy", file: "policies: {route-hosts: {webhook: Warn, parameters: {depth: 3}}}",
			want: with(func(s *settings.Settings) {
				s.Policies["route-hosts"] = settings.Policy{Webhook: v1alpha1.PolicyWarn, Parameters: map[string]any{"depth": float64(3)}}
			}),
		},
		{
			name: "addresses", file: "registries: {allowed: [api.openai.com, .example.com, 203.0.113.0/24, 203.0.113.9]}",
			want: with(func(s *settings.Settings) {
				s.Registries.Allowed = []string{"api.openai.com", ".example.com", "203.0.113.0/24", "203.0.113.9"}
			}),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := settings.Load([]byte(tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

// An error names the field, so that a person finds the line.
func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct{ name, file, want string }{
		{name: "a field that does not exist", file: "gatway: {}", want: "gatway"},
		{name: "one below", file: "plugins: {requird: []}", want: "requird"},
		{name: "a key that stands twice", file: "admins: {}\nadmins: {}", want: "admins"},
		{name: "a value of another type", file: "gateway: {ingressClasses: higress}", want: "ingressClasses"},
		{name: "two documents", file: "unownedNamespaces: Warn\n---\nunownedNamespaces: Deny", want: "more than one document"},
		{name: "no YAML", file: "a: [", want: "yaml"},
		{name: "a list for the whole", file: "[a]", want: "cannot unmarshal"},
		{name: "a word that is none of the choices", file: "unownedNamespaces: warn", want: `unownedNamespaces: "warn" is not one of Warn, Deny, Ignore`},
		{name: "an empty class's choice", file: "gateway: {emptyClass: Maybe}", want: "gateway.emptyClass"},
		{name: "no gateway namespace", file: "gateway: {namespace: ''}", want: "gateway.namespace"},
		{name: "a gateway where nothing is judged", file: "gateway: {namespace: kube-system}", want: "gateway.namespace: the webhook is never asked"},
		{name: "a gateway beside the webhook", file: "gateway: {namespace: tollgate-system}", want: "gateway.namespace: the webhook is never asked"},
		{name: "nothing is Higress's", file: "gateway: {ingressClasses: [], ingressControllers: [], gatewayClasses: [], controllers: []}", want: "nothing would be judged"},
		{name: "everybody is an admin", file: "admins: {groups: ['system:authenticated']}", want: "admins.groups[0]"},
		{name: "an admin without a name", file: "admins: {users: ['']}", want: "admins.users[0]"},
		{name: "a service account without a name", file: "system: {serviceAccounts: [{namespace: a}]}", want: "system.serviceAccounts[0].name"},
		{name: "a name twice", file: "plugins: {guards: [a, a]}", want: "plugins.guards[1]"},
		{name: "a registry with a scheme", file: "plugins: {registries: ['oci://x.example']}", want: "plugins.registries[0]"},
		{name: "a tag for a digest", file: "plugins: {tenant: [{plugin: x.example/p, digest: latest}]}", want: "plugins.tenant[0].digest"},
		{name: "an annotation with its prefix", file: "routes: {annotations: [higress.io/timeout]}", want: "routes.annotations[0]"},
		{name: "a star in the middle", file: "routes: {annotations: ['a*b']}", want: "routes.annotations[0]"},
		{name: "a CIDR with bits behind its prefix", file: "registries: {allowed: [203.0.113.9/24]}", want: "registries.allowed[0]"},
		{name: "an action that is none", file: "policies: {route-hosts: {review: deny}}", want: "policies.route-hosts.review"},
		{name: "a policy id that is none", file: "policies: {Route_Hosts: {}}", want: "policies.Route_Hosts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := settings.Load([]byte(tc.file))
			if err == nil {
				t.Fatalf("taken: %+v", s)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %q does not hold %q", err, tc.want)
			}
		})
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := settings.Load([]byte("unownedNamespaces: x\ngateway: {namespace: X}\nplugins: {guards: [A]}"))
	if err == nil {
		t.Fatal("taken")
	}
	want := `the settings cannot be used:
gateway.namespace: "X" must be a DNS label: at most 63 lower-case letters, digits and hyphens
unownedNamespaces: "x" is not one of Warn, Deny, Ignore
plugins.guards[0]: "A" must be an object's name: lower-case letters, digits, hyphens and dots`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestDefaultIsValid(t *testing.T) {
	if err := settings.Default().Validate(); err != nil {
		t.Error(err)
	}
}

// Policies find every field: no list is null and none is left out.
func TestEveryFieldIsThere(t *testing.T) {
	s, err := settings.Load([]byte("admins: null\nplugins: null\nroutes: null\npolicies: null\nregistries: {allowed: null}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*settings.Settings{"the default": settings.Default(), "a file of nulls": s} {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "null") {
			t.Errorf("%s holds null: %s", name, raw)
		}
		var fields struct {
			Admins map[string][]any
		}
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for _, list := range []string{"users", "groups", "serviceAccounts"} {
			if _, ok := fields.Admins[list]; !ok {
				t.Errorf("%s: admins.%s is left out", name, list)
			}
		}
	}
}

func TestIsGuard(t *testing.T) {
	p := settings.Plugins{Guards: []string{"a"}, IdentityHeaders: "b", Required: []string{"c"}, Platform: []string{"d"}}
	for name, want := range map[string]bool{"a": true, "b": true, "c": true, "d": false, "": false} {
		if got := p.IsGuard(name); got != want {
			t.Errorf("IsGuard(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{"", "gateway: {}", "a: [", "---\n---\n", "policies: {x: {parameters: {a: .inf}}}", "admins: {users: [a, a]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := settings.Load(file)
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("%q was taken and is not valid: %v", file, err)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("%q was taken and cannot be given to policies: %v", file, err)
		}
	})
}
