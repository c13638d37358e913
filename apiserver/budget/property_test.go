package budget_test

import (
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/endpoints/request"
	"pgregory.net/rapid"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/tenancy"
)

// call is one list call.
type call struct {
	namespace string
	fields    fields.Set
	labels    string
	limit     int64
}

func calls() *rapid.Generator[call] {
	return rapid.Custom(func(t *rapid.T) call {
		c := call{
			namespace: rapid.SampledFrom(append(namespaces(), "", "missing")).Draw(t, "namespace"),
			fields:    fields.Set{},
			limit:     rapid.Int64Range(0, 7).Draw(t, "limit"),
		}
		maybe := func(key string, values ...string) {
			if rapid.IntRange(0, 3).Draw(t, key+"?") == 0 {
				c.fields[key] = rapid.SampledFrom(values).Draw(t, key)
			}
		}
		maybe("metadata.name", "chat", "chat.engineers", "chat.engineers.alice", "search.interns.bob", "missing", "chat.missing.x", "a.b.c.d")
		maybe("metadata.namespace", namespaces()...)
		maybe("state", "Active", "Unknown", "Exhausted")
		c.labels = rapid.SampledFrom([]string{"", "", "", "project=chat", "level=User", "level!=User", "user in (alice,bob)", "organization=acme",
			"organization!=acme", "!group", "group,level notin (Group)", "project=chat,project=search"}).Draw(t, "labels")
		return c
	})
}

// list answers a call by its pages.
func list(t *rapid.T, w *world, c call) []metering.Budget {
	parsed, err := labels.Parse(c.labels)
	if err != nil {
		t.Fatal(err)
	}
	storage, token := w.storage(), ""
	var all []metering.Budget
	for range 100 {
		obj, err := storage.List(request.WithNamespace(t.Context(), c.namespace), &internalversion.ListOptions{
			LabelSelector: parsed, FieldSelector: fields.SelectorFromSet(c.fields), Limit: c.limit, Continue: token,
		})
		if err != nil {
			t.Fatal(err)
		}
		l := obj.(*metering.BudgetList)
		if c.limit > 0 && int64(len(l.Items)) > c.limit {
			t.Fatalf("a page of %d rows, limit %d", len(l.Items), c.limit)
		}
		all = append(all, l.Items...)
		if token = l.Continue; token == "" {
			return all
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// TestNobodySeesWhatWasNotAskedFor holds every answer to the rows that the rules
// give, with the amounts of their own paths; and the ledger is asked for nothing
// in the name of a project that does not count or stands elsewhere.
func TestNobodySeesWhatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	for range 5 { // a leak between two namespaces of one organization takes a few hundred worlds to meet
		rapid.Check(t, nobodySeesWhatWasNotAskedFor)
	}
}

func nobodySeesWhatWasNotAskedFor(t *rapid.T) {
	w := worlds().Draw(t, "world")
	c := calls().Draw(t, "call")
	got := list(t, w, c)

	want := map[page.Key]string{} // to the amount shown
	inNamespaces := namespaces()
	if c.namespace != "" {
		inNamespaces = []string{c.namespace}
	}
	mayAsk := map[string]bool{}
	for _, ns := range inNamespaces {
		for name, path := range w.expected(ns) {
			mayAsk[string(path)] = true
			if b, shown := expectedRow(ns, name, w, c); shown {
				want[page.Key{Namespace: ns, Name: name}] = b
			}
		}
	}
	var last page.Key
	for _, b := range got {
		key := page.Key{Namespace: b.Namespace, Name: b.Name}
		amount, ok := want[key]
		if !ok {
			t.Fatalf("%v was shown to %+v", key, c)
		}
		delete(want, key)
		if b.Status.Spent != amount {
			t.Fatalf("%v shows %q, want %q", key, b.Status.Spent, amount)
		}
		if key.Compare(last) <= 0 {
			t.Fatalf("%v stands behind %v", key, last)
		}
		last = key
	}
	if len(want) > 0 {
		t.Fatalf("%+v was not shown %v", c, want)
	}
	for _, p := range w.asked {
		// A name that could be a default user's is asked for in its own project.
		if !mayAsk[string(p)] && c.fields["metadata.name"] == "" {
			t.Fatalf("the ledger was asked for %s by %+v", p, c)
		}
		if project, ok := w.acceptedProject(string(p)); !ok || c.namespace != "" && project != c.namespace {
			t.Fatalf("the ledger was asked for %s, whose project is in %q, by %+v", p, project, c)
		}
	}
	for _, org := range w.orgs {
		if !slices.ContainsFunc(inNamespaces, func(ns string) bool { return w.owns(org, ns) }) {
			t.Fatalf("the users of %s were listed by %+v", org, c)
		}
	}
}

// expectedRow returns the amount of a row, and whether the call selects it.
func expectedRow(ns, name string, w *world, c call) (string, bool) {
	path := w.expected(ns)[name]
	view, _ := w.directory.Project(ns, strings.Split(name, ".")[0])
	set := labels.Set{"organization": view.Project.Spec.Organization}
	parts := strings.Split(name, ".")
	for i, key := range []string{"project", "group", "user"} {
		if i < len(parts) {
			set[key] = parts[i]
		}
	}
	set["level"] = []string{"Project", "Group", "User"}[len(parts)-1]
	state, amount := "Unknown", ""
	if path != "" {
		state, amount = "Active", spentBy(path).String()
	}
	selects, err := labels.Parse(c.labels)
	if err != nil {
		return "", false
	}
	for key, have := range map[string]string{"metadata.name": name, "metadata.namespace": ns, "state": state} {
		if value, ok := c.fields[key]; ok && value != have {
			return "", false
		}
	}
	return amount, selects.Matches(set)
}

// acceptedProject returns the namespace of the accepted project of a path.
func (w *world) acceptedProject(path string) (string, bool) {
	parts := strings.Split(path, ".")
	for _, v := range w.directory.ProjectsOf(parts[0]) {
		if len(parts) > 1 && v.Project.Name == parts[1] {
			return v.Project.Namespace, true
		}
	}
	return "", false
}

// owns tells whether an organization has an accepted project in a namespace.
func (w *world) owns(org, ns string) bool {
	return slices.ContainsFunc(w.directory.ProjectsOf(org), func(v *tenancy.ProjectView) bool { return v.Project.Namespace == ns })
}

func TestGetIsOneOfTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		ns := rapid.SampledFrom(namespaces()).Draw(t, "namespace")
		name := strings.Join([]string{
			rapid.SampledFrom(projectNames()).Draw(t, "p"), rapid.SampledFrom(groupNames()).Draw(t, "g"), rapid.SampledFrom(userNames()).Draw(t, "u"),
		}[:rapid.IntRange(1, 3).Draw(t, "parts")], ".")
		obj, err := w.storage().Get(request.WithNamespace(t.Context(), ns), name, nil)
		path, exists := w.expected(ns)[name]
		switch {
		case !exists && !apierrors.IsNotFound(err):
			t.Fatalf("%s/%s: %v, want a 404", ns, name, err)
		case !exists:
			return
		case err != nil:
			t.Fatal(err)
		}
		b := obj.(*metering.Budget)
		amount := ""
		if path != "" {
			amount = spentBy(path).String()
		}
		if b.Name != name || b.Namespace != ns || b.Status.Spent != amount {
			t.Fatalf("%s/%s: got %s/%s with %q, want %q", ns, name, b.Namespace, b.Name, b.Status.Spent, amount)
		}
	})
}
