package baseline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
)

// FuzzProject holds the verdict on Projects against the oracle, warnings about
// budgets included.
func FuzzProject(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(300) {
		f.Add(seed, "gpt-4o", "chat")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b string) {
		p := newPicker(seed, a, b)
		project := same(t, p.project())
		by := p.by()
		verdict := w.create(t, by, metav1.GroupVersionKind{Group: v1alpha1.GroupName, Version: "v1alpha1", Kind: "Project"}, project.ObjectMeta, project)
		compare(t, project, verdict, projectEscapes(by, project))

		var warned []string
		for _, v := range verdict.Violations {
			if v.Policy == "project-budgets" {
				warned = append(warned, v.Field)
			}
		}
		slices.Sort(warned)
		if want := tooLarge(project); !slices.Equal(slices.Compact(warned), want) {
			t.Errorf("warned about %q, want %q\n%s", warned, want, mustJSON(project))
		}
	})
}

func (p picker) project() *v1alpha1.Project {
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{
		Namespace: []string{"acme-chat", "acme-chat", "acme-search", "globex-research", "shop"}[p.IntN(5)],
		Name:      p.of("chat", "new", "search", "lab"),
	}}
	project.Spec.Organization = p.of("acme", "acme", "acme", "globex", "nowhere", "", "Acme")
	project.Spec.Budget = p.budget()
	project.Spec.Groups = some(p, 3, func() v1alpha1.Group {
		return v1alpha1.Group{Name: "g", Budget: p.budget(), UserBudget: p.budget(), Models: some(p, 3, func() string {
			return p.of("gpt-4o", "gpt-4o", "gpt-4o", "half", "none", "gpt-*", "*", "GPT-4o", "gpt-4o ")
		})}
	})
	return project
}

func (p picker) budget() *v1alpha1.Budget {
	if p.one(3) {
		return nil
	}
	limits := []v1alpha1.Limit{"0", "0.5", "10", "10.000000001", "300", "5000", "5000.01", "9000000"}
	periods := []v1alpha1.Period{"Daily", "Weekly", "Monthly", "Total"}
	return &v1alpha1.Budget{Limit: limits[p.IntN(len(limits))], Period: periods[p.IntN(len(periods))]}
}

// projectEscapes says why a Project must not be.
func projectEscapes(by requester, project *v1alpha1.Project) []string {
	var escapes []string
	owner := map[string]string{"acme-chat": "acme", "acme-search": "acme", "globex-research": "globex"}[project.Namespace]
	if by.name != "" && !by.free && owner != "" && by.of != owner {
		escapes = append(escapes, "the requester does not belong to the owner")
	}
	if owner == "" || project.Spec.Organization != owner {
		return append(escapes, "the organization does not list the namespace")
	}
	taken := map[string]string{"acme/search": "acme-search", "globex/lab": "globex-research"}[owner+"/"+project.Name]
	if taken != "" && taken != project.Namespace {
		escapes = append(escapes, "the name is taken")
	}
	for _, g := range project.Spec.Groups {
		for _, model := range g.Models {
			if model != "gpt-4o" && !strings.HasSuffix(model, "*") {
				escapes = append(escapes, "no price for "+model)
			}
		}
	}
	return escapes
}

// tooLarge are the fields of budgets that cannot be spent.
func tooLarge(project *v1alpha1.Project) []string {
	var fields []string
	above := func(field string, inner, outer *v1alpha1.Budget) {
		if inner == nil || outer == nil {
			return
		}
		order := []v1alpha1.Period{"Daily", "Weekly", "Monthly", "Total"}
		a, _ := money.Parse(string(inner.Limit))
		b, _ := money.Parse(string(outer.Limit))
		if a > b && slices.Index(order, inner.Period) <= slices.Index(order, outer.Period) {
			fields = append(fields, field)
		}
	}
	for i, g := range project.Spec.Groups {
		above(fmt.Sprintf("spec.groups[%d].budget.limit", i), g.Budget, project.Spec.Budget)
		above(fmt.Sprintf("spec.groups[%d].userBudget.limit", i), g.UserBudget, project.Spec.Budget)
		above(fmt.Sprintf("spec.groups[%d].userBudget.limit", i), g.UserBudget, g.Budget)
	}
	if project.Spec.Organization == "acme" && strings.HasPrefix(project.Namespace, "acme-") {
		above("spec.budget.limit", project.Spec.Budget, &v1alpha1.Budget{Limit: "5000", Period: "Monthly"})
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
