package review

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/test/webhook/rig"
)

// change is one of the cluster's configurations, and what review says before and
// after it.
type change struct {
	name          string
	question      question
	kind, webhook string
	field         string // of the webhook, a list
	more          any    // what is added to it
	beside        bool   // a configuration beside those of Tollgate's gets it, for a webhook of its own
	before, after string
	condition     string // that is not met afterwards
}

func changes() []change {
	ingress := questions()[0]
	service := question{object: "{apiVersion: v1, kind: Service, metadata: {name: asked-of-its-own, namespace: acme-chat}, spec: {ports: [{port: 80}]}}"}
	condition := map[string]any{"name": "not-in-this-test", "expression": "!object.metadata.name.startsWith('asked')"}
	const validating, mutating = "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"
	return []change{
		{
			name: "a namespaceSelector", question: ingress, kind: validating, webhook: "ingresses.validate.tollgate.dev", field: "namespaceSelector.matchExpressions",
			more: map[string]any{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": []any{"acme-chat"}}, before: "Deny", after: "NotAsked",
		},
		{
			name: "a match condition", question: ingress, kind: validating, webhook: "ingresses.validate.tollgate.dev", field: "matchConditions",
			more: condition, before: "Deny", after: "NotAsked", condition: "not-in-this-test",
		},
		{
			name: "a match condition for mutation", question: ingress, kind: mutating, webhook: "ingresses.mutate.tollgate.dev", field: "matchConditions",
			more: condition, before: "Deny", after: "Deny",
		},
		{
			name: "a webhook of one's own beside Tollgate's", question: service, kind: validating, webhook: "services.validate.tollgate.dev", field: "rules", beside: true,
			more: map[string]any{"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "resources": []any{"services"}, "operations": []any{"CREATE"}}, before: "NotAsked", after: "Deny",
		},
	}
}

// reviewFollows changes the cluster's configurations, one after the other, and
// asks review and the cluster the same again.
func (c *askedCluster) reviewFollows(t *testing.T, binary, kubeconfig string) {
	for _, ch := range changes() {
		t.Run(ch.name, func(t *testing.T) {
			object, _ := ch.question.objects(t)
			before, verdict := reviewed(t, binary, ch.question, "--cluster", "--kubeconfig", kubeconfig)
			if verdict.Outcome != ch.before {
				t.Fatalf("the outcome is %s before the change, want %s", verdict.Outcome, ch.before)
			}
			defer c.change(t, ch)()
			want, verdict := reviewed(t, binary, ch.question, "--cluster", "--kubeconfig", kubeconfig)
			if verdict.Outcome != ch.after || verdict.NotAsked.Condition != ch.condition {
				t.Fatalf("the outcome is %s by the condition %q, want %s by %q", verdict.Outcome, verdict.NotAsked.Condition, ch.after, ch.condition)
			}
			if cmp.Equal(before, want, cmpopts.EquateEmpty()) {
				t.Fatalf("review does not see the change: %+v", want)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var last error
			if err := rig.Eventually(ctx, func(ctx context.Context) error {
				got, _, err := c.ask(ctx, ch.question, object)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err == nil && diff != "" {
					err = fmt.Errorf("the cluster does otherwise (-review +cluster):\n%s", diff)
				}
				if ctx.Err() == nil {
					last = err
				}
				return err
			}); err != nil {
				t.Error(last)
			}
		})
	}
}

// change makes one, and returns what takes it back.
func (c *askedCluster) change(t *testing.T, ch change) func() {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	conf := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "admissionregistration.k8s.io/v1", "kind": ch.kind}}
	client, err := c.client(c.admin, conf)
	must(err)
	eventually := func(ctx context.Context, do func(context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		must(rig.Eventually(ctx, do))
	}
	eventually(t.Context(), func(ctx context.Context) (err error) {
		conf, err = client.Get(ctx, "tollgate", metav1.GetOptions{})
		return err
	})
	was, _, err := unstructured.NestedSlice(conf.Object, "webhooks")
	must(err)
	now, _, err := unstructured.NestedSlice(conf.Object, "webhooks")
	must(err)
	at := -1
	for i, w := range now {
		if w.(map[string]any)["name"] == ch.webhook {
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("%s tollgate has no webhook %s", ch.kind, ch.webhook)
	}
	hook := now[at].(map[string]any)
	if ch.beside {
		hook["name"] = "own.example.com"
		delete(hook, "matchConditions")
		hook["rules"] = []any{ch.more}
		own := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": conf.GetAPIVersion(), "kind": ch.kind, "metadata": map[string]any{"name": "own"}, "webhooks": []any{hook},
		}}
		eventually(t.Context(), func(ctx context.Context) error {
			_, err := client.Apply(ctx, own.GetName(), own, metav1.ApplyOptions{FieldManager: "test", Force: true})
			return err
		})
		return func() {
			eventually(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
				err := client.Delete(ctx, own.GetName(), metav1.DeleteOptions{})
				if apierrors.IsNotFound(err) {
					return nil // it went, and the answer was lost
				}
				return err
			})
		}
	}
	path := strings.Split(ch.field, ".")
	list, _, err := unstructured.NestedSlice(hook, path...)
	must(err)
	must(unstructured.SetNestedSlice(hook, append(list, ch.more), path...))
	write := func(ctx context.Context, webhooks []any) {
		t.Helper()
		raw, err := json.Marshal(map[string]any{"webhooks": webhooks})
		must(err)
		eventually(ctx, func(ctx context.Context) error {
			_, err := client.Patch(ctx, "tollgate", types.MergePatchType, raw, metav1.PatchOptions{})
			return err
		})
	}
	write(t.Context(), now)
	return func() { write(context.WithoutCancel(t.Context()), was) }
}
