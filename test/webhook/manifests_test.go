package webhook_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
)

// TestConfigurationsAskAboutAllThatIsJudged holds the rules of the webhook
// configurations against what the policies of the baseline match: a policy that
// nobody asks is none.
func TestConfigurationsAskAboutAllThatIsJudged(t *testing.T) {
	t.Parallel()
	root, err := binaries.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	load := func(name string, into any) {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(root, "manifests", "webhook", "base", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	load("validating.yaml", &validating)
	load("mutating.yaml", &mutating)
	rules := map[policy.Kind][]admissionregistrationv1.RuleWithOperations{}
	for _, w := range validating.Webhooks {
		rules[policy.Validation] = append(rules[policy.Validation], w.Rules...)
		if len(w.Rules) > 0 && w.Rules[0].Resources[0] != "secrets" && *w.FailurePolicy != admissionregistrationv1.Fail {
			t.Errorf("%s fails open", w.Name)
		}
		exempt(t, w.Name, w.NamespaceSelector.MatchExpressions[0].Values)
	}
	for _, w := range mutating.Webhooks {
		rules[policy.Mutation] = append(rules[policy.Mutation], w.Rules...)
		if *w.FailurePolicy != admissionregistrationv1.Fail || *w.ReinvocationPolicy != admissionregistrationv1.IfNeededReinvocationPolicy {
			t.Errorf("%s fails open or is not asked again", w.Name)
		}
		exempt(t, w.Name, w.NamespaceSelector.MatchExpressions[0].Values)
	}
	all, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, p := range all {
		kind := p.Kind
		if kind == "" {
			kind = policy.Validation
		}
		operations := p.Match.Operations
		if len(operations) == 0 {
			operations = []string{"CREATE", "UPDATE"}
		}
		for _, k := range p.Match.Kinds {
			for _, group := range k.APIGroups {
				for _, name := range k.Kinds {
					plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: group, Kind: name})
					if name == "Gateway" { // which the guess gets wrong
						plural.Resource = "gateways"
					}
					for _, op := range operations {
						judged++
						if !asked(rules[kind], group, plural.Resource, op) {
							t.Errorf("%s judges %s of %s in %q, and no rule asks about it", p.ID, op, plural.Resource, group)
						}
					}
				}
			}
		}
	}
	if judged < 50 {
		t.Errorf("only %d combinations were looked at", judged)
	}
}

func asked(rules []admissionregistrationv1.RuleWithOperations, group, resource, operation string) bool {
	return slices.ContainsFunc(rules, func(r admissionregistrationv1.RuleWithOperations) bool {
		return slices.Contains(r.APIGroups, group) && slices.Contains(r.Resources, resource) &&
			slices.Contains(r.Operations, admissionregistrationv1.OperationType(operation))
	})
}

// exempt holds that what is left out is what may be.
func exempt(t *testing.T, name string, namespaces []string) {
	t.Helper()
	if strings.Join(namespaces, " ") != "tollgate-system kube-system" {
		t.Errorf("%s leaves out %v", name, namespaces)
	}
}
