package webhook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// TestConfigurationsAskAboutAllThatIsJudged holds the rules of the webhook
// configurations against what the policies of the baseline match: a policy that
// nobody asks is none.
func TestConfigurationsAskAboutAllThatIsJudged(t *testing.T) {
	t.Parallel()
	validating, mutating := configurations(t)
	rules := map[policy.Kind][]admissionregistrationv1.RuleWithOperations{}
	open := []string{"secrets.validate.tollgate.dev", "endpoints.validate.tollgate.dev"} // what is everybody's
	for _, w := range validating.Webhooks {
		rules[policy.Validation] = append(rules[policy.Validation], w.Rules...)
		if !slices.Contains(open, w.Name) && *w.FailurePolicy != admissionregistrationv1.Fail {
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
		for _, k := range p.Match.Kinds {
			for _, group := range k.APIGroups {
				for _, name := range k.Kinds {
					plural := resource(group, name)
					for _, op := range operations(p) {
						judged++
						if !asked(rules[kind], group, plural, op) {
							t.Errorf("%s judges %s of %s in %q, and no rule asks about it", p.ID, op, plural, group)
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

// TestConfigurationsAskAboutNothingElse is the other direction: what no policy
// judges is not asked about, or it would wait for the webhook, and be refused
// while none answers, for nothing.
func TestConfigurationsAskAboutNothingElse(t *testing.T) {
	t.Parallel()
	all, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	type combination struct {
		kind                       policy.Kind
		group, resource, operation string
	}
	judged := map[combination]bool{}
	for _, p := range all {
		kind := p.Kind
		if kind == "" {
			kind = policy.Validation
		}
		for _, k := range p.Match.Kinds {
			for _, group := range k.APIGroups {
				for _, name := range k.Kinds {
					for _, operation := range operations(p) {
						judged[combination{kind, group, resource(group, name), operation}] = true
					}
				}
			}
		}
	}
	validating, mutating := configurations(t)
	looked := 0
	hold := func(kind policy.Kind, webhook string, rules []admissionregistrationv1.RuleWithOperations) {
		for _, r := range rules {
			for _, group := range r.APIGroups {
				for _, name := range r.Resources {
					name, _, _ = strings.Cut(name, "/") // a status is judged as its object
					for _, op := range r.Operations {
						looked++
						if c := (combination{kind, group, name, string(op)}); !judged[c] {
							t.Errorf("%s is asked about %s of %s in %q, and no policy judges that", webhook, op, name, group)
						}
					}
				}
			}
		}
	}
	for _, w := range validating.Webhooks {
		hold(policy.Validation, w.Name, w.Rules)
	}
	for _, w := range mutating.Webhooks {
		hold(policy.Mutation, w.Name, w.Rules)
	}
	if looked < 50 {
		t.Errorf("only %d combinations were looked at", looked)
	}
}

// operations that a policy judges.
func operations(p *policy.Policy) []string {
	if len(p.Match.Operations) == 0 {
		return []string{"CREATE", "UPDATE"}
	}
	return p.Match.Operations
}

// resource is the plural of a kind.
func resource(group, kind string) string {
	if kind == "Gateway" { // which the guess gets wrong
		return "gateways"
	}
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: group, Kind: kind})
	return plural.Resource
}

// TestIngressesOfOthersAreThoseOfOthers holds the classes that the webhook is
// not asked about: they are the same wherever they stand, and none of them is
// Higress's by the settings that come with it, or nothing would be judged.
func TestIngressesOfOthersAreThoseOfOthers(t *testing.T) {
	t.Parallel()
	validating, mutating := configurations(t)
	var lists [][]string
	collect := func(conditions []admissionregistrationv1.MatchCondition) {
		for _, c := range conditions {
			if c.Name != "not-of-another-controller" {
				continue
			}
			for _, list := range regexp.MustCompile(`in \[([^\]]*)\]`).FindAllStringSubmatch(c.Expression, -1) {
				var classes []string
				for class := range strings.SplitSeq(list[1], ",") {
					classes = append(classes, strings.Trim(class, " '"))
				}
				lists = append(lists, classes)
			}
		}
	}
	for _, w := range validating.Webhooks {
		collect(w.MatchConditions)
	}
	for _, w := range mutating.Webhooks {
		collect(w.MatchConditions)
	}
	// The field and the annotation, in either configuration.
	if len(lists) != 4 || len(lists[0]) < 2 {
		t.Fatalf("classes of others: %v, want four lists", lists)
	}
	for _, list := range lists {
		if !slices.Equal(list, lists[0]) {
			t.Errorf("one list has %v, and another %v", list, lists[0])
		}
	}
	shipped, err := settings.Load([]byte(shippedSettings(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*settings.Settings{shipped, settings.Default()} {
		if len(s.Gateway.IngressClasses) == 0 {
			t.Error("no class is Higress's")
		}
		for _, class := range s.Gateway.IngressClasses {
			if slices.Contains(lists[0], class) {
				t.Errorf("the class %q is Higress's, and the webhook is not asked about it", class)
			}
		}
	}
}

// shippedSettings is the settings file of manifests/webhook/base.
func shippedSettings(t *testing.T) string {
	t.Helper()
	var config corev1.ConfigMap
	readManifest(t, "settings.yaml", &config)
	for _, file := range config.Data {
		return file
	}
	t.Fatal("settings.yaml has no file")
	return ""
}

func configurations(t *testing.T) (validating admissionregistrationv1.ValidatingWebhookConfiguration, mutating admissionregistrationv1.MutatingWebhookConfiguration) {
	t.Helper()
	readManifest(t, "validating.yaml", &validating)
	readManifest(t, "mutating.yaml", &mutating)
	return validating, mutating
}

// readManifest reads a file of manifests/webhook/base.
func readManifest(t *testing.T, name string, into any) {
	t.Helper()
	root, err := binaries.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "manifests", "webhook", "base", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(raw, into); err != nil {
		t.Fatal(err)
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
	if !slices.Equal(namespaces, settings.ExemptNamespaces()) {
		t.Errorf("%s leaves out %v", name, namespaces)
	}
}
