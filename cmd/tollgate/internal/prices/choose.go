package prices

import (
	"fmt"
	"regexp"
	"strings"
)

// chooser says which models to import.
type chooser struct{ providers, models *regexp.Regexp }

// newChooser takes patterns in which * stands for any text and ? for one
// character. No pattern means all.
func newChooser(providers, models []string) (*chooser, error) {
	p, err := glob(providers)
	if err != nil {
		return nil, fmt.Errorf("reading --providers: %w", err)
	}
	m, err := glob(models)
	if err != nil {
		return nil, fmt.Errorf("reading --models: %w", err)
	}
	return &chooser{p, m}, nil
}

func (c *chooser) wanted(provider, model string) bool {
	return (c.providers == nil || c.providers.MatchString(provider)) && (c.models == nil || c.models.MatchString(model))
}

func glob(patterns []string) (*regexp.Regexp, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	var parts []string
	for _, p := range patterns {
		if p == "" {
			return nil, fmt.Errorf("a pattern is empty: use * for all")
		}
		q := regexp.QuoteMeta(p)
		q = strings.ReplaceAll(strings.ReplaceAll(q, `\*`, `.*`), `\?`, `.`)
		parts = append(parts, q)
	}
	return regexp.Compile(`^(?s:` + strings.Join(parts, "|") + `)$`)
}

// parseRenames reads FROM=TO pairs.
func parseRenames(pairs []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range pairs {
		from, to, ok := strings.Cut(p, "=")
		if !ok || from == "" {
			return nil, fmt.Errorf("--rename %q is not FROM=TO", p)
		}
		if _, twice := out[from]; twice {
			return nil, fmt.Errorf("--rename names the provider %q twice", from)
		}
		out[from] = to
	}
	return out, nil
}
