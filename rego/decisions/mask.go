package decisions

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// masked stands for a secret.
const masked = "(masked)"

// shortest is the length of secrets that are looked for in messages: shorter
// ones occur by chance.
const shortest = 6

// mask replaces secrets in objects and remembers them, to replace them in
// messages too.
type mask struct {
	secrets map[string]bool
	words   *strings.Replacer
}

// secretKey matches the names of members whose strings are masked.
func secretKey(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"token", "password", "passwd", "secret", "key", "credential", "authorization", "cookie"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// maxObject is the size of the largest object that a line shows, in bytes.
const maxObject = 256 << 10

// shown is an object as a line shows it.
func shown(object any, raw []byte) any {
	if len(raw) > maxObject {
		return fmt.Sprintf("(%d bytes, too large to show)", len(raw))
	}
	return object
}

// object decodes an object and masks it; nil when there is none. What is not
// JSON is not shown at all.
func (m *mask) object(kind string, raw []byte) any {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var obj map[string]any
	if err := json.Unmarshal(raw, &obj); err != nil {
		return masked
	}
	if meta, ok := obj["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
		if annotations, ok := meta["annotations"].(map[string]any); ok {
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	if kind == "Secret" || obj["kind"] == "Secret" {
		for _, name := range []string{"data", "stringData"} {
			if v, ok := obj[name]; ok {
				obj[name] = m.value(v, true)
			}
		}
	}
	return m.value(obj, false)
}

// value masks what lies under secret keys, and credentials in URLs.
func (m *mask) value(v any, hide bool) any {
	switch v := v.(type) {
	case map[string]any:
		// A header, a variable or a parameter: {"name": "Authorization", "value": ...}.
		name, _ := v["name"].(string)
		named := secretKey(name)
		for key, inner := range v {
			v[key] = m.value(inner, hide || secretKey(key) || named && strings.EqualFold(key, "value"))
		}
	case []any:
		for i, inner := range v {
			v[i] = m.value(inner, hide)
		}
	case string:
		if v == masked {
			return v
		}
		if hide && !isReference(v) {
			m.remember(v)
			return masked
		}
		return m.header(m.url(v))
	case float64:
		if hide {
			return masked
		}
	}
	return v
}

// isReference says whether a string names a secret instead of holding it.
func isReference(s string) bool {
	return strings.HasPrefix(s, "${secret.") && strings.HasSuffix(s, "}") && strings.Count(s, "${") == 1
}

func (m *mask) url(s string) string {
	if !strings.Contains(s, "://") || !strings.Contains(s, "@") {
		return s
	}
	return userInfo().ReplaceAllStringFunc(s, func(found string) string {
		m.remember(strings.TrimSuffix(strings.TrimPrefix(found, "://"), "@"))
		return "://" + masked + "@"
	})
}

// header masks what stands behind the name of a header that holds a credential,
// as annotations write headers: one "name value" or "name: value" per line.
func (m *mask) header(s string) string {
	if !credentialWord(s) {
		return s
	}
	pattern := credential()
	return pattern.ReplaceAllStringFunc(s, func(found string) string {
		parts := pattern.FindStringSubmatch(found)
		if isReference(parts[2]) {
			return found
		}
		m.remember(parts[2])
		return parts[1] + masked
	})
}

// credentialWord says whether it is worth looking.
func credentialWord(s string) bool {
	s = strings.ToLower(s)
	for _, word := range []string{"authorization", "api-key", "apikey", "token", "cookie", "secret", "bearer", "basic"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

func credential() *regexp.Regexp {
	return regexp.MustCompile(`(?im)(^[ \t"']*[a-z0-9_-]*(?:authorization|api-?key|token|cookie|secret)[a-z0-9_-]*["']?(?:[ \t]*[:=][ \t]*|[ \t]+)["']?|\b(?:bearer|basic)[ \t]+)([^\s"'](?:[^\n\r"']*[^\s"'])?)`)
}

func userInfo() *regexp.Regexp { return regexp.MustCompile(`://[^/@\s]+@`) }

func (m *mask) remember(s string) {
	if len(s) < shortest {
		return
	}
	if m.secrets == nil {
		m.secrets = map[string]bool{}
	}
	m.secrets[s] = true
	m.words = nil
	if _, rest, ok := strings.Cut(s, " "); ok { // Bearer and the token
		m.remember(rest)
	}
}

// text masks, in a message, the secrets that objects had.
func (m *mask) text(s string) string {
	if len(m.secrets) == 0 {
		return s
	}
	if m.words == nil {
		all := make([]string, 0, len(m.secrets))
		for secret := range m.secrets {
			all = append(all, secret)
		}
		sort.Slice(all, func(i, j int) bool {
			return len(all[i]) > len(all[j]) || (len(all[i]) == len(all[j]) && all[i] < all[j])
		})
		pairs := make([]string, 0, 2*len(all))
		for _, secret := range all {
			pairs = append(pairs, secret, masked)
		}
		m.words = strings.NewReplacer(pairs...)
	}
	return m.words.Replace(s)
}
