package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// strangers are objects beside the examples: a project of globex's namespace
// that names acme without right, organizations with another
// ledger and with one that nobody has, and who may see what.
const strangers = `
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: spy, namespace: globex-research}
spec:
  organization: acme
  budget: {limit: "1"}
  groups: [{name: engineers, users: [{name: "bob"}]}]
---
apiVersion: v1
kind: Namespace
metadata: {name: initech}
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: initech}
spec: {namespaces: [initech], ledger: {name: elsewhere}, budget: {limit: "10"}}
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: hooli}
spec: {ledger: {name: second}, budget: {limit: "10"}}
` + wantsTooMuch

// wantsTooMuch lets the user everything do with the virtual resources what RBAC
// can let anybody do.
const wantsTooMuch = `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wants-too-much}
rules:
- {apiGroups: [metering.tollgate.dev], resources: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: wants-too-much}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wants-too-much}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: everything}]
`

func alice() cluster.User { return cluster.User{Name: "alice", Groups: []string{"acme"}} }

// TestKubectl runs everything that only reads, against one server.
func TestKubectl(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{Objects: []byte(strangers)})
	spend(t, r, "acme.chat.engineers.bob", "25")
	spend(t, r, "acme.chat.engineers.dora", "1.5") // is not listed: lives on userBudget
	spend(t, r, "acme.chat.engineers.alice--40acme--2eexample", "12.345678901")
	spend(t, r, "acme.chat.interns.ivy", "0.45")
	spend(t, r, "globex.chat.scientists.mindy", "0.0001")
	for _, tt := range []struct {
		name string
		test func(*testing.T, *rig.Rig)
	}{
		{"discovery", discovery},
		{"tables", tables},
		{"one budget", oneBudget},
		{"describe", describe},
		{"explain", explain},
		{"pages", pages},
		{"sort-by", sortBy},
		{"wait", waitForState},
		{"selectors", selectors},
		{"bad input", badInput},
		{"reading only", readingOnly},
		{"rights in one namespace", oneNamespace},
		{"headers of an empty list", emptyTable},
		{"OpenAPI", openAPI},
		{"anonymous", anonymous},
		{"operations", operations},
		{"manifests", manifests},
		// Last, because they damage what the others read.
		{"damaged keys", damagedKeys},
		{"damaged default limit", damagedDefault},
		{"damaged shared keys", damagedSharedKeys},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, r) })
	}
}

func discovery(t *testing.T, r *rig.Rig) {
	out, _ := run(t, r.Admin, "api-resources", "--api-group=metering.tollgate.dev", "-o", "wide")
	golden(t, "api-resources.txt", steady(out))
}

func tables(t *testing.T, r *rig.Rig) {
	for name, args := range map[string][]string{
		"budgets.txt":                  {"get", "budgets", "-A"},
		"budgets-wide.txt":             {"get", "bud", "-A", "-o", "wide"},
		"budgets-in-one-namespace.txt": {"get", "budget", "-n", "acme-search"},
		"organizationbudgets.txt":      {"get", "organizationbudgets"},
		"organizationbudgets-wide.txt": {"get", "orgbud", "-o", "wide"},
		"one-budget.txt":               {"get", "budget", "chat.engineers.dora", "-n", "acme-chat"},
	} {
		out, _ := run(t, r.Admin, args...)
		golden(t, name, steady(out))
		for line := range strings.Lines(out) {
			if n := len(strings.TrimRight(line, " \n")); n > 100 && !strings.HasSuffix(name, "-wide.txt") {
				t.Errorf("%s: %d columns are more than a terminal has: %s", name, n, line)
			}
		}
	}
	_, errs := run(t, r.Admin, "get", "organizationbudgets")
	if !strings.Contains(errs, "Warning:") || !strings.Contains(errs, "--ledger elsewhere=") {
		t.Errorf("initech's ledger is not known, and the warning is %q", errs)
	}
}

// get returns one budget as JSON.
func get(t *testing.T, k *cluster.Kubectl, namespace, name string) metering.Budget {
	t.Helper()
	out, _ := run(t, k, "get", "budget", name, "-n", namespace, "-o", "json")
	var b metering.Budget
	if err := json.Unmarshal([]byte(out), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// read is get for those who try again.
func read(ctx context.Context, k *cluster.Kubectl, namespace, name string) (b metering.Budget, err error) {
	out, _, err := k.Run(ctx, "get", "budget", name, "-n", namespace, "-o", "json")
	if err != nil {
		return b, err
	}
	err = json.Unmarshal([]byte(out), &b)
	return b, err
}

func oneBudget(t *testing.T, r *rig.Rig) {
	b := get(t, r.Admin, "acme-chat", "chat.engineers.dora")
	if got := b.Status; got.Spent != "1.50" || got.Limit != "25.00" || got.Remaining != "23.50" || got.UsedPercent != "6.0" || got.State != "Active" {
		t.Errorf("dora: %+v", got)
	}
	if !b.Spec.Default || b.Spec.User != "dora" || b.CreationTimestamp.IsZero() {
		t.Errorf("dora: %+v", b)
	}
	if got := get(t, r.Admin, "acme-chat", "chat.engineers").Status; got.Spent != "38.845678901" {
		t.Errorf("engineers have spent %s", got.Spent)
	}
	again := get(t, r.Admin, "acme-chat", "chat.engineers.dora")
	if again.UID != b.UID {
		t.Errorf("the UID changed from %s to %s", b.UID, again.UID)
	}
	spy := get(t, r.Admin, "globex-research", "spy.engineers.bob")
	if spy.Status.State != "Unknown" || spy.Status.Spent != "" {
		t.Errorf("a project that names acme without right shows %+v", spy.Status)
	}
	for _, c := range spy.Status.Conditions {
		if c.Status != metav1.ConditionFalse || c.Message == "" || strings.Contains(c.Message, "acme") {
			t.Errorf("a project that names acme without right is told: %+v", c)
		}
	}
}

func describe(t *testing.T, r *rig.Rig) {
	described(t, r.Admin, []string{"Name:         chat.engineers.bob", "State:", "Exhausted", "Events:", "Used Percent:"}, "budget", "chat.engineers.bob", "-n", "acme-chat")
	described(t, r.Admin, []string{"Name:         acme", "Level:", "Organization", "Spent:", "39.295678901", "Remaining:", "4960.704321099", "State:", "Active", "Resets At:"}, "organizationbudget", "acme")
}

// described expects parts of what kubectl describe says.
func described(t *testing.T, k *cluster.Kubectl, parts []string, args ...string) {
	t.Helper()
	out, _ := run(t, k, append([]string{"describe"}, args...)...)
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("describe %q does not say %q:\n%s", args, part, out)
		}
	}
}

func explain(t *testing.T, r *rig.Rig) {
	explained(t, r, map[string]string{
		"budgets.status":              "Remaining is limit less spent and held",
		"budget.spec.alertThresholds": "percentages at which the state becomes Warning",
		"organizationbudgets":         "what an organization may spend",
	})
}

// explained expects a part of what kubectl explains.
func explained(t *testing.T, r *rig.Rig, want map[string]string) {
	t.Helper()
	for args, part := range want {
		// kube-apiserver takes over the document of a new API within seconds.
		eventually(t, func(ctx context.Context) error {
			out, _, err := r.Admin.Run(ctx, "explain", args)
			if err == nil && !strings.Contains(out, part) {
				return fmt.Errorf("explain %s does not say %q:\n%s", args, part, out)
			}
			return err
		})
	}
}

func pages(t *testing.T, r *rig.Rig) {
	whole, _ := run(t, r.Admin, "get", "budgets", "-A", "-o", "name", "--chunk-size=0")
	for _, size := range []string{"1", "3", "5", "500"} {
		out, _ := run(t, r.Admin, "get", "budgets", "-A", "-o", "name", "--chunk-size="+size)
		if diff := cmp.Diff(whole, out); diff != "" {
			t.Errorf("pages of %s differ (-whole +pages):\n%s", size, diff)
		}
	}
	if !strings.Contains(whole, "chat.engineers.dora") {
		t.Errorf("a user who is not listed is missing: %s", whole)
	}
}

func waitForState(t *testing.T, r *rig.Rig) {
	waitAs(t, r, r.Admin, "globex-research", "globex.chat.scientists.mindy", "50")
}

// waitAs waits with kubectl for a user's budget to be exhausted, and meanwhile
// spends what exhausts it.
func waitAs(t *testing.T, r *rig.Rig, k *cluster.Kubectl, namespace, path, dollars string) {
	t.Helper()
	_, name, _ := strings.Cut(path, ".")
	done := make(chan error, 1)
	go func() {
		_, _, err := answered(t, k, "", "wait", "budget/"+name, "-n", namespace, "--for=jsonpath={.status.state}=Exhausted", "--timeout=170s")
		done <- err
	}()
	spend(t, r, path, dollars)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func selectors(t *testing.T, r *rig.Rig) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{args: []string{"-n", "acme-chat", "--field-selector", "state=Exhausted"}, want: "chat.engineers.bob"},
		{args: []string{"-n", "acme-chat", "--field-selector", "state=Warning"}, want: "chat.interns"},
		{args: []string{"-A", "--field-selector", "metadata.name=chat"}, want: "chat chat"},
		{args: []string{"-A", "--field-selector", "metadata.name=chat.engineers.dora"}, want: "chat.engineers.dora"},
		{args: []string{"-A", "--field-selector", "metadata.name=chat.engineers.nobody"}, want: ""},
		{args: []string{"-n", "acme-chat", "-l", "group=engineers,level=User"}, want: "chat.engineers.alice--40acme--2eexample chat.engineers.bob chat.engineers.dora"},
		{args: []string{"-A", "-l", "level in (Project),organization!=globex"}, want: "chat search spy"},
		{args: []string{"-A", "-l", "!project"}, want: ""},
	} {
		args := append([]string{"get", "budgets", "-o", "jsonpath={.items[*].metadata.name}"}, tt.args...)
		out, _ := run(t, r.Admin, args...)
		if diff := cmp.Diff(tt.want, strings.TrimSpace(out)); diff != "" {
			t.Errorf("%q: %s", tt.args, diff)
		}
	}
}

func emptyTable(t *testing.T, r *rig.Rig) {
	out, _ := run(t, r.Admin, "get", "--raw", "/apis/metering.tollgate.dev/v1alpha1/namespaces/default/budgets")
	if !strings.Contains(out, `"items":[]`) || !strings.Contains(out, `"resourceVersion":""`) && strings.Contains(out, `"resourceVersion"`) {
		t.Errorf("an empty list: %s", out)
	}
	var table metav1.Table
	body := asTable(t, r, "/apis/metering.tollgate.dev/v1alpha1/namespaces/default/budgets")
	if err := json.Unmarshal(body, &table); err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range table.ColumnDefinitions {
		columns = append(columns, c.Name)
	}
	want := []string{"Name", "Level", "Limit", "Spent", "Held", "Remaining", "Used", "State", "Resets", "Period", "Enforcement", "In Force", "Organization", "Age"}
	if diff := cmp.Diff(want, columns); diff != "" || len(table.Rows) != 0 {
		t.Errorf("%d rows, columns %s", len(table.Rows), diff)
	}
}
