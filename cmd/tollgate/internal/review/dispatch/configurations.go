package dispatch

import (
	"errors"
	"fmt"
	"io/fs"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/manifests/webhook/base"
)

const (
	validatingKind = "ValidatingWebhookConfiguration"
	mutatingKind   = "MutatingWebhookConfiguration"
)

// Configurations are the webhooks that a cluster is told to ask. They are not
// safe for concurrent use. nil stands for a cluster that asks about everything.
type Configurations struct {
	validating, mutating []hook
	compiler             plugincel.ConditionCompiler
}

// hook is one webhook. Its accessor says that it fails closed, so that errors of
// its conditions come to light; what becomes of them is failurePolicy's to say.
type hook struct {
	webhook.WebhookAccessor
	failurePolicy admissionregistrationv1.FailurePolicyType
}

// Default returns the configurations that Tollgate is installed with
// (manifests/webhook/base).
func Default() (*Configurations, error) {
	c := empty(plugincel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())))
	for _, name := range []string{"validating.yaml", "mutating.yaml"} {
		data, err := fs.ReadFile(base.Files(), name)
		if err != nil {
			return nil, fmt.Errorf("reading the webhook's configurations: %w", err)
		}
		u := &unstructured.Unstructured{}
		if data, err = yaml.YAMLToJSON(data); err == nil {
			err = u.UnmarshalJSON(data)
		}
		var hooks []hook
		if err == nil {
			hooks, err = read(u)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the webhook's configuration %s: %w", name, err)
		}
		c.add(u.GetKind(), hooks)
	}
	return c, nil
}

func empty(compiler plugincel.ConditionCompiler) *Configurations {
	return &Configurations{compiler: compiler}
}

// Use takes configurations in the place of those of the same kind. It returns an
// error for each object, nil where kube-apiserver would take it.
func (c *Configurations) Use(objects []*unstructured.Unstructured) []error {
	fresh := empty(c.compiler)
	errs := make([]error, len(objects))
	given := map[string]bool{}
	for i, u := range objects {
		hooks, err := read(u)
		for _, h := range hooks {
			err = errors.Join(err, errors.Join(c.check(h)...))
		}
		if errs[i] = err; err != nil {
			continue
		}
		given[u.GetKind()] = true
		fresh.add(u.GetKind(), hooks)
	}
	if given[validatingKind] {
		c.validating = fresh.validating
	}
	if given[mutatingKind] {
		c.mutating = fresh.mutating
	}
	return errs
}

// add adds the webhooks of a configuration of a kind.
func (c *Configurations) add(kind string, hooks []hook) {
	if kind == mutatingKind {
		c.mutating = append(c.mutating, hooks...)
		return
	}
	c.validating = append(c.validating, hooks...)
}

// read returns the webhooks of one configuration.
func read(u *unstructured.Unstructured) (hooks []hook, err error) {
	gvk := u.GroupVersionKind()
	into := func(conf any) error {
		return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(u.Object, conf, true)
	}
	switch gvk {
	case admissionregistrationv1.SchemeGroupVersion.WithKind(validatingKind):
		var conf admissionregistrationv1.ValidatingWebhookConfiguration
		if err := into(&conf); err != nil {
			return nil, err
		}
		for i := range conf.Webhooks {
			w := &conf.Webhooks[i]
			policy := settle(&w.FailurePolicy, &w.NamespaceSelector, &w.ObjectSelector)
			hooks = append(hooks, hook{webhook.NewValidatingWebhookAccessor(w.Name, conf.Name, w), policy})
		}
	case admissionregistrationv1.SchemeGroupVersion.WithKind(mutatingKind):
		var conf admissionregistrationv1.MutatingWebhookConfiguration
		if err := into(&conf); err != nil {
			return nil, err
		}
		for i := range conf.Webhooks {
			w := &conf.Webhooks[i]
			policy := settle(&w.FailurePolicy, &w.NamespaceSelector, &w.ObjectSelector)
			hooks = append(hooks, hook{webhook.NewMutatingWebhookAccessor(w.Name, conf.Name, w), policy})
		}
	default:
		return nil, fmt.Errorf("%s %s is no %s or %s of %s", u.GetAPIVersion(), u.GetKind(), validatingKind, mutatingKind, admissionregistrationv1.SchemeGroupVersion)
	}
	return hooks, nil
}

// settle fills in what kube-apiserver would, and puts Fail in the place of the
// failure policy. It returns what that was.
func settle(p **admissionregistrationv1.FailurePolicyType, selectors ...**metav1.LabelSelector) admissionregistrationv1.FailurePolicyType {
	for _, s := range selectors {
		if *s == nil {
			*s = &metav1.LabelSelector{}
		}
	}
	fail := admissionregistrationv1.Fail
	was := fail
	if *p != nil {
		was = **p
	}
	*p = &fail
	return was
}

// check finds what kube-apiserver would not store.
func (c *Configurations) check(h hook) (errs []error) {
	for name, s := range map[string]*metav1.LabelSelector{"namespaceSelector": h.GetNamespaceSelector(), "objectSelector": h.GetObjectSelector()} {
		if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
			errs = append(errs, fmt.Errorf("%s: the %s: %w", h.GetName(), name, err))
		}
	}
	for _, m := range h.GetMatchConditions() {
		condition := matchconditions.MatchCondition(m)
		compiled := c.compiler.CompileCondition([]plugincel.ExpressionAccessor{&condition}, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.StoredExpressions)
		for _, err := range compiled.CompilationErrors() {
			errs = append(errs, fmt.Errorf("%s: the match condition %q: %w", h.GetName(), m.Name, err))
		}
	}
	return errs
}
