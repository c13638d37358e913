package baseline

import (
	"fmt"
	"maps"
	"slices"

	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// Configured returns the policies of the baseline as the settings change them.
// They belong to the caller. It returns an error if the settings name a policy or
// a parameter that is not there, or give a parameter another type than it has: a
// policy would judge by it otherwise than anybody thinks, or not at all.
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
		if err := configure(p, s.Policies[id]); err != nil {
			return nil, fmt.Errorf("the settings change policies.%s: %w", id, err)
		}
	}
	return all, nil
}

// configure changes one policy.
func configure(p *policy.Policy, by settings.Policy) error {
	if by.Webhook != "" {
		p.Enforcement.Webhook = by.Webhook
	}
	if by.Review != "" {
		p.Enforcement.Review = by.Review
	}
	if len(by.Parameters) == 0 {
		return nil
	}
	parameters := maps.Clone(p.Parameters)
	for _, name := range slices.Sorted(maps.Keys(by.Parameters)) {
		was, known := parameters[name]
		if !known {
			return fmt.Errorf("it has no parameter %q; its parameters are %v", name, slices.Sorted(maps.Keys(p.Parameters)))
		}
		if err := fits(was, by.Parameters[name]); err != nil {
			return fmt.Errorf("parameters.%s: %w", name, err)
		}
		parameters[name] = by.Parameters[name]
	}
	p.Parameters = parameters
	return nil
}

// fits says whether a value is of the type of the one that it replaces; in lists,
// whether every element is of the type of those.
func fits(was, now any) error {
	if want, have := kindOf(was), kindOf(now); want != have {
		return fmt.Errorf("it is %s, not %s", want, have)
	}
	before, ok := was.([]any)
	if !ok || len(before) == 0 {
		return nil
	}
	for i, element := range now.([]any) {
		if err := fits(before[0], element); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// kindOf names the type of decoded JSON.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return "a number"
}
