package prices_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/prices"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

// bench is a real kube-apiserver with what the tests below need of it.
type bench struct {
	t          *testing.T
	dir        string
	kubeconfig string
	kubectl    *cluster.Kubectl
	store      *prices.Store
}

// role is what an import may do.
const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: pricer}
rules:
- {apiGroups: [tollgate.dev], resources: [pricetables], verbs: [get, create, patch]}
`

func newBench(t *testing.T) *bench {
	cp := clustertest.ControlPlane(t)
	b := &bench{t: t, dir: t.TempDir()}
	var err error
	if b.kubectl, err = cp.Kubectl(cluster.Admin()); err != nil {
		t.Fatal(err)
	}
	// The imports run as a user with the verbs that docs/prices.md names, and no others.
	if b.kubeconfig, err = cp.WriteKubeconfig(b.dir, "kubeconfig", cluster.User{Name: "pricer"}); err != nil {
		t.Fatal(err)
	}
	b.do("apply", "-f", b.write("role.yaml", role))
	b.do("create", "clusterrolebinding", "pricer", "--clusterrole=pricer", "--user=pricer")
	clustertest.Allowed(t, b.kubectl, cluster.User{Name: "pricer"}, true, "get", "pricetables.tollgate.dev")
	if b.store, err = prices.Open(b.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return b
}

// do runs kubectl.
func (b *bench) do(args ...string) string {
	b.t.Helper()
	out, errs, err := b.kubectl.Run(b.t.Context(), args...)
	if err != nil {
		b.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out
}

// write makes a file.
func (b *bench) write(name, text string) string {
	b.t.Helper()
	file := filepath.Join(b.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return file
}

// lite writes a LiteLLM list of models of the provider p with these input
// prices, in dollars per million tokens.
func (b *bench) lite(prices map[string]int) string {
	var parts []string
	for model, usd := range prices {
		parts = append(parts, fmt.Sprintf(`%q:{"litellm_provider":"p","input_cost_per_token":%de-06,"output_cost_per_token":9e-06}`, model, usd))
	}
	return b.write("list.json", "{"+strings.Join(parts, ",")+"}")
}

// importing runs an import against the cluster and applies it.
func (b *bench) importing(file string, args ...string) result {
	b.t.Helper()
	return run(b.t, "", append([]string{"import", file, "--format", "litellm", "--kubeconfig", b.kubeconfig, "--apply"}, args...)...)
}

// applied is importing that must succeed.
func (b *bench) applied(file string, args ...string) string {
	b.t.Helper()
	r := b.importing(file, args...)
	if r.failure != nil {
		b.t.Fatalf("%v\n%s", r.failure, r.out)
	}
	return r.out
}

// entries are the cluster's prices: "p/a 1 @1970".
func (b *bench) entries() []string {
	b.t.Helper()
	table, err := b.store.Get(b.t.Context())
	if err != nil || table == nil {
		b.t.Fatalf("%v, %v", table, err)
	}
	var out []string
	for _, e := range table.Spec.Models {
		text := fmt.Sprintf("%s/%s %s @%d", e.Provider, e.Model, *e.Input, e.EffectiveFrom.UTC().Year())
		if e.Override {
			text += " override"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func (b *bench) expect(want ...string) {
	b.t.Helper()
	if d := cmp.Diff(want, b.entries()); d != "" {
		b.t.Fatal(d)
	}
}

// gitops applies a PriceTable as another writer.
func (b *bench) gitops(models string) {
	b.t.Helper()
	file := b.write("gitops.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: PriceTable\nmetadata: {name: default}\nspec: {models: ["+models+"]}\n")
	b.do("apply", "--server-side", "--field-manager=gitops", "--force-conflicts", "-f", file)
}

// TestApply is the life of a PriceTable on a real kube-apiserver.
func TestApply(t *testing.T) {
	b := newBench(t)
	list := b.lite(map[string]int{"a": 1, "b": 2})
	if r := b.importing(list); r.code != 3 || !strings.Contains(r.failure.Error(), "custom resource definitions") {
		t.Fatalf("without the CRDs: status %d, %v", r.code, r.failure)
	}
	b.do("apply", "--server-side", "-f", "../../../../manifests/crds/tollgate.dev_pricetables.yaml")
	if err := b.kubectl.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Nothing is changed without --apply, and the table does not exist yet.
	if r := run(t, "", "import", list, "--format", "litellm", "--kubeconfig", b.kubeconfig, "--exit-code"); r.code != 1 {
		t.Fatalf("status %d, %v", r.code, r.failure)
	}
	if table, err := b.store.Get(t.Context()); table != nil || err != nil {
		t.Fatalf("%v, %v", table, err)
	}
	if out := b.applied(list); !strings.Contains(out, "2 added") || !strings.Contains(out, "Applied") {
		t.Fatal(out)
	}
	b.expect("p/a 1 @1970", "p/b 2 @1970")
	if out := b.applied(list, "--exit-code"); !strings.Contains(out, "2 unchanged") || strings.Contains(out, "Applied") {
		t.Fatal(out)
	}

	// A changed price is a new entry, another writer's prices stay his.
	b.gitops(`{provider: p, model: c, input: "7", output: "9", override: true}, {provider: q, model: z, input: "1", output: "1"}`)
	b.applied(b.lite(map[string]int{"a": 3, "b": 2, "c": 8}), "--effective-from", "2099-01-01T00:00:00Z")
	b.expect("p/a 1 @1970", "p/a 3 @2099", "p/b 2 @1970", "p/c 7 @1970 override", "q/z 1 @1970")
	b.gitops(`{provider: p, model: c, input: "6", output: "9", override: true}`)
	b.expect("p/a 1 @1970", "p/a 3 @2099", "p/b 2 @1970", "p/c 6 @1970 override")
	b.gitops("")
	b.expect("p/a 1 @1970", "p/a 3 @2099", "p/b 2 @1970")

	// What is gone from the list stays until it is pruned.
	if out := b.applied(b.lite(map[string]int{"b": 2})); !strings.Contains(out, "1 kept though gone") {
		t.Fatal(out)
	}
	b.applied(b.lite(map[string]int{"b": 2}), "--prune")
	b.expect("p/b 2 @1970")

	// A price that another writer holds too cannot be pruned, and that is told.
	b.applied(b.lite(map[string]int{"b": 2, "d": 4}))
	b.gitops(`{provider: p, model: d, input: "4", output: "9", source: {format: litellm}}`)
	if r := b.importing(b.lite(map[string]int{"b": 2}), "--prune"); r.code != 3 || !strings.Contains(r.failure.Error(), "p/d") || !strings.Contains(r.failure.Error(), "gitops") {
		t.Fatalf("status %d, %v", r.code, r.failure)
	}
	b.expect("p/b 2 @1970", "p/d 4 @1970")
	b.gitops("")
	b.expect("p/b 2 @1970")

	// A table that has changed since it was read is not overwritten.
	stale, err := b.store.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.gitops(`{provider: p, model: e, input: "5", output: "9"}`)
	next := stale.DeepCopy()
	next.Spec.Models = append(next.Spec.Models, v1alpha1.ModelPrice{Provider: "p", Model: "f", Rates: next.Spec.Models[0].Rates})
	if err := b.store.Apply(t.Context(), stale, next); err == nil || !strings.Contains(err.Error(), "run the import again") {
		t.Fatalf("applying over a change: %v", err)
	}
	b.expect("p/b 2 @1970", "p/e 5 @1970")

	b.checkStoreLimit()
}

// checkStoreLimit holds the size limit against etcd's: a table just below it is
// stored, and the limit is not timid by more than a half.
func (b *bench) checkStoreLimit() {
	b.t.Helper()
	table := func(n int) *v1alpha1.PriceTable {
		p := &v1alpha1.PriceTable{}
		for i := range n {
			p.Spec.Models = append(p.Spec.Models, v1alpha1.ModelPrice{
				Provider: "p", Model: fmt.Sprintf("model-with-a-name-of-usual-length-%d", i), Mode: v1alpha1.Chat, Rates: oneDollar(),
				Source: &v1alpha1.PriceSource{Format: "litellm", Digest: "sha256:" + strings.Repeat("0", 64)},
			})
		}
		return p
	}
	one, err := merge.Size(table(1000))
	if err != nil {
		b.t.Fatal(err)
	}
	most := merge.MaxBytes * 970 / one // the names above grow by a digit
	b.do("delete", "pricetable", "default")
	if err := merge.CheckSize(table(most)); err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.Apply(b.t.Context(), nil, table(most)); err != nil {
		b.t.Fatalf("%d prices, which are within the limit: %v", most, err)
	}
	b.do("delete", "pricetable", "default")
	if err := b.store.Apply(b.t.Context(), nil, table(most*3/2)); err == nil {
		b.t.Fatalf("%d prices are stored: the limit refuses what the cluster takes", most*3/2)
	} else {
		b.t.Logf("%d prices were stored, %d were not: %.200s", most, most*3/2, err)
	}
}

func oneDollar() v1alpha1.Rates {
	one := v1alpha1.Price("1")
	return v1alpha1.Rates{Input: &one, Output: &one, CacheRead: &one}
}
