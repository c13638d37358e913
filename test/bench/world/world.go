// Package world makes the organization that benchmarks list and spend in: as
// many budgets as asked for, in ten projects of ten groups, each user with some
// spend of their own in a real ledger.
package world

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

const (
	// Organization is the name of the only organization.
	Organization = "bench"
	// Namespace holds its projects.
	Namespace = "bench"

	// Above is how many of the listed budgets are projects and groups.
	Above = projects + projects*groupsPerProject

	projects         = 10
	groupsPerProject = 10
)

// World is one organization with its directory.
type World struct {
	Organization *v1alpha1.Organization
	Projects     []*v1alpha1.Project
	directory    *tenancy.Directory
}

// New makes a world in which Budgets lists exactly rows objects.
func New(rows int) *World {
	created := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	w := &World{Organization: &v1alpha1.Organization{
		ObjectMeta: metav1.ObjectMeta{Name: Organization, UID: uid(0), CreationTimestamp: created},
		Spec: v1alpha1.OrganizationSpec{
			Namespaces: []string{Namespace},
			Ledger:     v1alpha1.LedgerReference{Name: "default"},
			Budget:     limit("9000000"),
		},
	}}
	users := rows - Above
	groups := projects * groupsPerProject
	for p := range projects {
		project := &v1alpha1.Project{
			TypeMeta:   metav1.TypeMeta{APIVersion: "tollgate.dev/v1alpha1", Kind: "Project"},
			ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: fmt.Sprintf("project-%d", p), UID: uid(p + 1), CreationTimestamp: created},
			Spec:       v1alpha1.ProjectSpec{Organization: Organization, Budget: limit("900000")},
		}
		for g := range groupsPerProject {
			n := users / groups
			if p*groupsPerProject+g < users%groups {
				n++
			}
			group := v1alpha1.Group{Name: fmt.Sprintf("group-%d", g), Models: []string{"gpt-4o"}, Budget: limit("90000"), UserBudget: limit("2000")}
			for u := range n {
				group.Users = append(group.Users, v1alpha1.User{Name: fmt.Sprintf("user-%04d", u)})
			}
			project.Spec.Groups = append(project.Spec.Groups, group)
		}
		w.Projects = append(w.Projects, project)
	}
	w.directory = tenancy.NewDirectory([]*v1alpha1.Organization{w.Organization}, w.Projects)
	return w
}

func limit(dollars v1alpha1.Limit) *v1alpha1.Budget {
	return &v1alpha1.Budget{Limit: dollars, Period: v1alpha1.Monthly, TimeZone: "UTC", Enforcement: v1alpha1.Block, AlertThresholds: []int32{80}}
}

func uid(n int) types.UID {
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

// Snapshot returns the world's directory: the benchmark beside metrics-server, a
// module of its own, serves it.
func (w *World) Snapshot() *tenancy.Directory { return w.directory }

// Users returns the paths of all users, in order.
func (w *World) Users() []ledger.Path {
	var paths []ledger.Path
	for _, p := range w.directory.ProjectsOf(Organization) {
		for _, n := range p.Nodes {
			if n.Level == tenancy.LevelUser {
				paths = append(paths, ledger.Path(n.Path))
			}
		}
	}
	return paths
}

// Fill writes the limits to a ledger and has every user spend a little.
func (w *World) Fill(ctx context.Context, l *ledger.Ledger) error {
	org, _ := w.directory.Organization(Organization)
	nodes := []terms.Node{{Path: org.Node.Path, Budget: org.Node.Budget}}
	for _, p := range w.directory.ProjectsOf(Organization) {
		for _, n := range p.Nodes {
			node := terms.Node{Path: n.Path, Budget: n.Budget}
			if g, ok := p.Group(n.Group); ok && n.Level == tenancy.LevelGroup {
				node.UserBudget = g.UserBudget
			}
			nodes = append(nodes, node)
		}
	}
	app, problems := terms.NewCompiler().Application(nodes, time.Now())
	if len(problems) > 0 {
		return fmt.Errorf("budget %s: %w", problems[0].Path, problems[0].Err)
	}
	var err error
	if app.Generation, err = l.NextGeneration(ctx, Organization); err != nil {
		return err
	}
	if err := l.Apply(ctx, Organization, app); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i, path := range w.Users() {
		g.Go(func() error {
			return l.Record(ctx, fmt.Sprintf("fill-%08d", i), path, 123_456_789*money.Amount(i%50+1))
		})
	}
	return g.Wait()
}
