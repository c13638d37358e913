package apiserver_test

import (
	"context"
	"fmt"
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
