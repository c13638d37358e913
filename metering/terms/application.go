package terms

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/window"
)

// Node is one listed budget node, as package tenancy finds them: the
// organization, its accepted projects, their groups and listed users.
type Node struct {
	// Path of the node in the ledger.
	Path string
	// Budget of the node; nil means counted and not limited.
	Budget *v1alpha1.Budget
	// UserBudget is a group's budget for each user who is not listed; nil means
	// counted and not limited. Groups only.
	UserBudget *v1alpha1.Budget
}

// Problem is a node whose budget cannot be written. The ledger keeps what it
// has for the node.
type Problem struct {
	Path string
	// UserBudget is true when the group's userBudget is what is wrong, not its
	// budget.
	UserBudget bool
	Err        error
}

// compile returns what the ledger should have for a node: its own terms, and
// those of a group's users who are not listed.
func (n Node) compile(c *Compiler) (own Budget, users *Budget, problem *Problem) {
	path, err := ledger.ParsePath(n.Path)
	if err != nil {
		return Budget{}, nil, &Problem{Path: n.Path, Err: err}
	}
	if own, err = c.Compile(n.Budget); err != nil {
		return Budget{}, nil, &Problem{Path: n.Path, Err: err}
	}
	if path.Level() != ledger.Group {
		if n.UserBudget != nil {
			return Budget{}, nil, &Problem{Path: n.Path, UserBudget: true, Err: errors.New("only a group has a budget for its users")}
		}
		return own, nil, nil
	}
	u, err := c.Compile(n.UserBudget)
	if err != nil {
		return Budget{}, nil, &Problem{Path: n.Path, UserBudget: true, Err: err}
	}
	return own, &u, nil
}

// Application returns what to write to the ledger of one organization: the
// terms of its nodes sorted by path, and the calendars that they name with
// their boundaries ahead of now, sorted by id. The caller sets its Generation
// (and Removed, see the function of that name). It is the same for the same
// nodes in any order.
//
// A node with a wrong budget, and every node of a path that occurs twice, is
// left out and returned as a Problem, sorted by path.
func (c *Compiler) Application(nodes []Node, now time.Time) (ledger.Application, []Problem) {
	sorted := slices.Clone(nodes)
	slices.SortStableFunc(sorted, func(a, b Node) int { return strings.Compare(a.Path, b.Path) })

	var app ledger.Application
	var problems []Problem
	calendars := map[string]window.Calendar{}
	for i, n := range sorted {
		if i > 0 && sorted[i-1].Path == n.Path || i+1 < len(sorted) && sorted[i+1].Path == n.Path {
			problems = append(problems, Problem{Path: n.Path, Err: fmt.Errorf("budget %q is there twice", n.Path)})
			continue
		}
		own, users, problem := n.compile(c)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		t := ledger.NodeTerms{Path: ledger.Path(n.Path), Terms: own.Terms}
		calendars[own.Calendar] = own.Window
		if users != nil {
			t.Users = &users.Terms
			calendars[users.Calendar] = users.Window
		}
		app.Nodes = append(app.Nodes, t)
	}
	for id, w := range calendars {
		app.Calendars = append(app.Calendars, ledger.Calendar{ID: id, Boundaries: w.Ahead(now), Total: w.Period == window.Total})
	}
	slices.SortFunc(app.Calendars, func(a, b ledger.Calendar) int { return strings.Compare(a.ID, b.ID) })
	return app, problems
}

// Removed returns the nodes that have terms of their own in the ledger and are
// no longer listed, sorted. The views are those of every path that the ledger
// knows. A node with a Problem is listed, so it is not removed.
func Removed(nodes []Node, views []ledger.NodeView) []ledger.Path {
	listed := make(map[ledger.Path]bool, len(nodes))
	for _, n := range nodes {
		listed[ledger.Path(n.Path)] = true
	}
	var removed []ledger.Path
	for _, v := range views {
		if v.Applied && !listed[v.Path] {
			removed = append(removed, v.Path)
		}
	}
	slices.Sort(removed)
	return slices.Compact(removed)
}
