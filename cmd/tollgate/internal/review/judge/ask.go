package judge

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
)

// question is the request as kube-apiserver looks at it to find out whether to ask
// the webhook.
func (j *Judge) question(s *subject, u User) *dispatch.Request {
	return &dispatch.Request{
		Kind: s.kind.GVK, Resource: s.kind.Resource, Versions: j.catalog.Versions(s.kind.GVK.GroupKind()),
		Namespace: s.namespace, Name: s.name, Operation: s.operation, Options: s.options(),
		Object: s.object, Old: s.old, User: u.Name, Groups: u.Groups, NamespaceLabels: j.world.NamespaceLabels,
	}
}

// mutates says whether the webhook is asked for mutation. It is where a cluster
// does not ask about the kind at all, as policies judge such kinds here, too.
func (j *Judge) mutates(ctx context.Context, s *subject, u User, out *Outcome) (bool, error) {
	q := j.question(s, u)
	answer, err := j.asks.Mutating(ctx, q)
	if err != nil || answer.Asked || answer.Covered {
		out.note(answer.Notes)
		return answer.Asked, err
	}
	return !j.asks.Covers(q), nil
}

// note adds what was assumed, once.
func (o *Outcome) note(notes []string) {
	for _, n := range notes {
		if !slices.Contains(o.Warnings, n) {
			o.Warnings = append(o.Warnings, n)
		}
	}
}

// refuseAsking makes the outcome of a request that the API server refuses since it
// cannot tell whether to ask the webhook. Other errors stay what they are.
func refuseAsking(err error, out *Outcome) error {
	var refusal *dispatch.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	out.Errors = append(out.Errors, &field.Error{Type: field.ErrorTypeForbidden, BadValue: field.OmitValueType{}, Detail: refusal.Error()})
	return nil
}
