package tenancy_test

import (
	"fmt"
	"testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// BenchmarkNewDirectory builds a directory of 10,000 listed users.
func BenchmarkNewDirectory(b *testing.B) {
	acme := organization(1, "acme", lists("chat"))
	var projects []*v1alpha1.Project
	for p := range 10 {
		var groups []v1alpha1.Group
		for g := range 10 {
			group := v1alpha1.Group{Name: fmt.Sprintf("group-%d", g), UserBudget: dollars("50")}
			for u := range 100 {
				group.Users = append(group.Users, v1alpha1.User{Name: fmt.Sprintf("user-%02d@acme.example", u)})
			}
			groups = append(groups, group)
		}
		projects = append(projects, project(1, "chat", fmt.Sprintf("project-%d", p), "acme", groups...))
	}
	b.ReportAllocs()
	for b.Loop() {
		d := tenancy.NewDirectory([]*v1alpha1.Organization{acme}, projects)
		if len(d.ProjectsOf("acme")) != 10 {
			b.Fatal("projects are missing")
		}
	}
}

func BenchmarkUserLabel(b *testing.B) {
	for _, name := range []string{"alice", "alice@acme.example"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tenancy.UserLabel(name)
			}
		})
	}
}
