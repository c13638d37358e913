package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/namespace"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/object"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
)

// Answer says whether the webhook is asked.
type Answer struct {
	Asked bool
	// Covered is whether any rule names the resource, in whatever version, scope
	// or operation.
	Covered bool
	// Webhook that would ask, and Condition, the match condition that is not met;
	// "" when it is no webhook's or condition's doing that nothing asks.
	Webhook, Condition string
	// Reason is why nothing asks, in words.
	Reason string
	// Notes are what had to be assumed.
	Notes []string
}

// Refusal is an error for a request that kube-apiserver refuses itself, since it
// cannot find out whether to ask a webhook that must not be passed by.
type Refusal struct {
	Webhook string
	Err     error
}

func (e *Refusal) Error() string {
	return fmt.Sprintf("kube-apiserver cannot tell whether to ask %s, which fails closed: %v", e.Webhook, e.Err)
}
func (e *Refusal) Unwrap() error { return e.Err }

// Validating says whether the webhook is asked for validation. The error is a
// *Refusal where the request is refused instead.
func (c *Configurations) Validating(ctx context.Context, r *Request) (Answer, error) {
	if c == nil {
		return everything(), nil
	}
	return c.ask(ctx, c.validating, r)
}

// Mutating says whether the webhook is asked for mutation. The error is a
// *Refusal where the request is refused instead.
func (c *Configurations) Mutating(ctx context.Context, r *Request) (Answer, error) {
	if c == nil {
		return everything(), nil
	}
	return c.ask(ctx, c.mutating, r)
}

// Covers says whether a webhook is told to ask for verdicts on the request's
// resource, in whatever version, scope or operation.
func (c *Configurations) Covers(r *Request) bool {
	return c == nil || slices.ContainsFunc(c.validating, func(h hook) bool { return covers(h, r) })
}

func everything() Answer { return Answer{Asked: true, Covered: true} }

func (c *Configurations) ask(ctx context.Context, hooks []hook, r *Request) (Answer, error) {
	a := Answer{Reason: fmt.Sprintf("no webhook has a rule for %s of %s", r.Operation, r.Resource.GroupResource())}
	var reasons []string
	for _, h := range hooks {
		a.Covered = a.Covered || covers(h, r)
		gvk, matches := r.match(h)
		if !matches {
			continue
		}
		one, err := c.one(ctx, h, r.as(gvk), gvk)
		if err != nil {
			return Answer{}, &Refusal{h.GetName(), err}
		}
		if one.Asked {
			one.Covered = true
			return one, nil
		}
		if reasons = append(reasons, one.Reason); len(reasons) == 1 {
			a.Webhook, a.Condition = one.Webhook, one.Condition
		}
	}
	if len(reasons) > 0 {
		a.Reason = strings.Join(reasons, "; ")
	}
	return a, nil
}

// covers says whether a rule names the resource.
func covers(h hook, r *Request) bool {
	gr := r.Resource.GroupResource()
	for _, rule := range h.GetRules() {
		rule.APIVersions, rule.Operations, rule.Scope = []string{"*"}, []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll}, nil
		m := rules.Matcher{Rule: rule, Attr: admission.NewAttributesRecord(nil, nil, r.Kind, "", "", gr.WithVersion("*"), "", admission.Create, nil, false, nil)}
		if m.Matches() {
			return true
		}
	}
	return false
}

// one asks a webhook whose rules match, in kube-apiserver's order
// (k8s.io/apiserver/pkg/admission/plugin/webhook/generic). An error is one that
// refuses the request.
func (c *Configurations) one(ctx context.Context, h hook, r *Request, gvk schema.GroupVersionKind) (Answer, error) {
	name := h.GetName()
	a := Answer{Webhook: name}
	attributes, err := r.attributes()
	if err != nil {
		return a, err
	}
	namespaces := namespace.Matcher{NamespaceLister: lister(r.NamespaceLabels)}
	if matches, err := namespaces.MatchNamespaceSelector(h, attributes); err != nil {
		return a, err
	} else if !matches {
		a.Reason = fmt.Sprintf("the namespaceSelector of %s leaves out the namespace %s", name, r.Namespace)
		return a, nil
	}
	if matches, err := new(object.Matcher).MatchObjectSelector(h, attributes); err != nil {
		return a, err
	} else if !matches {
		a.Reason = fmt.Sprintf("the objectSelector of %s leaves it out", name)
		return a, nil
	}
	if len(h.GetMatchConditions()) == 0 {
		a.Asked = true
		return a, nil
	}
	result := h.GetCompiledMatcher(c.compiler).Match(ctx, versioned(attributes, gvk), nil, nil)
	failed, unknown := sort(result.Error)
	switch {
	case failed != nil && h.failurePolicy == admissionregistrationv1.Ignore:
		a.Reason = fmt.Sprintf("the match conditions of %s fail, and its failurePolicy is Ignore: %v", name, failed)
	case failed != nil:
		return a, failed
	case unknown:
		a.Asked = true
		a.Notes = []string{fmt.Sprintf("a match condition of %s asks for rights (authorizer), which only a cluster knows: it is taken as met", name)}
	case !result.Matches:
		a.Condition = result.FailedConditionName
		a.Reason = fmt.Sprintf("the match condition %q of %s is not met", a.Condition, name)
	default:
		a.Asked = true
	}
	return a, nil
}

// noAuthorizer is how CEL says that an expression came to the authorizer, which is
// not there, and could not do without its answer.
const noAuthorizer = "no such attribute(s): authorizer"

// sort tells errors of match conditions from those for want of an authorizer.
func sort(err error) (failed error, unknown bool) {
	if err == nil {
		return nil, false
	}
	all := []error{err}
	var several utilerrors.Aggregate
	if errors.As(err, &several) {
		all = several.Errors()
	}
	var errs []error
	for _, e := range all {
		if strings.Contains(e.Error(), noAuthorizer) {
			unknown = true
			continue
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...), unknown
}
