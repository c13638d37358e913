package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// wasmPlugin is an object of n rules, about what an AI gateway's plugin has.
func wasmPlugin(n int) string {
	var rules []string
	for i := range n {
		rules = append(rules, fmt.Sprintf(`{"ingress":["acme-chat/web-%d"],"domain":["web-%d.acme.example"],"configDisable":false,"config":{"consumers":["alice-%d","bob-%d"],"limit":{"rate":%d,"unit":"minute"},"headers":{"x-team":"chat-%d"}}}`, i, i, i, i, 10+i, i))
	}
	return `{"apiVersion":"extensions.higress.io/v1alpha1","kind":"WasmPlugin","metadata":{"name":"limits","namespace":"acme-chat","labels":{"app":"limits","team":"chat"},"annotations":{"note":"benchmark"}},` +
		`"spec":{"url":"oci://registry.example/plugins/limits@sha256:` + strings.Repeat("ab", 32) + `","phase":"AUTHN","priority":300,"failStrategy":"FAIL_CLOSE","imagePullPolicy":"IfNotPresent","defaultConfig":{"a":1},"matchRules":[` + strings.Join(rules, ",") + `]}}`
}

func wasmPluginRequest(n int) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "u", Operation: admissionv1.Create, Namespace: "acme-chat", Name: "limits",
		Kind:     metav1.GroupVersionKind{Group: "extensions.higress.io", Version: "v1alpha1", Kind: "WasmPlugin"},
		Resource: metav1.GroupVersionResource{Group: "extensions.higress.io", Version: "v1alpha1", Resource: "wasmplugins"},
		UserInfo: authenticationv1.UserInfo{Username: "mallory", Groups: []string{"acme", "system:authenticated"}},
		Object:   runtime.RawExtension{Raw: []byte(wasmPlugin(n))},
	}
}

// templates are n policies as Gatekeeper's users write them, in Rego v0.
func templates(n int) []*policy.Policy {
	bodies := []string{
		`violation[{"msg": msg}] { rule := input.review.object.spec.matchRules[i]; d := rule.domain[_]; not endswith(d, input.parameters.suffix); msg := sprintf("domain %v of rule %v", [d, i]) }`,
		`violation[{"msg": msg}] { not startswith(input.review.object.spec.url, input.parameters.registry); msg := "registry" }`,
		`violation[{"msg": msg}] { rule := input.review.object.spec.matchRules[_]; ns := split(rule.ingress[_], "/")[0]; ns != input.review.namespace; msg := sprintf("namespace %v", [ns]) }`,
		`violation[{"msg": msg}] { required := {l | l := input.parameters.labels[_]}; has := {l | input.review.object.metadata.labels[l]}; missing := required - has; count(missing) > 0; msg := sprintf("missing %v", [missing]) }`,
		`violation[{"msg": msg}] { rule := input.review.object.spec.matchRules[_]; rule.config.limit.rate > input.parameters.max; msg := "rate" }`,
	}
	var out []*policy.Policy
	for i := range n {
		id := fmt.Sprintf("t%02d", i)
		out = append(out, &policy.Policy{
			ID: id, RegoVersion: v1alpha1.RegoV0,
			Modules:    []policy.Module{{Name: id, Source: "package k8s\n" + bodies[i%len(bodies)]}},
			Parameters: map[string]any{"suffix": ".acme.example", "registry": "oci://registry.example/", "labels": []any{"app", "team"}, "max": 100},
		})
	}
	return out
}

func benchmark(b *testing.B, policies []*policy.Policy) {
	e := started(b, policies...)
	req := wasmPluginRequest(20)
	who := subject.Subject{Organization: "acme", Standing: subject.Member, Source: subject.SourceNamespace, NamespaceExists: true}
	b.ReportAllocs()
	before := processorTime(b)
	defer func() {
		b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	}()
	for b.Loop() {
		in, err := engine.NewInput(req, who)
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range e.Snapshot().Validate(b.Context(), engine.Webhook, in).Violations {
			if v.Failure {
				b.Fatal(v.Message)
			}
		}
	}
}

// processorTime of this process: on a shared machine steadier than the clock.
func processorTime(b *testing.B) int64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return use.Utime.Nano() + use.Stime.Nano()
}

func BenchmarkTemplates(b *testing.B) { benchmark(b, templates(15)) }

func BenchmarkBaseline(b *testing.B) {
	policies, err := baseline.Policies()
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, policies)
}

func BenchmarkInput(b *testing.B) {
	req := wasmPluginRequest(20)
	b.SetBytes(int64(len(req.Object.Raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.NewInput(req, subject.Subject{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOverhead is what 15 policies cost that find nothing to do.
func BenchmarkOverhead(b *testing.B) {
	var policies []*policy.Policy
	for i := range 15 {
		policies = append(policies, rule(fmt.Sprintf("p%02d", i), `violation contains {"msg": "x"} if input.review.kind.kind == "Nope"`))
	}
	benchmark(b, policies)
}

// BenchmarkChange is what one changed policy costs among the baseline and a
// hundred others, also as a ratio to the floor: compiling that one alone.
func BenchmarkChange(b *testing.B) {
	policies, err := baseline.Policies()
	if err != nil {
		b.Fatal(err)
	}
	policies = append(policies, templates(100)...)
	e := started(b, policies...)
	changed := func(n int) *policy.Policy {
		return rule("changing", fmt.Sprintf(`violation contains {"msg": "%d"} if input.review.kind.kind == "Nope"`, n))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		policies[len(policies)-1] = changed(n)
		if errs := e.UsePolicies(b.Context(), policies); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
	ours := b.Elapsed()
	compiler := policy.NewCompiler()
	began := time.Now()
	for n := range b.N {
		if _, err := compiler.Compile(changed(n)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ours)/float64(time.Since(began)), "x-compile")
}

// BenchmarkStart is what the baseline costs to compile.
func BenchmarkStart(b *testing.B) {
	policies, err := baseline.Policies()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if errs := engine.New(engine.Options{}).UsePolicies(b.Context(), policies); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}

// BenchmarkInventory is a review by the baseline with more and less in the
// cluster; the median and the 99th percentile.
func BenchmarkInventory(b *testing.B) {
	policies, err := baseline.Policies()
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := engine.New(engine.Options{})
			if errs := e.UsePolicies(b.Context(), policies); len(errs) > 0 {
				b.Fatal(errs)
			}
			e.UseInventory(cluster(b, n).Build())
			req := &admissionv1.AdmissionRequest{
				Operation: admissionv1.Create, Namespace: "team-1", Name: "mine",
				Kind:     metav1.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
				UserInfo: authenticationv1.UserInfo{Username: "alice", Groups: []string{"org-1"}},
				Object:   runtime.RawExtension{Raw: []byte(ingress("team-1", "mine", "mine.org-1.example"))},
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				who, err := subject.Of(e.Snapshot().Inventory(), settings.Default(), req)
				if err != nil {
					b.Fatal(err)
				}
				in, err := engine.NewInput(req, who)
				if err != nil {
					b.Fatal(err)
				}
				if v := e.Snapshot().Validate(b.Context(), engine.Webhook, in); !v.Allowed() {
					b.Fatal(short(v))
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
		})
	}
}

// cluster has about n objects: organizations of ten namespaces, each with
// Ingresses.
func cluster(b *testing.B, n int) *inventory.Builder {
	c := inventory.NewBuilder(settings.Default())
	for i := range max(n/100, 1) {
		org := fmt.Sprintf("org-%d", i+1)
		var namespaces []string
		for j := range 10 {
			ns := fmt.Sprintf("team-%d", i*10+j+1)
			namespaces = append(namespaces, fmt.Sprintf("%q", ns))
			c.Put(object(b, fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, ns)))
			for k := range 9 {
				c.Put(object(b, ingress(ns, fmt.Sprintf("web-%d", k), fmt.Sprintf("web-%d-%d.%s.example", j, k, org))))
			}
		}
		c.Put(object(b, fmt.Sprintf(`{"apiVersion":"tollgate.dev/v1alpha1","kind":"Organization","metadata":{"name":%q},"spec":{"namespaces":[%s],"domains":[%q],"members":{"groups":[%q]}}}`, org, strings.Join(namespaces, ","), "*."+org+".example", org)))
	}
	return c
}

func ingress(namespace, name, host string) string {
	return fmt.Sprintf(`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":%q,"namespace":%q},"spec":{"ingressClassName":"higress","rules":[{"host":%q,"http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}`, name, namespace, host)
}
