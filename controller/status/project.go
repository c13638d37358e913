package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// mostLabels bounds the table of shortened labels, which must fit in the object.
const mostLabels = 2000

// ProjectStatus returns what a project's status should be.
func ProjectStatus(p *tenancy.ProjectView, c *terms.Compiler, now time.Time) v1alpha1.ProjectStatus {
	object := p.Project
	var findings []finding
	if !p.Accepted {
		findings = append(findings, finding{ReasonNotAccepted, "the project does not count: see the condition Accepted"})
	}
	findings = append(findings, badBudgets(p, c)...)
	for _, problem := range p.Problems {
		findings = append(findings, finding{ReasonEntriesIgnored, problem.Field + ": " + problem.Message})
	}
	return v1alpha1.ProjectStatus{
		ObservedGeneration: object.Generation,
		Conditions: timed(object.Status.Conditions, object.Generation, now,
			condition(TypeAccepted, p.Accepted, p.Reason, p.Message),
			ready(findings, "everything that the project says counts")),
		UserLabels: userLabels(object),
	}
}

// badBudgets are the budgets of the spec that cannot be written to the ledger.
// Most users live on their group's, so each is looked at where it stands.
func badBudgets(p *tenancy.ProjectView, c *terms.Compiler) []finding {
	var findings []finding
	look := func(b *v1alpha1.Budget, field string, args ...any) {
		if b == nil {
			return
		}
		if _, err := c.Compile(b); err != nil {
			findings = append(findings, finding{ReasonInvalidBudget,
				fmt.Sprintf(field, args...) + "." + err.Error() + "; the ledger keeps what it had"})
		}
	}
	spec := &p.Project.Spec
	look(spec.Budget, "spec.budget")
	for i := range spec.Groups {
		g := &spec.Groups[i]
		look(g.Budget, "spec.groups[%d].budget", i)
		look(g.UserBudget, "spec.groups[%d].userBudget", i)
		for j := range g.Users {
			look(g.Users[j].Budget, "spec.groups[%d].users[%d].budget", i, j)
		}
	}
	return findings
}

// userLabels is the table of users whose name cannot be read from their label:
// those that are listed, and as many as fit of those that once were, because the
// ledger still shows what they spent.
func userLabels(p *v1alpha1.Project) []v1alpha1.UserLabel {
	names := map[string]string{}
	add := func(name string) {
		label := tenancy.UserLabel(name)
		if _, plain := tenancy.UserName(label, nil); plain || label == "" || len(names) >= mostLabels {
			return
		}
		names[label] = tenancy.FoldUser(name)
	}
	for i := range p.Spec.Groups {
		for j := range p.Spec.Groups[i].Users {
			add(p.Spec.Groups[i].Users[j].Name)
		}
	}
	for _, l := range p.Status.UserLabels {
		if tenancy.UserLabel(l.Name) == l.Label { // else somebody else wrote it
			add(l.Name)
		}
	}
	table := make([]v1alpha1.UserLabel, 0, len(names))
	for label, name := range names {
		table = append(table, v1alpha1.UserLabel{Label: label, Name: name})
	}
	slices.SortFunc(table, func(a, b v1alpha1.UserLabel) int { return strings.Compare(a.Label, b.Label) })
	return table
}
