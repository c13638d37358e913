package baseline_test

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// FuzzAdmissionPolicy holds the verdict on AdmissionPolicies that are written,
// changed or deleted against the oracle: who may, and that one which could not be
// put in force is refused.
func FuzzAdmissionPolicy(f *testing.F) {
	fuzzWriters(f, [3]string{"teams-own", "not yours", ""}, admissionPolicyCase)
}

func admissionPolicyCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	object, old := same(t, p.admissionPolicy()), same(t, p.admissionPolicy())
	old.Name = object.Name
	if p.one(4) { // only a finalizer goes
		old = same(t, object)
		old.Finalizers = []string{"example.com/later"}
	}
	r := p.newRequest(metav1.GroupVersionKind{Group: v1alpha1.GroupName, Version: "v1alpha1", Kind: "AdmissionPolicy"}, object.ObjectMeta, object, old)
	verdict := w.whole(t, r)
	escapes := giveRights(t, r)
	if r.operation != admissionv1.Delete {
		if oneOf(object.Name, "route-hosts", "secret-in-use", "platform-objects", "mutation-guards") {
			escapes = append(escapes, "the name of a policy of the baseline")
		}
		for _, bad := range badModules() {
			if object.Spec.Rego == bad.rego {
				escapes = append(escapes, bad.why)
			}
		}
	}
	compare(t, r.shown(), verdict, escapes)
	return verdict.Allowed()
}

// admissionPolicy has names and kinds that the API server lets pass.
func (p picker) admissionPolicy() *v1alpha1.AdmissionPolicy {
	word := func(words ...string) string {
		if p.calm && !p.one(6) {
			return words[0]
		}
		return words[p.IntN(len(words))]
	}
	o := &v1alpha1.AdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: word("teams-own", "route-hosts", "secret-in-use", "platform-objects", "mutation-guards", "route-hosts2", "route")}}
	o.Spec.Match.Kinds = []v1alpha1.MatchKinds{{APIGroups: []string{word("networking.k8s.io", "*", "apps")}, Kinds: []string{word("Ingress", "*", "Deployment")}}}
	o.Spec.Rego = goodModule(p.of("not yours", `a "quoted" text`, `\`, "}", "${x}"))
	if bad := badModules(); p.one(4) {
		o.Spec.Rego = bad[p.IntN(len(bad))].rego
	}
	return o
}

// goodModule is one that says a text.
func goodModule(text string) string {
	return module("input.review.kind.kind == \"Ingress\"\n\tmsg := " + string(mustJSON(text)))
}

func module(body string) string {
	return "package teams.own\n\nviolation contains {\"msg\": msg} if {\n\t" + body + "\n}\n"
}

type badModule struct{ why, rego string }

// badModules cannot be put in force.
func badModules() []badModule {
	return []badModule{
		{"it ends in the middle of a rule", "package teams.own\n\nviolation contains"},
		{"it asks the network", module(`msg := http.send({"method": "get", "url": "x"}).x`)},
		{"it asks the network for a name", module(`some msg in net.lookup_ip_addr("x")`)},
		{"it reads the environment", module(`msg := sprintf("%v", [opa.runtime()])`)},
		{"it reads the clock", module(`msg := sprintf("%v", [time.now_ns()])`)},
		{"it has a variable that nothing binds", module(`msg == input.review.name; other`)},
		{"it has a rule that refers to itself", module(`msg := loop`) + "\nloop := loop\n"},
	}
}
