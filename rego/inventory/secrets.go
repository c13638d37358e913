package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// secretUse is one use of a Secret ("ns/name") by an object, and what for, with a
// space before it: " (TLS)".
type secretUse struct{ Secret, What string }

// secrets is data.tollgate.secret_user["ns/name"]: who uses a Secret, as a person
// names it: "Ingress acme/web (TLS)".
type secrets struct{ *index[string] }

func newSecrets(w words) *secrets {
	return &secrets{newIndex(plainText(), func(all []contribution[string]) ast.Value {
		users := make([]string, len(all))
		for i, use := range all {
			users[i] = use.object.kind() + " " + use.object.qualified() + use.value
		}
		slices.Sort(users)
		return w.list(slices.Compact(users)).Value
	})}
}

func (s *secrets) put(k objectKey, uses []secretUse) {
	entries := make([]entry[string], len(uses))
	for i, u := range uses {
		entries[i] = entry[string]{u.Secret, u.What}
	}
	s.set(k, entries...)
}

func (s *secrets) remove(k objectKey) { s.set(k) }

// sortUses gives the uses of one object an order that does not depend on that
// of maps, each once.
func sortUses(uses []secretUse) []secretUse {
	slices.SortFunc(uses, func(a, b secretUse) int {
		return cmp.Or(strings.Compare(a.Secret, b.Secret), strings.Compare(a.What, b.What))
	})
	return slices.Compact(uses)
}

// templatedSecrets are the Secrets that Higress puts into a text for
// ${secret.<name>.<key>} and ${secret.<ns>/<name>.<key>}.
// Source: contract section 2.9.
func templatedSecrets(text, gatewayNamespace string) []secretUse {
	const open = "${secret."
	var uses []secretUse
	for {
		_, rest, found := strings.Cut(text, open)
		if !found {
			return uses
		}
		text = rest
		ref, _, closed := strings.Cut(rest, "}")
		name, _, keyed := strings.Cut(ref, ".")
		if !closed || !keyed || name == "" {
			continue
		}
		if !strings.Contains(name, "/") {
			name = gatewayNamespace + "/" + name
		}
		uses = append(uses, secretUse{Secret: name})
	}
}

// pastedSecrets are those that Higress puts into what it makes of a route of the
// Gateway API.
func pastedSecrets(u *unstructured.Unstructured, gatewayNamespace string) []secretUse {
	var uses []secretUse
	eachText(u.Object["spec"], func(s string) {
		uses = append(uses, templatedSecrets(s, gatewayNamespace)...)
	})
	return sortUses(uses)
}

// eachText calls visit with every text of a JSON value, keys included.
func eachText(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, e := range v {
			eachText(e, visit)
		}
	case map[string]any:
		for k, e := range v {
			visit(k)
			eachText(e, visit)
		}
	}
}
