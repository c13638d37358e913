package baseline_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

// gatewayJudge is the whole baseline over the cluster of testdata/plugins.yaml.
func gatewayJudge(t testing.TB) *admission.Judge {
	t.Helper()
	s, err := settings.Load(read(t, "testdata/plugins-settings.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return judgeOver(t, s, "testdata/plugins.yaml")
}

// person is who writes an object.
type person struct {
	user   string
	groups []string
	// organization that the person is a member of.
	organization string
	// keeper: an administrator or Tollgate's controller.
	keeper bool
}

func people() []person {
	return []person{
		{user: "alice@acme.example", groups: []string{"acme"}, organization: "acme"},
		{user: "carol@acme-corp.example", groups: []string{"acme-corp"}, organization: "acme-corp"},
		{user: "eve@elsewhere.example"},
		{user: "root", groups: []string{"system:masters"}, keeper: true},
		{user: "system:serviceaccount:tollgate-system:tollgate-controller", groups: []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system"}, keeper: true},
	}
}

// verdictOf asks for the creation of an object.
func verdictOf(t *testing.T, judge *admission.Judge, by person, group, version string, object map[string]any) engine.Verdict {
	t.Helper()
	raw := mustJSON(object)
	u := unstructured.Unstructured{Object: object}
	kind := metav1.GroupVersionKind{Group: group, Version: version, Kind: u.GetKind()}
	verdict, bad := ask(t, judge, kind, u.GetNamespace(), u.GetName(), authenticationv1.UserInfo{Username: by.user, Groups: by.groups}, raw)
	if bad != nil {
		t.Fatalf("no object: %s\n%s", bad.Message, raw)
	}
	return verdict
}

// hold compares a verdict with the reasons that the oracle finds against an
// object.
func hold(t *testing.T, by person, object map[string]any, verdict engine.Verdict, reasons []string) {
	t.Helper()
	var refused []string
	for _, v := range verdict.With("Deny") {
		refused = append(refused, v.Policy+" "+v.Field+": "+v.Message)
	}
	switch {
	case len(reasons) > 0 && len(refused) == 0:
		t.Fatalf("BYPASS by %s: %q\n%s", by.user, reasons, mustJSON(object))
	case len(reasons) == 0 && len(refused) > 0:
		t.Fatalf("refused to %s without a reason: %q\n%s", by.user, refused, mustJSON(object))
	}
}

// dice turn the bytes of a fuzzer into choices. Without bytes every choice is
// the first, which is the plain one.
type dice struct{ rest []byte }

func (d *dice) throw(sides int) int {
	if len(d.rest) == 0 {
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return int(b) % sides
}

// rarely is true once in sixteen times.
func (d *dice) rarely() bool { return d.throw(16) == 1 }

func (d *dice) of(options ...string) string { return options[d.throw(len(options))] }

// text is one of the options, at times with a change that a person who tries
// would make.
func (d *dice) text(options ...string) string {
	s := d.of(options...)
	if d.throw(12) != 1 {
		return s
	}
	nasty := []string{"", " ", "\n", "$", "${", "${a.b.c}", "_", ".", "..", "/", "//", ":", "@", "#", "?", "%2e", "\\", "A", "0", "0x", "é", "\u2028", "*", ",", "[", "]", "-"}
	at := d.throw(len(s) + 1)
	part := nasty[d.throw(len(nasty))]
	if at < len(s) && d.throw(2) == 1 {
		return s[:at] + part + s[at+1:]
	}
	return s[:at] + part + s[at:]
}

// rolls are sequences of bytes for an ordinary run of the tests, the same each
// time.
func rolls(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([][]byte, n)
	for i := range out {
		out[i] = make([]byte, 16+r.IntN(120))
		for j := range out[i] {
			// Many choices are the plain one, so that objects are not refused for
			// ten reasons at once.
			if r.IntN(4) == 0 {
				out[i][j] = byte(r.IntN(256))
			}
		}
	}
	return out
}

// clean makes of an object what the API server would see: valid UTF-8, JSON's
// types.
func clean(t *testing.T, object map[string]any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(mustJSON(object), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func oneOf(s string, options ...string) bool { return slices.Contains(options, s) }
