package gatekeeper

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// The API groups of Gatekeeper.
const (
	templateGroup   = "templates.gatekeeper.sh"
	constraintGroup = "constraints.gatekeeper.sh"
)

// Options of an import.
type Options struct {
	// Inventory lists kinds that policies read, where their Rego does not say so
	// in constant strings. It is added to every policy that reads data.inventory.
	Inventory []v1alpha1.InventoryKind
}

// Imported is one policy made of a template and one of its constraints.
type Imported struct {
	Policy *v1alpha1.AdmissionPolicy
	// Notes say what is not quite the same as in Gatekeeper.
	Notes []string
}

// Import makes one policy of each constraint, in the order of the constraints.
// objects holds templates and constraints in any order. What can be imported is
// returned even when there is an error, which joins one error per object that
// cannot.
func Import(objects []*unstructured.Unstructured, options Options) ([]Imported, error) {
	templates := map[string]*template{}
	var constraints []*unstructured.Unstructured
	var errs []error
	for _, obj := range objects {
		switch gvk := obj.GroupVersionKind(); gvk.Group {
		case templateGroup:
			t, err := readTemplate(obj)
			if err != nil {
				errs = append(errs, fmt.Errorf("ConstraintTemplate %s: %w", obj.GetName(), err))
			}
			if t != nil {
				templates[t.kind] = t
			}
		case constraintGroup:
			constraints = append(constraints, obj)
		default:
			errs = append(errs, fmt.Errorf("%s %s: %s", gvk.Kind, obj.GetName(), foreign(gvk.Group)))
		}
	}
	var out []Imported
	taken := map[string]string{}
	for _, c := range constraints {
		t := templates[c.GetKind()]
		switch {
		case t == nil:
			errs = append(errs, fmt.Errorf("%s %s: its ConstraintTemplate is not in the input: give both", c.GetKind(), c.GetName()))
			continue
		case t.broken:
			continue
		}
		t.used = true
		if policyName(c.GetName()) == "" {
			errs = append(errs, fmt.Errorf("%s %q: it has no name that a policy could take", c.GetKind(), c.GetName()))
			continue
		}
		one, err := t.apply(c, options)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", c.GetKind(), c.GetName(), err))
			continue
		}
		if other, ok := taken[one.Policy.Name]; ok {
			one.Policy.Name = policyName(t.name + "-" + c.GetName())
			one.Notes = append(one.Notes, fmt.Sprintf("its name is %s, since a %s is named %s too", one.Policy.Name, other, c.GetName()))
		}
		if _, ok := taken[one.Policy.Name]; ok {
			errs = append(errs, fmt.Errorf("%s %s: a policy named %s is there already: give the constraint another name", c.GetKind(), c.GetName(), one.Policy.Name))
			continue
		}
		taken[one.Policy.Name] = c.GetKind()
		if err := check(one.Policy); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", c.GetKind(), c.GetName(), err))
			continue
		}
		out = append(out, one)
	}
	for _, t := range templates {
		if !t.used && !t.broken {
			errs = append(errs, fmt.Errorf("ConstraintTemplate %s: there is no %s in the input, and a template without a constraint judges nothing: add the constraint", t.name, t.kind))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return out, errors.Join(errs...)
}

// foreign says why an object of another group is not imported.
func foreign(group string) string {
	switch group {
	case "mutations.gatekeeper.sh":
		return "mutators cannot be carried over: an AdmissionPolicy only validates"
	case "externaldata.gatekeeper.sh":
		return "external data cannot be carried over: policies reach no network"
	case "config.gatekeeper.sh", "syncset.gatekeeper.sh":
		return "it has no counterpart: each policy lists what it reads in spec.inventory, and what it excludes in spec.match; leave it out"
	case "expansion.gatekeeper.sh":
		return "expansion cannot be carried over"
	case "connection.gatekeeper.sh", "status.gatekeeper.sh", "gvkmanifest.gatekeeper.sh":
		return "it has no counterpart; leave it out"
	}
	return "it is neither a ConstraintTemplate nor a constraint"
}

// apply makes the policy of one constraint.
func (t *template) apply(c *unstructured.Unstructured, options Options) (Imported, error) {
	spec, err := mapping(c.Object, "spec")
	if err != nil {
		return Imported{}, err
	}
	var notes []string
	if err := only(spec, "spec", "match", "parameters", "enforcementAction", "scopedEnforcementActions"); err != nil {
		return Imported{}, err
	}
	match, err := readMatch(spec)
	if err != nil {
		return Imported{}, err
	}
	if len(match.Operations) == 0 {
		match.Operations = t.operations
	}
	enforcement, more, err := readEnforcement(spec)
	if err != nil {
		return Imported{}, err
	}
	notes = append(notes, more...)
	parameters, more, err := t.schema.parameters(spec)
	if err != nil {
		return Imported{}, err
	}
	notes = append(append(notes, t.notes...), more...)
	inventory, err := t.inventory(options.Inventory)
	if err != nil {
		return Imported{}, err
	}
	p := &v1alpha1.AdmissionPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion().String(), Kind: "AdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{
			Name: policyName(c.GetName()),
			Annotations: map[string]string{
				"tollgate.dev/imported-from": fmt.Sprintf("ConstraintTemplate %s, %s %s", t.name, c.GetKind(), c.GetName()),
			},
		},
		Spec: v1alpha1.AdmissionPolicySpec{
			Title:       short(firstOf(c.GetAnnotations()["metadata.gatekeeper.sh/title"], t.title, c.GetKind()), 200),
			Severity:    v1alpha1.SeverityMedium,
			Rego:        t.rego,
			RegoVersion: t.version,
			Libs:        t.libs,
			Match:       *match,
			Parameters:  parameters,
			Inventory:   inventory,
			Enforcement: enforcement,
			OnError:     v1alpha1.OnErrorDeny,
		},
	}
	if p.Name != c.GetName() {
		notes = append(notes, fmt.Sprintf("its name is %s: the name of a policy is a DNS label", p.Name))
	}
	return Imported{p, notes}, nil
}

// check compiles the policy as the webhook does.
func check(p *v1alpha1.AdmissionPolicy) error {
	ready, err := policy.FromObject(p)
	if err != nil {
		return err
	}
	if err := policy.Check(ready); err != nil {
		return fmt.Errorf("its Rego cannot be carried over: %w", err)
	}
	return nil
}

var notLabel = regexp.MustCompile(`[^a-z0-9-]+`)

// policyName makes a DNS label of a name.
func policyName(name string) string {
	name = notLabel.ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(name[:min(len(name), 63)], "-")
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// short is the first line of a text, cut at n characters.
func short(s string, n int) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > n {
		s = string(r[:n-1]) + "…"
	}
	return s
}
