package apiserver_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// patience bounds waits for what happens in the background on a busy machine.
// It is longer than the longest pauses of clients: a reflector's between two
// lists that fail is up to a minute.
const patience = 3 * time.Minute

func eventually(t *testing.T, check func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := rig.Eventually(ctx, check); err != nil {
		t.Fatal(err)
	}
}

// answered runs kubectl, again while kube-apiserver itself answers for a server
// that stood still: it gives an API up for a moment whose server is silent for
// five seconds.
func answered(t *testing.T, k *cluster.Kubectl, input string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		out, errs, err := k.RunInput(t.Context(), []byte(input), args...)
		away := slices.ContainsFunc([]string{
			"the server is currently unable to handle the request", "error trying to reach service", "the server doesn't have a resource type",
		}, func(said string) bool { return strings.Contains(errs, said) })
		if err == nil || !away || time.Now().After(deadline) {
			return out, errs, err
		}
		t.Logf("kubectl %q: %s", args, errs)
	}
}

// run is kubectl that has to succeed.
func run(t *testing.T, k *cluster.Kubectl, args ...string) (stdout, stderr string) {
	t.Helper()
	out, errs, err := answered(t, k, "", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out, errs
}

// refused is kubectl that has to fail with a message of the server's that holds
// each part. It returns what kubectl printed.
func refused(t *testing.T, k *cluster.Kubectl, parts []string, args ...string) (stderr string) {
	t.Helper()
	out, errs, err := answered(t, k, "", args...)
	if err == nil {
		t.Errorf("kubectl %q succeeded: %s", args, out)
		return errs
	}
	// kubectl puts the selectors that it was given before what the server says.
	said := regexp.MustCompile(`(?s)Unable to find .* that match label selector ".*", field selector ".*?": `).ReplaceAllString(errs, "")
	for _, part := range parts {
		if strings.Contains(strings.Join(args, " "), part) {
			t.Fatalf("kubectl %q was given %q itself: that it says so proves nothing", args, part)
		}
		if !strings.Contains(said, part) {
			t.Errorf("kubectl %q: %s\ndoes not say %q", args, said, part)
		}
	}
	return errs
}

// spend records what a user has spent.
func spend(t *testing.T, r *rig.Rig, path, dollars string) {
	t.Helper()
	amount, err := money.Parse(dollars)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ledger.Record(t.Context(), "test-"+path+"-"+dollars, ledger.Path(path), amount); err != nil {
		t.Fatal(err)
	}
}

// steady replaces what depends on the time of the test: ages, and how long
// until windows end.
func steady(table string) string {
	lines := strings.Split(table, "\n")
	if len(lines) == 0 {
		return table
	}
	header := lines[0]
	for _, column := range []string{"RESETS", "AGE"} {
		at := strings.Index(header, column)
		if at < 0 {
			continue
		}
		for i := 1; i < len(lines); i++ {
			if len(lines[i]) <= at {
				continue
			}
			lines[i] = lines[i][:at] + regexp.MustCompile(`^(\d+[smhdy])+`).ReplaceAllStringFunc(lines[i][at:], func(s string) string {
				return "~" + strings.Repeat(" ", len(s)-1)
			})
		}
	}
	return regexp.MustCompile(` +`).ReplaceAllString(strings.Join(lines, "\n"), "  ")
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func kubectl(t *testing.T, r *rig.Rig, u cluster.User) *cluster.Kubectl {
	t.Helper()
	k, err := r.Plane.Kubectl(u)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
