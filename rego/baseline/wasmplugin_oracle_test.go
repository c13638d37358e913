package baseline_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	extensions "tollgate.dev/tollgate/apis/higress/extensions/v1alpha1"
)

// The oracle says why an object of testdata/plugins.yaml's cluster must be
// refused, from the words of the rules and in plain Go. It shares no code and
// no data with the policies.

// pluginCase is one WasmPlugin under judgement.
type pluginCase struct {
	plugin  extensions.WasmPlugin
	object  map[string]any
	by      person
	gateway bool
	// organization whose object it is.
	organization string
	image        image
	configs      []map[string]any
	reasons      []string
}

func (c *pluginCase) because(reason string, holds bool) {
	if holds {
		c.reasons = append(c.reasons, reason)
	}
}

// pluginReasons are the reasons against an object; none means that it passes.
func pluginReasons(t *testing.T, by person, object map[string]any) []string {
	t.Helper()
	c := &pluginCase{object: object, by: by}
	if err := json.Unmarshal(mustJSON(object), &c.plugin); err != nil {
		t.Fatal(err)
	}
	c.gateway = c.plugin.Namespace == "higress-system"
	switch {
	case c.gateway:
		c.organization = c.plugin.Labels["tollgate.dev/organization"]
	case oneOf(c.plugin.Namespace, "acme-chat", "acme-data"):
		c.organization = "acme"
	case c.plugin.Namespace == "acme-corp-chat":
		c.organization = "acme-corp"
	}
	c.image = readImage(c.plugin.Spec.URL, c.plugin.Spec.SHA256)
	spec := c.object["spec"].(map[string]any)
	for _, key := range []string{"pluginConfig", "defaultConfig"} {
		if config, ok := spec[key].(map[string]any); ok {
			c.configs = append(c.configs, config)
		}
	}
	for _, rule := range c.plugin.Spec.MatchRules {
		if rule.Config != nil {
			c.configs = append(c.configs, rawMap(rule.Config.Raw))
		}
	}
	c.everyone()
	c.authentication()
	if !by.keeper {
		c.tenant()
	}
	return c.reasons
}

// image is a module's location.
type image struct {
	plain              bool
	repository, digest string
}

var (
	hostPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?$`)
	pathPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	tagPattern    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	hexPattern    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	webPathFormat = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// readImage reads only what can be read in one way.
func readImage(url, sha256 string) image {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "oci", url
	}
	scheme = strings.ToLower(scheme)
	if scheme != "oci" && scheme != "https" {
		return image{}
	}
	var in image
	if hexPattern.MatchString(sha256) {
		in.digest = "sha256:" + sha256
	}
	segments := pathPattern
	if scheme == "oci" {
		name, digest, pinned := strings.Cut(rest, "@")
		if pinned {
			if hex, ok := strings.CutPrefix(digest, "sha256:"); !ok || !hexPattern.MatchString(hex) {
				return image{}
			}
			in.digest = digest
		}
		if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
			if !tagPattern.MatchString(name[colon+1:]) {
				return image{}
			}
			name = name[:colon]
		}
		rest = name
	} else {
		segments = webPathFormat
	}
	parts := strings.Split(rest, "/")
	if len(parts) < 2 || !hostPattern.MatchString(parts[0]) {
		return image{}
	}
	for _, p := range parts[1:] {
		if !segments.MatchString(p) {
			return image{}
		}
	}
	in.plain, in.repository = true, strings.ToLower(parts[0])+"/"+strings.Join(parts[1:], "/")
	return in
}

func (c *pluginCase) everyone() {
	spec := &c.plugin.Spec
	c.because("the URL is not plain, or of a kind that is not allowed", !c.image.plain)
	registry := strings.HasPrefix(c.image.repository, "registry.platform.example/plugins/") ||
		c.organization == "acme" && strings.HasPrefix(c.image.repository, "registry.acme.example/plugins/") ||
		c.organization == "acme-corp" && strings.HasPrefix(c.image.repository, "registry.acme-corp.example/")
	c.because("the registry is not allowed", !registry)
	c.because("there is no digest", c.image.digest == "")
	c.because("sha256 is none", spec.SHA256 != "" && !hexPattern.MatchString(spec.SHA256))
	c.because("sha256 is another digest", hexPattern.MatchString(spec.SHA256) && c.image.digest != "sha256:"+spec.SHA256)
	c.because("Higress cannot read the priority", spec.Priority != nil && (*spec.Priority > 1<<31-1 || *spec.Priority < -1<<31))
	pluginConfig := c.object["spec"].(map[string]any)["pluginConfig"] != nil
	defaultConfig, _ := c.object["spec"].(map[string]any)["defaultConfig"].(map[string]any)
	c.because("pluginConfig makes the rest void", pluginConfig && (len(spec.MatchRules) > 0 || len(defaultConfig) > 0))
	for _, rule := range spec.MatchRules {
		active := rule.ConfigDisable == nil || !*rule.ConfigDisable
		c.because("a rule without a condition", active && len(rule.Ingress)+len(rule.Domain)+len(rule.Service) == 0)
		c.because("a rule that matches nothing", rule.RouteType == "GRPC")
	}
	for _, config := range c.configs {
		for key := range config {
			c.because("the gateway's own key", strings.HasPrefix(key, "_") && key != "_plugin_id_")
		}
	}
	everyText(c.object["spec"], func(s string) { c.because("a template without a value", unresolvable(s)) })
	recovery := 0
	for _, env := range environment(spec) {
		c.because("a reserved variable", strings.HasPrefix(strings.ToUpper(env.Name), "ISTIO_META_"))
		if env.Name == "WASM_DISABLE_PANIC_RECOVERY" {
			recovery++
			if env.Value != "true" || env.ValueFrom == "HOST" {
				recovery = 100
			}
		}
	}
	if c.gateway && oneOf(c.plugin.Name, "tollgate-identity", "tollgate-auth", "tollgate-budget") {
		c.because("a guard that fails open", spec.FailStrategy == "FAIL_OPEN")
		c.because("a guard that recovers from panics", recovery == 0 || recovery >= 100)
	}
}

func environment(spec *extensions.WasmPluginSpec) []extensions.EnvVar {
	if spec.VMConfig == nil {
		return nil
	}
	return spec.VMConfig.Env
}

// unresolvable reports whether the gateway would take a part of a text for a
// template and find no value for it: three parts, and not those of a Secret.
func unresolvable(s string) bool {
	for i, c := range s {
		if c != '}' {
			continue
		}
		at := strings.LastIndex(s[:i], "${")
		if at < 0 || strings.ContainsAny(s[at+2:i], "{}") {
			continue
		}
		parts := strings.SplitN(s[at+2:i], ".", 3)
		if len(parts) < 3 {
			continue
		}
		name := parts[1]
		if ns, rest, ok := strings.Cut(name, "/"); ok {
			if !dnsText(ns) {
				return true
			}
			name = rest
		}
		if parts[0] != "secret" || !dnsText(name) || parts[2] == "" || strings.Trim(parts[2], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			return true
		}
	}
	return false
}

func dnsText(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// everyText calls yield for each text in a value, keys included.
func everyText(v any, yield func(string)) {
	switch v := v.(type) {
	case string:
		yield(v)
	case []any:
		for _, e := range v {
			everyText(e, yield)
		}
	case map[string]any:
		for k, e := range v {
			yield(k)
			everyText(e, yield)
		}
	}
}

// everyMap calls yield for each object in a value.
func everyMap(v any, yield func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			everyMap(e, yield)
		}
	case map[string]any:
		yield(v)
		for _, e := range v {
			everyMap(e, yield)
		}
	}
}

func rawMap(raw []byte) map[string]any {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}
