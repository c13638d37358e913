package baseline

import (
	"fmt"
	"maps"
	"slices"

	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// Configured returns the policies of the baseline as the settings change them.
// They belong to the caller. It returns an error if the settings name a policy
// that is not there.
func Configured(s *settings.Settings) ([]*policy.Policy, error) {
	all, err := Policies()
	if err != nil {
		return nil, err
	}
	known := make(map[string]*policy.Policy, len(all))
	for _, p := range all {
		known[p.ID] = p
	}
	for _, id := range slices.Sorted(maps.Keys(s.Policies)) {
		p, ok := known[id]
		if !ok {
			return nil, fmt.Errorf("the settings change the policy %q under policies: there is none of that name in the baseline; its policies are %v", id, slices.Sorted(maps.Keys(known)))
		}
		configure(p, s.Policies[id])
	}
	return all, nil
}

// configure changes one policy.
func configure(p *policy.Policy, by settings.Policy) {
	if by.Webhook != "" {
		p.Enforcement.Webhook = by.Webhook
	}
	if by.Review != "" {
		p.Enforcement.Review = by.Review
	}
	if len(by.Parameters) == 0 {
		return
	}
	parameters := maps.Clone(p.Parameters)
	if parameters == nil {
		parameters = map[string]any{}
	}
	maps.Copy(parameters, by.Parameters)
	p.Parameters = parameters
}
