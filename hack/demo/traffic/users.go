package traffic

import (
	"math"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/tenancy"
)

// small is the limit below which a budget is run down on purpose.
const small = 2 * money.Dollar

// requestsToExhaust is about how many requests run a small budget down.
const requestsToExhaust = 30

// User is one simulated caller.
type User struct {
	Path  ledger.Path
	Route string
	// Models that may be called and are in the price table, sorted.
	Models []string
	Prices *price.Table
	// Worth is what a request should cost about; 0 for an ordinary one.
	Worth money.Amount
}

// Users are the callers of all accepted projects, by path: the listed users of
// each group that may call something, and one visitor of each group that has a
// budget for users who are not listed.
func Users(s *specs.Specs) []User {
	var out []User
	for _, o := range s.Directory.Organizations() {
		table, known := s.Prices(o.Organization)
		for _, p := range s.Directory.ProjectsOf(o.Name()) {
			for _, n := range callers(p) {
				g, ok := p.Group(n.Group)
				if !ok {
					continue
				}
				u := User{
					Path: ledger.Path(n.Path), Route: p.Project.Namespace + "/" + p.Project.Name,
					Models: allowed(g.Models, known), Prices: table, Worth: worth(g.Budget),
				}
				if len(u.Models) > 0 {
					out = append(out, u)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b User) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return out
}

func callers(p *tenancy.ProjectView) []tenancy.Node {
	var out []tenancy.Node
	for _, n := range p.Nodes {
		switch n.Level {
		case tenancy.LevelUser:
			out = append(out, n)
		case tenancy.LevelGroup:
			if g, ok := p.Group(n.Group); ok && g.UserBudget != nil {
				if visitor, ok := p.DefaultUserNode(n.Group, "visitor"); ok {
					out = append(out, visitor)
				}
			}
		}
	}
	return out
}

// allowed are the known models that a group may call; * at the end of a name
// stands for the rest of it.
func allowed(patterns, known []string) []string {
	return slices.DeleteFunc(slices.Clone(known), func(model string) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool {
			prefix, open := strings.CutSuffix(p, "*")
			return model == p || open && strings.HasPrefix(model, prefix)
		})
	})
}

// worth is what each request of a group with a small budget should cost.
func worth(b *v1alpha1.Budget) money.Amount {
	if b == nil || b.Enforcement != v1alpha1.Block && b.Enforcement != "" {
		return 0
	}
	limit, err := money.Parse(string(b.Limit))
	if err != nil || limit > small {
		return 0
	}
	return max(limit/requestsToExhaust, 1)
}

// provider is the gateway's name for who serves a model.
func provider(model string) string {
	for prefix, name := range map[string]string{"gpt": "openai", "text-embedding": "openai", "claude": "anthropic", "gemini": "google"} {
		if strings.HasPrefix(model, prefix) {
			return name
		}
	}
	return "models"
}

// tokensWorth is how many input tokens cost about an amount.
func tokensWorth(r price.Rate, amount money.Amount) int64 {
	per, ok := r.Price(price.Input, 0)
	if !ok || per <= 0 {
		return 1000
	}
	n := float64(amount) / float64(per) * 1e6 // a size to draw, not money
	return int64(math.Min(math.Max(n, 1), 500_000))
}
