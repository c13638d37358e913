package budget_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/tenancy"
)

// world is organizations, projects, and a ledger in which every path has spent
// an amount of its own, so that a row tells whose amounts it shows.
type world struct {
	directory *tenancy.Directory
	touched   map[string][]ledger.Path // by organization

	mu    sync.Mutex
	asked []ledger.Path
	orgs  []string // whose users were listed
}

func (w *world) Snapshot() *tenancy.Directory { return w.directory }

func (w *world) Ledger(name string) (balance.Reader, bool) { return w, name == "default" }

func (w *world) Answered(string, int, time.Duration) {}

// spentBy is different for different paths, but for hash collisions.
func spentBy(p ledger.Path) money.Amount {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p)) // never fails
	return money.Amount(h.Sum32()) + 1
}

func (w *world) Nodes(_ context.Context, org string, paths []ledger.Path) ([]ledger.NodeView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, paths...)
	views := make([]ledger.NodeView, len(paths))
	for i, p := range paths {
		if p.Organization() != org {
			return nil, fmt.Errorf("%s is not of %s", p, org)
		}
		views[i] = ledger.NodeView{Path: p, Applied: true, Terms: ledger.Terms{Calendar: "c"}, Spent: spentBy(p),
			WindowStart: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
		if slices.Contains(w.touched[org], p) {
			views[i].FirstUse, views[i].Used = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), true
		}
	}
	return views, nil
}

func (w *world) Users(_ context.Context, org string) ([]ledger.Path, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orgs = append(w.orgs, org)
	return w.touched[org], nil
}

func (w *world) storage() *budget.Storage {
	return budget.New(w, balance.NewFetcher(w, time.Second, time.Now), page.NewIssuer(nil), w)
}

// The names that worlds are made of: few, so that they meet.
func orgNames() []string     { return []string{"acme", "globex", "initech"} }
func namespaces() []string   { return []string{"acme-chat", "acme-x", "globex", "nobody"} }
func projectNames() []string { return []string{"chat", "chat-two", "search"} }
func groupNames() []string   { return []string{"engineers", "interns"} }
func userNames() []string    { return []string{"alice", "bob", "carol"} }

func worlds() *rapid.Generator[*world] {
	return rapid.Custom(func(t *rapid.T) *world {
		some := func(from []string, name string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(from), len(from)/2, len(from), rapid.ID[string]).Draw(t, name)
		}
		var orgs []*v1alpha1.Organization
		for i, name := range orgNames() {
			orgs = append(orgs, &v1alpha1.Organization{
				ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(time.Unix(int64(i), 0))},
				Spec:       v1alpha1.OrganizationSpec{Namespaces: some(namespaces(), "namespaces"), Ledger: v1alpha1.LedgerReference{Name: "default"}},
			})
		}
		var projects []*v1alpha1.Project
		for _, ns := range namespaces() {
			for _, name := range some(projectNames(), "projects") {
				projects = append(projects, newProject(t, ns, name, some))
			}
		}
		w := &world{directory: tenancy.NewDirectory(orgs, projects), touched: map[string][]ledger.Path{}}
		for _, org := range orgNames() {
			for range rapid.IntRange(4, 16).Draw(t, "touched") {
				pick := func(from []string, name string) string { return rapid.SampledFrom(from).Draw(t, name) }
				path := strings.Join([]string{org, pick(projectNames(), "p"), pick(groupNames(), "g"), pick(userNames(), "u")}, ".")
				if !slices.Contains(w.touched[org], ledger.Path(path)) {
					w.touched[org] = append(w.touched[org], ledger.Path(path))
				}
			}
			slices.Sort(w.touched[org])
		}
		return w
	})
}

// newProject is a project that may name any organization, with right or without.
func newProject(t *rapid.T, ns, name string, some func([]string, string) []string) *v1alpha1.Project {
	p := &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, UID: types.UID(ns + "/" + name),
			CreationTimestamp: metav1.NewTime(time.Unix(rapid.Int64Range(0, 3).Draw(t, "age"), 0))},
		Spec: v1alpha1.ProjectSpec{Organization: rapid.SampledFrom(append(orgNames(), "acme", "acme", "missing")).Draw(t, "organization")},
	}
	for _, g := range some(groupNames(), "groups") {
		group := v1alpha1.Group{Name: g, UserBudget: &v1alpha1.Budget{Limit: "5"}}
		for _, u := range some(userNames(), "users") {
			group.Users = append(group.Users, v1alpha1.User{Name: u})
		}
		p.Spec.Groups = append(p.Spec.Groups, group)
	}
	return p
}

// expected is every row that a namespace has, by name: its path in the ledger,
// or "" when its project does not count. It is written out from the rules, not
// from the code under test.
func (w *world) expected(namespace string) map[string]ledger.Path {
	rows := map[string]ledger.Path{}
	for _, v := range w.directory.Projects(namespace) {
		path := func(name string) ledger.Path {
			if !v.Accepted {
				return ""
			}
			return ledger.Path(v.Project.Spec.Organization + "." + name)
		}
		rows[v.Project.Name] = path(v.Project.Name)
		for _, g := range v.Project.Spec.Groups {
			name := v.Project.Name + "." + g.Name
			rows[name] = path(name)
			for _, u := range g.Users {
				rows[name+"."+u.Name] = path(name + "." + u.Name)
			}
			for _, p := range w.touched[v.Project.Spec.Organization] {
				rest, ours := strings.CutPrefix(string(p), v.Project.Spec.Organization+"."+name+".")
				if v.Accepted && ours {
					rows[name+"."+rest] = p
				}
			}
		}
	}
	return rows
}
