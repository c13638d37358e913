package judge_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
)

// asks is a cluster that asks about ConfigMaps but for some, and for patches of
// Secrets only.
const asks = `
apiVersion: v1
kind: List
items:
- apiVersion: admissionregistration.k8s.io/v1
  kind: ValidatingWebhookConfiguration
  metadata: {name: tollgate}
  webhooks:
  - name: validate.example
    namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [quiet]}]}
    rules: &rules
    - {apiGroups: [""], apiVersions: ["*"], resources: [configmaps, secrets], operations: [CREATE, UPDATE]}
    matchConditions: &conditions
    - {name: not-passed-by, expression: "object.metadata.?labels[?'pass'].orValue('') != 'by'"}
    - {name: readable, expression: "object.metadata.?labels[?'fail'].orValue('') != 'yes' || object.missing"}
- apiVersion: admissionregistration.k8s.io/v1
  kind: MutatingWebhookConfiguration
  metadata: {name: tollgate}
  webhooks:
  - name: mutate.example
    rules:
    - {apiGroups: [""], apiVersions: ["*"], resources: [secrets, endpoints], operations: [CREATE]}
    matchConditions: *conditions
`

// TestAdmitWhatIsAskedAbout holds that neither mutation nor a verdict is asked for
// where a cluster does not.
func TestAdmitWhatIsAskedAbout(t *testing.T) {
	const fails = "invalid: : Forbidden: kube-apiserver cannot tell whether to ask "
	tests := []struct {
		name, object string
		operation    admissionv1.Operation
		existing     string
		want         string
		patches      int
		note         string
	}{
		{name: "asked for a verdict, not for patches", object: "kind: ConfigMap, metadata: {name: bad}", want: "CREATE default/bad: names: metadata.name: CREATE bad."},
		{name: "asked for both", object: "kind: Secret, metadata: {name: bad}", want: "CREATE default/bad: names: metadata.name: CREATE bad.", patches: 2},
		{name: "for neither, by a condition", object: "kind: Secret, metadata: {name: bad, labels: {pass: by}}", want: `not asked: the match condition "not-passed-by" of validate.example is not met`},
		{name: "not, by the operation", object: "kind: ConfigMap, metadata: {name: bad}", operation: admissionv1.Delete, want: "not asked: no webhook has a rule for DELETE of configmaps"},
		{name: "not, by the labels of the namespace", object: "kind: ConfigMap, metadata: {name: bad}", existing: "{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {team: quiet}}}", want: "not asked: the namespaceSelector of validate.example leaves out the namespace default"},
		{name: "a condition for a verdict that fails", object: "kind: ConfigMap, metadata: {name: x, labels: {fail: 'yes'}}", want: fails + "validate.example"},
		{name: "a condition for patches that fails", object: "kind: Secret, metadata: {name: x, labels: {fail: 'yes'}}", want: fails + "mutate.example"},
		{name: "a kind of no rule is judged all the same", object: "kind: Service, metadata: {name: bad}", want: "CREATE default/bad: names: metadata.name: CREATE bad.", patches: 2, note: "a cluster does not ask the webhook about it: no webhook has a rule for CREATE of services"},
		{name: "a kind of no rule for a verdict, patched as the rules for that say", object: "kind: Endpoints, metadata: {name: bad, labels: {pass: by}}", want: "CREATE default/bad: names: metadata.name: CREATE bad.", note: "a cluster does not ask the webhook about it: no webhook has a rule for CREATE of endpoints"},
		{name: "invalid, whoever is asked", object: "kind: Secret, metadata: {name: Bad, labels: {pass: by}}", want: "invalid: metadata.name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dispatch.Default()
			if err != nil {
				t.Fatal(err)
			}
			var both []*unstructured.Unstructured
			if err := object(t, asks).EachListItem(func(o runtime.Object) error {
				both = append(both, o.(*unstructured.Unstructured))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, err := range c.Use(both) {
				if err != nil {
					t.Fatal(err)
				}
			}
			var existing []string
			if tt.existing != "" {
				existing = append(existing, tt.existing)
			}
			j, _ := newJudgeAsked(t, c, existing...)
			out, err := j.Admit(t.Context(), judge.Case{Object: object(t, "{apiVersion: v1, "+tt.object+"}"), Operation: tt.operation, Namespace: "default"})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			switch {
			case out.NotAsked != nil && len(out.Errors) == 0:
				got = "not asked: " + out.NotAsked.Reason
				if out.Response != nil || out.Refused() || out.Judged || out.Request == nil {
					t.Errorf("judged all the same: %+v", out)
				}
			default:
				got = describe(out)
			}
			if !strings.HasPrefix(got, tt.want) || len(out.Patches) != tt.patches {
				t.Errorf("%s, %d patches; want %s, %d", got, len(out.Patches), tt.want, tt.patches)
			}
			if notes := strings.Join(out.Warnings, "\n"); notes != tt.note {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
		})
	}
}
