package baseline_test

import (
	"regexp"
	"strings"
)

// What the oracle holds against tenants, and against plugins that authenticate.

func (c *pluginCase) tenant() {
	if !c.gateway {
		c.because("tenants write none", true)
		return
	}
	if c.organization == "" || c.organization != c.by.organization {
		c.because("not the requester's object", true)
		return
	}
	spec, raw := &c.plugin.Spec, c.object["spec"].(map[string]any)
	allowed, responseSafe := c.allowance()
	c.because("not on the administrator's list", !allowed)
	c.because("a name of the platform's or of another's",
		!strings.HasPrefix(c.plugin.Name, c.organization+"-") || strings.HasSuffix(c.plugin.Name, ".internal"))
	for _, notes := range []map[string]string{c.plugin.Labels, c.plugin.Annotations} {
		for key := range notes {
			c.because("taken for the console's", strings.HasPrefix(key, "higress.io/"))
		}
	}
	defaultConfig, _ := raw["defaultConfig"].(map[string]any)
	c.because("a global configuration", raw["pluginConfig"] != nil || len(defaultConfig) > 0 ||
		spec.DefaultConfigDisable == nil || !*spec.DefaultConfigDisable)
	c.because("not below the guards", spec.Phase != "" && spec.Phase != "UNSPECIFIED_PHASE")
	c.because("not below the budget guard", spec.Priority != nil && *spec.Priority >= 40)
	c.because("it can freeze the gateway", spec.FailStrategy != "FAIL_OPEN")
	c.because("a Secret of the platform", spec.ImagePullSecret != "")
	for _, env := range environment(spec) {
		c.because("the gateway's environment", env.ValueFrom == "HOST")
	}
	for _, rule := range spec.MatchRules {
		c.because("not by route alone", len(rule.Ingress) == 0 || len(rule.Domain)+len(rule.Service) > 0)
		for _, route := range rule.Ingress {
			c.because("not the tenant's route", !c.ownRoute(route))
			c.because("a route that is metered, or may be", !responseSafe && route != c.plainRoute())
		}
	}
	everyText(c.object, func(s string) { c.because("a template", strings.Contains(s, "${")) })
	everyText(c.object["spec"], func(s string) { c.because("a header of the platform's", platformHeader(s)) })
	for _, config := range c.configs {
		everyMap(config, c.names)
	}
	if strings.HasSuffix(c.image.repository, "/ai-cache") {
		for _, rule := range spec.MatchRules {
			var cache map[string]any
			if rule.Config != nil {
				cache, _ = rawMap(rule.Config.Raw)["cache"].(map[string]any)
			}
			c.because("everyone's cache", cache["cacheKeyPrefix"] == nil)
		}
	}
}

func (c *pluginCase) allowance() (listed, responseSafe bool) {
	digest := func(digit string) bool { return c.image.digest == "sha256:"+strings.Repeat(digit, 64) }
	if strings.HasPrefix(strings.ToLower(c.plugin.Spec.URL), "https:") {
		return false, false
	}
	switch c.image.repository {
	case "registry.acme.example/plugins/plain":
		return digest("1"), false
	case "registry.platform.example/plugins/safe":
		return digest("2"), digest("2")
	case "registry.platform.example/plugins/ai-cache":
		return digest("3"), digest("3")
	case "registry.platform.example/plugins/ip-restriction":
		return digest("4"), digest("4")
	}
	return false, false
}

func (c *pluginCase) ownRoute(route string) bool {
	namespace, name, ok := strings.Cut(strings.TrimPrefix(route, "GRPC/"), "/")
	if !ok || name == "" || strings.Contains(name, "/") {
		return false
	}
	if c.organization == "acme" {
		return oneOf(namespace, "acme-chat", "acme-data")
	}
	return c.organization == "acme-corp" && namespace == "acme-corp-chat"
}

// plainRoute is the one route of the organization that is known to reach no
// model.
func (c *pluginCase) plainRoute() string { return c.organization + "-chat/web" }

func platformHeader(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for _, w := range words {
		for _, prefix := range []string{"x-mse-", "x-tollgate-", "x-dev-", "x-higress-", "x-hi-", "x-envoy-"} {
			if strings.HasPrefix(w, prefix) {
				return true
			}
		}
	}
	return false
}

func (c *pluginCase) ownName(v any) bool {
	s, _ := v.(string)
	rest, ok := strings.CutPrefix(s, c.organization)
	return ok && len(rest) > 1 && strings.ContainsAny(rest[:1], ".:/")
}

var consumerPattern = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+\.[a-z0-9-]+\.[a-z0-9-]+$`)

func (c *pluginCase) ownConsumer(v any) bool {
	s, _ := v.(string)
	return consumerPattern.MatchString(s) && strings.HasPrefix(s, c.organization+".")
}

func (c *pluginCase) ownService(v any) bool {
	s, _ := v.(string)
	if c.organization == "acme" && s == "llm-acme.dns" || c.organization == "acme-corp" && s == "llm-corp.dns" {
		return true
	}
	parts := strings.Split(strings.TrimSuffix(s, ".cluster.local"), ".")
	return len(parts) == 3 && dnsText(parts[0]) && parts[2] == "svc" && c.ownRoute(parts[1]+"/x")
}

// names looks at one object of a configuration.
func (c *pluginCase) names(config map[string]any) {
	for key, value := range config {
		word := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
		c.because("the gateway's own key", strings.HasPrefix(key, "_"))
		switch {
		case oneOf(word, "rulename", "rediskeyprefix", "cachekeyprefix", "activeproviderid"):
			c.because("a name of another's", !c.ownName(value))
		case word == "servicename":
			c.because("a service of another's", !c.ownService(value))
		case word == "providers":
			everyMap(value, func(m map[string]any) { c.because("a provider of another's", !c.ownName(m["id"])) })
		case oneOf(word, "adminconsumer", "consumers"), key == "allow" && !c.restriction():
			for _, consumer := range listed(value) {
				if m, ok := consumer.(map[string]any); ok {
					consumer = m["name"]
				}
				c.because("a consumer of another's", !c.ownConsumer(consumer))
			}
		case word == "limitkeys":
			_, one := config["limit_by_consumer"]
			_, each := config["limit_by_per_consumer"]
			for _, limit := range listed(value) {
				consumer := limit.(map[string]any)["key"]
				c.because("a limit on another's consumer", (one || each) && consumer != "*" && !c.ownConsumer(consumer))
			}
		}
	}
}

// restriction: in ip-restriction, allow holds addresses.
func (c *pluginCase) restriction() bool {
	return strings.HasSuffix(c.image.repository, "/ip-restriction")
}

func listed(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// authentication: what opens the routes of a plugin like key-auth.
func (c *pluginCase) authentication() {
	raw := c.object["spec"].(map[string]any)
	global, _ := raw["defaultConfig"].(map[string]any)
	byName := strings.HasSuffix(c.image.repository, "/key-auth") || c.plugin.Name == "key-auth.internal" ||
		c.plugin.Labels["higress.io/wasm-plugin-name"] == "key-auth"
	authenticates := byName || global["consumers"] != nil || global["global_auth"] != nil
	for _, rule := range c.plugin.Spec.MatchRules {
		if rule.Config == nil {
			continue
		}
		allow, _ := rawMap(rule.Config.Raw)["allow"].([]any)
		for _, name := range allow {
			s, _ := name.(string)
			first, _, _ := strings.Cut(s, ".")
			authenticates = authenticates || consumerPattern.MatchString(s) && strings.ContainsAny(first, "abcdefghijklmnopqrstuvwxyz-")
		}
	}
	if !authenticates {
		return
	}
	for _, config := range c.configs {
		c.credentials(config, byName)
	}
	if raw["pluginConfig"] != nil {
		return
	}
	dropped := c.plugin.Spec.DefaultConfigDisable != nil && *c.plugin.Spec.DefaultConfigDisable
	for _, rule := range c.plugin.Spec.MatchRules {
		if rule.ConfigDisable != nil && *rule.ConfigDisable {
			continue
		}
		var config map[string]any
		if rule.Config != nil {
			config = rawMap(rule.Config.Raw)
		}
		if !populated(config) {
			c.because("open: the consumers are dropped", dropped || !populated(global))
			continue
		}
		c.because("open: its own consumers, and nobody is asked", global["global_auth"] == false)
		c.because("open: allow is ignored", config["allow"] != nil)
	}
}

func populated(config map[string]any) bool {
	consumers, _ := config["consumers"].([]any)
	credentials, _ := config["credentials"].([]any)
	return len(consumers)+len(credentials) > 0
}

func (c *pluginCase) credentials(config map[string]any, wanted bool) {
	consumers, _ := config["consumers"].([]any)
	names, secrets := map[any]bool{}, map[any]bool{}
	once := func(what string, seen map[any]bool, v any) {
		c.because(what+" twice", seen[v])
		seen[v] = true
	}
	for _, consumer := range consumers {
		m, _ := consumer.(map[string]any)
		name, _ := m["name"].(string)
		c.because("a consumer without a name", strings.TrimSpace(name) == "")
		if m["name"] != nil {
			once("a name", names, m["name"])
		}
		many, _ := m["credentials"].([]any)
		for _, s := range many {
			once("a credential", secrets, s)
		}
		one, _ := m["credential"].(string)
		if one != "" {
			once("a credential", secrets, one)
		}
		c.because("a consumer without a credential", wanted && one == "" && len(many) == 0)
	}
}
