package apiserver_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/test/apiserver/rig"
)

// column returns one column of the table that kubectl prints.
func column(t *testing.T, r *rig.Rig, n int, args ...string) []string {
	t.Helper()
	out, _ := run(t, r.Admin, append(args, "--no-headers")...)
	var cells []string
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) <= n {
			t.Fatalf("%q has no column %d", line, n)
		}
		cells = append(cells, fields[n])
	}
	return cells
}

func sortBy(t *testing.T, r *rig.Rig) {
	names := column(t, r, 0, "get", "budgets", "-n", "acme-chat", "--sort-by=.status.spent")
	want := []string{"chat.interns", "chat.interns.ivy", "chat.engineers.dora", "chat.engineers.alice--40acme--2eexample", "chat.engineers.bob", "chat.engineers", "chat"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// late is an organization without a Mimir tenant of its own: an older one has it.
const late = `
apiVersion: v1
kind: Namespace
metadata: {name: initech}
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: initech}
spec: {namespaces: [initech], mimirTenant: acme, budget: {limit: "10"}}
---
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: printers, namespace: initech}
spec: {organization: initech, budget: {limit: "1"}, groups: [{name: repairs}]}
`

// usageSorted sorts rows of which one is unknown.
func usageSorted(t *testing.T, r *rig.Rig) {
	if _, _, err := answered(t, r.Admin, late, "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		out, errs, err := r.Admin.Run(ctx, "get", "usage", "-n", "initech", "--field-selector", "window=1h", "-o", usageRows)
		if want := "initech printers   null null \n"; err == nil && out != want {
			return fmt.Errorf("got %q and %q, want %q", out, errs, want)
		}
		return err
	})
	for field, want := range map[string][]string{
		"totalTokens":  {"printers", "chat.scientists.mindy", "chat.engineers.bob", "search.indexers.crawler"},
		"inputTokens":  {"printers", "chat.scientists.mindy", "chat.engineers.bob", "search.indexers.crawler"},
		"outputTokens": {"printers", "search.indexers.crawler", "chat.scientists.mindy", "chat.engineers.bob"},
		"requests":     {"printers", "search.indexers.crawler", "chat.scientists.mindy", "chat.engineers.bob"},
		"cost":         {"printers", "chat.scientists.mindy", "search.indexers.crawler", "chat.engineers.bob"},
	} {
		got := column(t, r, 1, "get", "usage", "-A", "--field-selector", "window=1h", "--sort-by=.status."+field)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", field, diff)
		}
	}
}

// nothingKnownSorted sorts rows that are all unknown, as they are without Mimir.
func nothingKnownSorted(t *testing.T, r *rig.Rig) {
	t.Helper()
	const window = "since=2026-03-05T00:00:00Z,until=2026-03-06T00:00:00Z"
	for _, field := range []string{"totalTokens", "inputTokens", "outputTokens", "requests", "cost"} {
		got := column(t, r, 3, "get", "usage", "-A", "--field-selector", window, "--sort-by=.status."+field)
		if diff := cmp.Diff([]string{"?", "?", "?"}, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", field, diff)
		}
	}
}

// timeless is an organization whose budgets never reset, and of which nothing is spent.
const timeless = `
apiVersion: v1
kind: Namespace
metadata: {name: initech}
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: initech}
spec: {namespaces: [initech], budget: {limit: "10", period: Total}}
---
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: printers, namespace: initech}
spec: {organization: initech, budget: {limit: "1", period: Total}, groups: [{name: repairs, budget: {limit: "1", period: Total}}]}
`

// timesSorted sorts rows of which none has a time, and such rows among others.
func timesSorted(t *testing.T, r *rig.Rig) {
	t.Helper()
	for _, tt := range []struct {
		args, want []string
	}{
		{args: []string{"budgets", "-n", "initech"}, want: []string{"printers", "printers.repairs"}},
		{args: []string{"organizationbudgets", "-l", "organization=initech"}, want: []string{"initech"}},
		{args: []string{"organizationbudgets"}, want: []string{"acme", "globex", "initech"}},
	} {
		for _, field := range []string{"windowStart", "resetsAt", "lastUsed", "asOf"} {
			args := append([]string{"get", "--sort-by=.status." + field}, tt.args...)
			got := column(t, r, 0, args...)
			slices.Sort(got) // those that are equal have no order
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("kubectl %q (-want +got):\n%s", args, diff)
			}
			// Without a table kubectl sorts elsewhere, and fails when no row has the field.
			if _, _, err := answered(t, r.Admin, "", append(args, "-o", "name")...); err != nil {
				t.Errorf("kubectl %q -o name: %v", args, err)
			}
		}
	}
}

// resetsSorted expects what never resets first, and null in its place. A machine
// that stands still makes more unknown than that.
func resetsSorted(t *testing.T, r *rig.Rig) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		const line = `jsonpath={range .items[*]}{.metadata.name} {.status.resetsAt}{"\n"}{end}`
		out, _, err := r.Admin.Run(ctx, "get", "organizationbudgets", "--sort-by=.status.resetsAt", "-o", line)
		if err == nil && (strings.Count(out, "\n") != 3 || !strings.HasPrefix(out, "initech null\n") || strings.Count(out, "null") != 1) {
			return fmt.Errorf("by when they reset: %q", out)
		}
		return err
	})
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "get", "budgets", "-n", "initech", "-o", "yaml")
		for field, want := range map[string]int{"lastUsed: null": 2, "resetsAt: null": 2, "windowStart: null": 0, "state: Active": 2} {
			if got := strings.Count(out, "    "+field+"\n"); err == nil && got != want {
				err = fmt.Errorf("%d of %q, want %d, in\n%s", got, field, want, out)
			}
		}
		return err
	})
}
