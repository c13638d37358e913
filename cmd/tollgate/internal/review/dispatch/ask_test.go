package dispatch_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
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

// asks is a request in a few words.
type asks struct {
	resource     string // "ingresses"
	op           admissionv1.Operation
	object, old  string
	user, groups string
}

func (a asks) request(t *testing.T, labels map[string]map[string]string) *dispatch.Request {
	t.Helper()
	u, old := object(t, a.object), object(t, a.old)
	of := u
	if of == nil {
		of = old
	}
	r := &dispatch.Request{
		Kind: of.GroupVersionKind(), Namespace: of.GetNamespace(), Name: of.GetName(), Operation: a.op, Options: &metav1.CreateOptions{},
		Object: u, Old: old, User: a.user, Versions: []string{"v1", "v1beta1"},
		NamespaceLabels: func(name string) map[string]string { return labels[name] },
	}
	if a.groups != "" {
		r.Groups = []string{a.groups}
	}
	r.Resource = schema.GroupVersionResource{Group: r.Kind.Group, Version: r.Kind.Version, Resource: a.resource}
	return r
}

// answer is what a test compares: who asks, or why nobody does.
type answer struct {
	Covered            bool
	Webhook, Condition string
	NotAsked           string
	Notes              []string
}

func brief(a dispatch.Answer) answer {
	out := answer{Covered: a.Covered, Webhook: a.Webhook, Condition: a.Condition, Notes: a.Notes}
	if !a.Asked {
		out.NotAsked = a.Reason
	}
	return out
}

const (
	kubeSystem = "system:serviceaccounts:kube-system"
	collector  = "system:serviceaccount:kube-system:generic-garbage-collector"
)

// TestDefault holds what Tollgate's own configurations ask about, on both sides
// of each rule, selector and condition.
func TestDefault(t *testing.T) {
	ingress := func(spec, annotations string) string {
		return "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: acme-chat, annotations: {" + annotations + "}}, spec: {" + spec + "}}"
	}
	secret := func(name, kind string) string {
		return "{apiVersion: v1, kind: Secret, metadata: {name: " + name + ", namespace: acme-chat}, type: " + kind + "}"
	}
	in := func(namespace string) string {
		return "{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: x, namespace: " + namespace + "}, spec: {}}"
	}
	const (
		ingresses    = "ingresses.validate.tollgate.dev"
		secrets      = "secrets.validate.tollgate.dev"
		services     = "services.validate.tollgate.dev"
		others       = "validate.tollgate.dev"
		alice        = "alice@acme.example"
		organization = "{apiVersion: tollgate.dev/v1alpha1, kind: Organization, metadata: {name: acme}, spec: {}}"
		class        = "ingressClassName: nginx"
		mine         = "ingressClassName: higress"
		annotated    = "kubernetes.io/ingress.class: "
		notOf        = "not-of-another-controller"
		system       = "not-a-controller-of-kubernetes"
	)
	asked := func(webhook string) answer { return answer{Covered: true, Webhook: webhook} }
	unmet := func(webhook, condition string) answer {
		return answer{true, webhook, condition, `the match condition "` + condition + `" of ` + webhook + ` is not met`, nil}
	}
	external := "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: acme-chat}, spec: {type: ExternalName, externalName: a.example}}"
	internal := "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: acme-chat}, spec: {ports: [{port: 80}]}}"
	tests := []struct {
		name     string
		asks     asks
		want     answer
		mutating answer
	}{
		{"an Ingress of the gateway", asks{"ingresses", "CREATE", ingress(mine, ""), "", alice, ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress of nobody in particular", asks{"ingresses", "CREATE", ingress(mine, ""), "", "", ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress without a class", asks{"ingresses", "CREATE", ingress("", ""), "", alice, ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress of nginx", asks{"ingresses", "CREATE", ingress(class, ""), "", alice, ""}, unmet(ingresses, notOf), unmet("ingresses.mutate.tollgate.dev", notOf)},
		{"an Ingress of nginx in both ways", asks{"ingresses", "CREATE", ingress(class, annotated+"traefik"), "", alice, ""}, unmet(ingresses, notOf), unmet("ingresses.mutate.tollgate.dev", notOf)},
		{"an Ingress of nginx by its class, of the gateway by annotation", asks{"ingresses", "CREATE", ingress(class, annotated+"higress"), "", alice, ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress of nginx by annotation alone", asks{"ingresses", "CREATE", ingress("", annotated+"nginx"), "", alice, ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress that leaves the gateway", asks{"ingresses", "UPDATE", ingress(class, ""), ingress(mine, ""), alice, ""}, asked(ingresses), asked("ingresses.mutate.tollgate.dev")},
		{"an Ingress that stays with nginx", asks{"ingresses", "UPDATE", ingress(class, ""), ingress(class, ""), alice, ""}, unmet(ingresses, notOf), unmet("ingresses.mutate.tollgate.dev", notOf)},
		{"an Ingress of nginx that goes", asks{"ingresses", "DELETE", "", ingress(class, ""), alice, ""}, unmet(ingresses, notOf), answer{true, "", "", "no webhook has a rule for DELETE of ingresses.networking.k8s.io", nil}},
		{"an Ingress that is collected", asks{"ingresses", "DELETE", "", ingress(mine, ""), collector, kubeSystem}, unmet(ingresses, system), answer{true, "", "", "no webhook has a rule for DELETE of ingresses.networking.k8s.io", nil}},
		{"an Ingress of somebody with the collector's name alone", asks{"ingresses", "DELETE", "", ingress(mine, ""), collector, ""}, asked(ingresses), answer{true, "", "", "no webhook has a rule for DELETE of ingresses.networking.k8s.io", nil}},
		{"a Secret", asks{"secrets", "CREATE", secret("key", "Opaque"), "", alice, ""}, asked(secrets), answer{NotAsked: "no webhook has a rule for CREATE of secrets"}},
		{"a release of Helm", asks{"secrets", "CREATE", secret("sh.helm.release.v1.web.v1", "helm.sh/release.v1"), "", alice, ""}, unmet(secrets, "may-be-the-gateways"), answer{NotAsked: "no webhook has a rule for CREATE of secrets"}},
		{"a release of Helm that goes", asks{"secrets", "DELETE", "", secret("sh.helm.release.v1.web.v1", "helm.sh/release.v1"), alice, ""}, unmet(secrets, "may-be-the-gateways"), answer{NotAsked: "no webhook has a rule for DELETE of secrets"}},
		{"a certificate with a dot that goes", asks{"secrets", "DELETE", "", secret("acme.example", "kubernetes.io/tls"), alice, ""}, asked(secrets), answer{NotAsked: "no webhook has a rule for DELETE of secrets"}},
		{"a certificate with a dot", asks{"secrets", "UPDATE", secret("acme.example", "kubernetes.io/tls"), secret("acme.example", "kubernetes.io/tls"), alice, ""}, unmet(secrets, "may-be-the-gateways"), answer{NotAsked: "no webhook has a rule for UPDATE of secrets"}},
		{"a Secret by a controller of Kubernetes", asks{"secrets", "DELETE", "", secret("key", "Opaque"), collector, kubeSystem}, unmet(secrets, system), answer{NotAsked: "no webhook has a rule for DELETE of secrets"}},
		{"another name for a host", asks{"services", "CREATE", external, "", alice, ""}, asked(services), answer{NotAsked: "no webhook has a rule for CREATE of services"}},
		{"a Service", asks{"services", "CREATE", internal, "", alice, ""}, unmet(services, "another-name"), answer{NotAsked: "no webhook has a rule for CREATE of services"}},
		{"another name for a host that goes", asks{"services", "DELETE", "", external, alice, ""}, answer{true, "", "", "no webhook has a rule for DELETE of services", nil}, answer{NotAsked: "no webhook has a rule for DELETE of services"}},
		{"a plugin", asks{"wasmplugins", "CREATE", in("higress-system"), "", alice, ""}, asked(others), asked("mutate.tollgate.dev")},
		{"a plugin in Tollgate's namespace", asks{"wasmplugins", "CREATE", in("tollgate-system"), "", alice, ""}, answer{true, others, "", "the namespaceSelector of validate.tollgate.dev leaves out the namespace tollgate-system", nil}, answer{true, "mutate.tollgate.dev", "", "the namespaceSelector of mutate.tollgate.dev leaves out the namespace tollgate-system", nil}},
		{"a plugin by kube-apiserver itself", asks{"wasmplugins", "CREATE", in("higress-system"), "", "system:apiserver", ""}, unmet(others, system), unmet("mutate.tollgate.dev", system)},
		{"what is in no namespace", asks{"organizations", "CREATE", organization, "", alice, ""}, asked(others), answer{NotAsked: "no webhook has a rule for CREATE of organizations.tollgate.dev"}},
		{"what nothing asks about", asks{"pods", "CREATE", "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: acme-chat}}", "", alice, ""}, answer{NotAsked: "no webhook has a rule for CREATE of pods"}, answer{NotAsked: "no webhook has a rule for CREATE of pods"}},
	}
	c, err := dispatch.Default()
	if err != nil {
		t.Fatal(err)
	}
	// Nobody can take the label away by which namespaces are left out.
	labels := map[string]map[string]string{"tollgate-system": {"team": "x"}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.asks.request(t, labels)
			got, err := c.Validating(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
				t.Errorf("validation (-want +got):\n%s", diff)
			}
			if got, err = c.Mutating(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.mutating, brief(got)); diff != "" {
				t.Errorf("mutation (-want +got):\n%s", diff)
			}
			if covers := c.Covers(r); covers != tt.want.Covered {
				t.Errorf("Covers is %t", covers)
			}
		})
	}
	// No configurations ask about everything.
	var none *dispatch.Configurations
	if a, err := none.Validating(t.Context(), nil); err != nil || !a.Asked || !none.Covers(nil) {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestUse holds configurations of one's own to what kube-apiserver does with them.
func TestUse(t *testing.T) {
	const (
		head   = "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: mine}, webhooks: [{name: mine.example, "
		rules  = "rules: [{apiGroups: [''], apiVersions: [v1], resources: [configmaps], operations: [CREATE], scope: Namespaced}]"
		config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: edge, labels: {a: b}}, data: {k: v}}"
		newer  = "rules: [{apiGroups: [example.com], apiVersions: [v1], resources: [things], operations: ['*']}]"
		thing  = "{apiVersion: example.com/v1beta1, kind: Thing, metadata: {name: x, namespace: edge}}"
	)
	unmet := func(condition string) answer {
		return answer{true, "mine.example", condition, `the match condition "` + condition + `" of mine.example is not met`, nil}
	}
	asked := answer{Covered: true, Webhook: "mine.example"}
	left := func(what string) answer { return answer{true, "mine.example", "", what, nil} }
	unknown := asked
	unknown.Notes = []string{"a match condition of mine.example asks for rights (authorizer), which only a cluster knows: it is taken as met"}
	conditions := func(expressions ...string) string {
		out := ", matchConditions: ["
		for i, e := range expressions {
			out += string("{name: c" + string(rune('1'+i)) + ", expression: \"" + e + "\"}, ")
		}
		return out + "]"
	}
	const may = "authorizer.group('').resource('pods').check('get').allowed()"
	tests := []struct {
		name, rest, object string
		want               answer
		refused            bool
	}{
		{"no conditions", rules, config, asked, false},
		{"another kind", rules, thing, answer{NotAsked: "no webhook has a rule for CREATE of things.example.com"}, false},
		{"the namespace's labels", rules + ", namespaceSelector: {matchLabels: {tier: edge}}", config, asked, false},
		{"other labels of the namespace", rules + ", namespaceSelector: {matchLabels: {tier: core}}", config, left("the namespaceSelector of mine.example leaves out the namespace edge"), false},
		{"the object's labels", rules + ", objectSelector: {matchLabels: {a: b}}", config, asked, false},
		{"other labels of the object", rules + ", objectSelector: {matchLabels: {a: c}}", config, left("the objectSelector of mine.example leaves it out"), false},
		{"a cluster's objects only", "rules: [{apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'], scope: Cluster}]", config, answer{Covered: true, NotAsked: "no webhook has a rule for CREATE of configmaps"}, false},
		{"all conditions are met", rules + conditions("object.data.k == 'v'", "request.namespace == 'edge'"), config, asked, false},
		{"the second is not", rules + conditions("object.data.k == 'v'", "request.name == 'y'"), config, unmet("c2"), false},
		{"one fails, the next is not met", rules + conditions("object.data.none == 'v'", "false"), config, unmet("c2"), false},
		{"one fails", rules + conditions("object.data.none == 'v'"), config, answer{}, true},
		{"one fails, and Fail is said", rules + ", failurePolicy: Fail" + conditions("object.data.none == 'v'"), config, answer{}, true},
		{"one fails open", rules + ", failurePolicy: Ignore" + conditions("object.data.none == 'v'"), config, left("the match conditions of mine.example fail, and its failurePolicy is Ignore: expression 'object.data.none == 'v'' resulted in error: no such key: none"), false},
		{"rights", rules + conditions(may), config, unknown, false},
		{"rights of a webhook that fails open", rules + ", failurePolicy: Ignore" + conditions("!"+may), config, unknown, false},
		{"rights to the object", rules + conditions("authorizer.requestResource.check('delete').allowed()"), config, unknown, false},
		{"rights that do not matter", rules + conditions(may+" || request.operation == 'CREATE'"), config, asked, false},
		{"rights that would not help", rules + conditions(may+" && request.operation == 'UPDATE'"), config, unmet("c1"), false},
		{"rights, and another condition that is not met", rules + conditions(may, "false"), config, unmet("c2"), false},
		{"rights, and another condition that fails", rules + conditions(may, "object.data.none == 'v'"), config, answer{}, true},
		{"another version", newer, thing, asked, false},
		{"another version, converted", newer + conditions("object.apiVersion == 'example.com/v1' && request.kind.version == 'v1' && request.requestKind.version == 'v1beta1'"), thing, asked, false},
		{"another version, exactly", newer + ", matchPolicy: Exact", thing, answer{Covered: true, NotAsked: "no webhook has a rule for CREATE of things.example.com"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dispatch.Default()
			if err != nil {
				t.Fatal(err)
			}
			if errs := c.Use([]*unstructured.Unstructured{object(t, head+tt.rest+"}]}")}); errs[0] != nil {
				t.Fatal(errs[0])
			}
			resource := "configmaps"
			if tt.object == thing {
				resource = "things"
			}
			r := asks{resource: resource, op: "CREATE", object: tt.object}.request(t, map[string]map[string]string{"edge": {"tier": "edge"}})
			got, err := c.Validating(t.Context(), r)
			var refusal *dispatch.Refusal
			if errors.As(err, &refusal) != tt.refused || err != nil && !tt.refused {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// The other kind of configuration stays.
			w := asks{"wasmplugins", "CREATE", "{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: x, namespace: edge}}", "", "", ""}
			if a, err := c.Mutating(t.Context(), w.request(t, nil)); err != nil || !a.Asked {
				t.Errorf("mutation: %+v, %v", a, err)
			}
		})
	}
}

func TestUseRefuses(t *testing.T) {
	const head = "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: mine}, webhooks: [{name: mine.example, "
	tests := []struct{ name, text, want string }{
		{"another kind", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", "v1 ConfigMap is no ValidatingWebhookConfiguration or MutatingWebhookConfiguration of admissionregistration.k8s.io/v1"},
		{"an unknown field", head + "rulez: []}]}", `strict decoding error: unknown field "webhooks[0].rulez"`},
		{"a selector that is none", head + "namespaceSelector: {matchExpressions: [{key: a, operator: Is}]}}]}", `mine.example: the namespaceSelector: "Is" is not a valid label selector operator`},
		{"a condition that does not compile", head + "matchConditions: [{name: c, expression: 'object.'}]}]}", `mine.example: the match condition "c": compilation failed: ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'` + "\n | object.\n | .......^"},
		{"a condition that is no yes or no", head + "matchConditions: [{name: c, expression: '1'}]}]}", `mine.example: the match condition "c": must evaluate to bool but got int`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dispatch.Default()
			if err != nil {
				t.Fatal(err)
			}
			got := c.Use([]*unstructured.Unstructured{object(t, tt.text)})[0]
			if got == nil || got.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", got, tt.want)
			}
			// What cannot be used changes nothing.
			w := asks{"wasmplugins", "CREATE", "{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: x, namespace: edge}}", "", "", ""}
			if a, err := c.Mutating(t.Context(), w.request(t, nil)); err != nil || !a.Asked {
				t.Errorf("mutation: %+v, %v", a, err)
			}
		})
	}
}
