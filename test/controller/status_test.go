package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

const prices = `
apiVersion: tollgate.dev/v1alpha1
kind: PriceTable
metadata: {name: default}
spec:
  models:
  - {model: gpt-4o, input: "2.5", output: "10"}
  - {model: gpt-4o-mini, input: "0.15", output: "0.6"}
`

// condition waits for a condition of an object and returns it.
func (r *rig) condition(read func() (generation int64, all []metav1.Condition), kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	r.Helper()
	var found metav1.Condition
	r.eventually(fmt.Sprintf("%s=%s, %s", kind, status, reason), func() error {
		generation, all := read()
		c := meta.FindStatusCondition(all, kind)
		if c == nil || c.Status != status || c.Reason != reason || c.ObservedGeneration != generation {
			return fmt.Errorf("of generation %d: %+v", generation, all)
		}
		found = *c
		return nil
	})
	return found
}

// Objects say whether they count, in their columns too, and a second look
// changes nothing.
func TestStatusesAreWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.start("first")
	for _, ns := range []string{"acme-chat", "elsewhere"} {
		r.kubectl("create", "namespace", ns)
	}
	long := strings.Repeat("very.", 12) + "long@acme.example"
	r.apply(prices)
	r.apply(organization("acme", "default", "100", "acme-chat"))
	time.Sleep(time.Second) // of organizations of one second the UID decides which is older
	r.apply(organization("late", "third", "100", "acme-chat") + "---" + project("elsewhere", "acme", "1", interns) +
		"---" + project("acme-chat", "acme", "50", fmt.Sprintf(`{name: engineers, users: [{name: %s}, {name: bob}]}`, long)))

	chat := func() (int64, []metav1.Condition) {
		p := r.project("acme-chat", "chat")
		return p.Generation, p.Status.Conditions
	}
	stray := func() (int64, []metav1.Condition) {
		p := r.project("elsewhere", "chat")
		return p.Generation, p.Status.Conditions
	}
	of := func(name string) func() (int64, []metav1.Condition) {
		return func() (int64, []metav1.Condition) {
			var o v1alpha1.Organization
			r.object(&o, "organization", name)
			return o.Generation, o.Status.Conditions
		}
	}
	table := func() v1alpha1.PriceTable {
		var p v1alpha1.PriceTable
		r.object(&p, "pricetable", "default")
		return p
	}
	prices := func() (int64, []metav1.Condition) { p := table(); return p.Generation, p.Status.Conditions }

	r.condition(chat, "Accepted", metav1.ConditionTrue, "Accepted")
	r.condition(chat, "Ready", metav1.ConditionTrue, "Ready")
	r.condition(stray, "Accepted", metav1.ConditionFalse, "NotAccepted")
	r.condition(of("acme"), "Ready", metav1.ConditionTrue, "Ready")
	r.condition(of("acme"), "Conflict", metav1.ConditionFalse, "NoConflict")
	if c := r.condition(of("late"), "Conflict", metav1.ConditionTrue, "OwnedByOlder"); strings.Contains(c.Message, `"acme"`) {
		t.Errorf("it names the owner: %s", c.Message)
	}
	r.condition(of("late"), "Ready", metav1.ConditionFalse, "LedgerUnknown")
	r.condition(prices, "Ready", metav1.ConditionTrue, "Ready")
	if p := table(); p.Status.Priced != 2 || !strings.HasPrefix(p.Status.Digest, "sha256:") {
		t.Errorf("%+v", p.Status)
	}
	want := v1alpha1.UserLabel{Label: tenancy.UserLabel(long), Name: long}
	if got := r.project("acme-chat", "chat").Status.UserLabels; len(got) != 1 || got[0] != want {
		t.Errorf("user labels %v", got)
	}
	for _, row := range []struct {
		args  []string
		cells []string
	}{
		{args: []string{"projects", "-A", "--no-headers"}, cells: []string{"acme-chat chat acme 50 Monthly True", "elsewhere chat acme 1 Monthly False"}},
		{args: []string{"organizations", "--no-headers"}, cells: []string{"acme 100 Monthly True", "late 100 Monthly False"}},
		{args: []string{"pricetables", "--no-headers"}, cells: []string{"default 2 True"}},
	} {
		out := strings.Join(strings.Fields(r.kubectl(append([]string{"get"}, row.args...)...)), " ")
		for _, cells := range row.cells {
			if !strings.Contains(out, cells) {
				t.Errorf("kubectl get %v: %q lacks %q", row.args, out, cells)
			}
		}
	}

	t.Run("metrics", func(t *testing.T) {
		one := *r
		one.T = t
		one.metricsAreForThoseWhoMay(first)
	})

	out, errs, err := r.admin.Run(t.Context(), "apply", "--dry-run=server", "-k", r.manifests("controller"))
	if err != nil || strings.Count(out, "(server dry run)") < 7 || strings.Contains(errs, "PodSecurity") {
		t.Errorf("the manifests would not be taken, or their Pods not be admitted: %v\n%s\n%s", err, out, errs)
	}

	// Neither a second look, nor another controller's, writes anything.
	first.Stop()
	before := r.versions()
	second := r.start("second", "--metrics-insecure")
	for limit, again := 101, true; again; limit++ {
		lost, was := r.replicas.losses(second), r.organizationWrites(second)
		r.apply(strings.Replace(organization("acme", "default", fmt.Sprint(limit), "acme-chat"), "metadata: {name: acme}", "metadata: {name: acme, labels: {touched: \"yes\"}}", 1))
		r.inForce("the second controller works", "default", map[string]string{"acme": fmt.Sprintf("%d.00", limit)})
		r.condition(of("acme"), "Ready", metav1.ConditionTrue, "Ready") // of the new generation: statuses were looked at
		after := r.versions()
		for name, version := range before {
			if name != "Organization/acme" && after[name] != version {
				t.Errorf("%s was written though nothing changed: %s, then %s", name, version, after[name])
			}
		}
		r.eventually("the status of one organization is counted", func() error { // a moment after it can be read
			if again = r.replicas.losses(second) > lost; again {
				return nil // its next process counts anew
			}
			if now := r.organizationWrites(second); now != was+1 {
				return fmt.Errorf("%d writes, then %d", was, now)
			}
			return nil
		})
	}
	r.eventually("no other status was written", func() error {
		_, metrics, err := r.get("http://"+second.metrics+"/metrics", "")
		if err == nil && strings.Contains(metrics, `tollgate_status_writes_total{kind="Project"`) {
			t.Errorf("it wrote other statuses than that of one organization:\n%s", metrics)
		}
		return err
	})

	// A condition that changes has a new time, one that does not keeps its own.
	accepted, ready := r.project("acme-chat", "chat").Status.Conditions[0], r.condition(chat, "Ready", metav1.ConditionTrue, "Ready")
	time.Sleep(time.Until(ready.LastTransitionTime.Add(time.Second))) // times are whole seconds
	r.apply(project("acme-chat", "acme", "50", `{name: engineers, userBudget: {limit: "5", timeZone: Mars/Olympus}, users: [{name: bob}]}`))
	bad := r.condition(chat, "Ready", metav1.ConditionFalse, "InvalidBudget")
	if !strings.Contains(bad.Message, "spec.groups[0].userBudget.timeZone") || !bad.LastTransitionTime.After(ready.LastTransitionTime.Time) {
		t.Errorf("%+v", bad)
	}
	if now := r.condition(chat, "Accepted", metav1.ConditionTrue, "Accepted"); !now.LastTransitionTime.Equal(&accepted.LastTransitionTime) {
		t.Errorf("Accepted did not change, its time did: %+v, then %+v", accepted, now)
	}
	if got := r.project("acme-chat", "chat").Status.UserLabels; len(got) != 1 || got[0] != want {
		t.Errorf("the name of a user who spent is forgotten: %v", got)
	}
	r.apply(strings.Replace(organization("acme", "default", "101", "acme-chat"), "[acme-chat]", "[acme-chat, elsewhere]", 1))
	r.eventually("one of two projects of one name counts, whichever is older", func() error {
		var reasons []string
		for _, read := range []func() (int64, []metav1.Condition){chat, stray} {
			_, all := read()
			reasons = append(reasons, meta.FindStatusCondition(all, "Accepted").Reason)
		}
		slices.Sort(reasons)
		if !slices.Equal(reasons, []string{"Accepted", "NameTaken"}) {
			return fmt.Errorf("%v", reasons)
		}
		return nil
	})
	r.apply(`
apiVersion: tollgate.dev/v1alpha1
kind: PriceTable
metadata: {name: default}
spec:
  models:
  - {model: gpt-4o, input: "2.5", output: "10", effectiveFrom: "2026-01-01T00:00:00Z"}
  - {model: gpt-4o, input: "3.5", output: "10", effectiveFrom: "2026-01-01T01:00:00+01:00"}
`)
	r.condition(prices, "Ready", metav1.ConditionFalse, "PricedTwice")
}

// versions returns the resource version of every object.
func (r *rig) versions() map[string]string {
	r.Helper()
	var list struct {
		Items []struct {
			Kind     string
			Metadata metav1.ObjectMeta
		}
	}
	r.object(&list, "organizations,projects,pricetables", "-A")
	out := map[string]string{}
	for _, i := range list.Items {
		out[strings.TrimPrefix(i.Metadata.Namespace+"/"+i.Kind+"/"+i.Metadata.Name, "/")] = i.Metadata.ResourceVersion
	}
	return out
}
