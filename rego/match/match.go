package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Object is what a match block asks of one object.
type Object struct {
	Name         string
	GenerateName string
	Labels       map[string]string
}

// Target is one review, as match blocks see it.
type Target struct {
	Group     string
	Kind      string
	Operation string // CREATE, UPDATE, DELETE
	// Namespace of the object; empty for cluster-scoped objects. For a
	// Namespace it is ignored.
	Namespace string
	// NamespaceLabels are the labels of the object's namespace;
	// NamespaceKnown says whether they are known.
	NamespaceLabels map[string]string
	NamespaceKnown  bool
	// Objects are the new and the old object, those there are. A policy matches
	// when it matches one of them.
	Objects []Object
}

func (t *Target) isNamespace() bool { return t.Kind == "Namespace" && t.Group == "" }

// Matcher is a compiled match block.
type Matcher struct {
	kinds             []kinds
	operations        []string
	scope             string
	namespaces        []string
	excluded          []string
	labelSelector     labels.Selector
	namespaceSelector labels.Selector
	name              string
}

type kinds struct{ groups, kinds []string }

// Compile prepares a match block. An error is about a selector that cannot be
// read; the matcher that comes with it leaves that selector out, and so matches
// more.
func Compile(m *v1alpha1.PolicyMatch) (*Matcher, error) {
	c := &Matcher{
		operations: m.Operations,
		scope:      m.Scope,
		namespaces: m.Namespaces,
		excluded:   m.ExcludedNamespaces,
		name:       m.Name,
	}
	if len(c.operations) == 0 {
		c.operations = []string{"CREATE", "UPDATE"}
	}
	for _, k := range m.Kinds {
		c.kinds = append(c.kinds, kinds{groups: k.APIGroups, kinds: k.Kinds})
	}
	var errs []error
	var err error
	if c.labelSelector, err = selector(m.LabelSelector); err != nil {
		errs = append(errs, fmt.Errorf("reading match.labelSelector: %w", err))
	}
	if c.namespaceSelector, err = selector(m.NamespaceSelector); err != nil {
		errs = append(errs, fmt.Errorf("reading match.namespaceSelector: %w", err))
	}
	return c, errors.Join(errs...)
}

func selector(s *metav1.LabelSelector) (labels.Selector, error) {
	if s == nil {
		return nil, nil
	}
	return metav1.LabelSelectorAsSelector(s)
}

// Matches says whether the policy is asked about the review.
func (c *Matcher) Matches(t *Target) bool {
	return slices.Contains(c.operations, t.Operation) &&
		c.matchesKind(t.Group, t.Kind) &&
		c.matchesScope(t) &&
		slices.ContainsFunc(t.Objects, func(o Object) bool { return c.matchesObject(t, &o) })
}

// MatchesKind says whether the policy is asked about objects of a kind at all.
func (c *Matcher) MatchesKind(group, kind string) bool { return c.matchesKind(group, kind) }

func (c *Matcher) matchesKind(group, kind string) bool {
	if len(c.kinds) == 0 {
		return true
	}
	for _, k := range c.kinds {
		if listed(k.kinds, kind) && listed(k.groups, group) {
			return true
		}
	}
	return false
}

func listed(list []string, value string) bool {
	return len(list) == 0 || slices.Contains(list, value) || slices.Contains(list, "*")
}

func (c *Matcher) matchesScope(t *Target) bool {
	switch c.scope {
	case "Cluster":
		return t.isNamespace() || t.Namespace == ""
	case "Namespaced":
		return !t.isNamespace() && t.Namespace != ""
	}
	return true
}

func (c *Matcher) matchesObject(t *Target, o *Object) bool {
	namespace := t.Namespace
	if t.isNamespace() {
		namespace = o.Name
	}
	if namespace != "" {
		if len(c.namespaces) > 0 && !slices.ContainsFunc(c.namespaces, func(g string) bool { return glob(g, namespace) }) {
			return false
		}
		if slices.ContainsFunc(c.excluded, func(g string) bool { return glob(g, namespace) }) {
			return false
		}
	}
	if c.labelSelector != nil && !c.labelSelector.Matches(labels.Set(o.Labels)) {
		return false
	}
	if !c.matchesNamespaceSelector(t, o) {
		return false
	}
	return c.name == "" || glob(c.name, o.Name) || globGenerated(c.name, o.GenerateName)
}

// matchesNamespaceSelector: Gatekeeper fails a review whose namespace it does
// not know. Here the policy is asked: it judges more rather than less.
func (c *Matcher) matchesNamespaceSelector(t *Target, o *Object) bool {
	switch {
	case c.namespaceSelector == nil:
		return true
	case t.isNamespace():
		return c.namespaceSelector.Matches(labels.Set(o.Labels))
	case t.Namespace == "" || !t.NamespaceKnown:
		return true
	}
	return c.namespaceSelector.Matches(labels.Set(t.NamespaceLabels))
}

// glob compares with a pattern that may have a * at the start, the end or both.
func glob(pattern, s string) bool {
	if rest, ok := strings.CutPrefix(pattern, "*"); ok {
		if middle, ok := strings.CutSuffix(rest, "*"); ok {
			return strings.Contains(s, middle)
		}
		return strings.HasSuffix(s, rest)
	}
	if front, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(s, front)
	}
	return pattern == s
}

// globGenerated compares a pattern with generateName: the suffix that the API
// server will add is unknown, so only a pattern with a * at its end can match.
func globGenerated(pattern, generateName string) bool {
	return generateName != "" && strings.HasSuffix(pattern, "*") && glob(pattern, generateName)
}
