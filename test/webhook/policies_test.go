package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const wantsTeam = `package team

violation contains {"msg": "the label team is missing", "details": {"field": "metadata.labels"}} if {
	not input.review.object.metadata.labels.team
}`

// userPolicies are AdmissionPolicies from their creation to their end.
func userPolicies(w *world) {
	match := "match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}], namespaces: [acme-search]}"
	w.refused(w.Admin, admissionPolicy("typo", "package team\nviolation contains {\"msg\": m} if {\n  m := nosuch(1)\n}", match), "admissionpolicy", "spec.rego", "typo.rego:3:8", "rego_type_error")
	w.refused(w.Admin, admissionPolicy("network", "package n\nviolation contains {\"msg\": m} if m := http.send({\"url\": \"http://x\", \"method\": \"GET\"}).body", match), "http.send")
	w.refused(w.Admin, admissionPolicy("route-hosts", wantsTeam, match), "metadata.name")

	in := func(name string, lines ...string) string {
		return strings.Replace(ingress(name, "higress", name+".acme.example", lines...), "namespace: acme-chat", "namespace: acme-search", 1)
	}
	w.passes(w.alice, in("before"))
	w.passes(w.Admin, admissionPolicy("teams", wantsTeam, match, "remedy: Say whose it is.", "enforcement: {webhook: Deny}"))
	w.eventually("the policy comes into force", func(ctx context.Context) error {
		if _, err := w.write(w.alice, in("after")); err == nil {
			return errors.New("it passes")
		}
		return nil
	})
	w.run(w.Admin, "wait", "--for=condition=Ready", "--timeout=240s", "admissionpolicy/teams")
	row := strings.Fields(w.run(w.Admin, "get", "apol", "teams", "--no-headers"))
	if len(row) != 6 || !slices.Equal(row[:5], []string{"teams", "Deny", "Deny", "Medium", "True"}) {
		w.t.Errorf("kubectl get apol: %q", row)
	}
	if out := w.run(w.Admin, "explain", "admissionpolicy.spec.enforcement.webhook"); !strings.Contains(out, "at admission in the cluster") || !strings.Contains(out, "DryRun") {
		w.t.Errorf("kubectl explain:\n%s", out)
	}
	w.refused(w.alice, in("after"), "teams: metadata.labels: the label team is missing. Say whose it is.")
	w.passes(w.alice, in("after", "labels: {team: search}"))

	// A warning, once it only warns.
	w.passes(w.Admin, admissionPolicy("teams", wantsTeam, match, "enforcement: {webhook: Warn}"))
	w.eventually("it warns", func(ctx context.Context) error {
		stderr, err := w.write(w.alice, in("warned"))
		if err == nil && !strings.Contains(stderr, "Warning: teams: metadata.labels") {
			err = fmt.Errorf("no warning: %s", stderr)
		}
		return err
	})
	w.run(w.Admin, "delete", "admissionpolicy/teams")
	w.eventually("it no longer warns", func(ctx context.Context) error {
		stderr, err := w.write(w.alice, in("free"))
		w.run(w.Admin, "delete", "ingress/free", "-n", "acme-search", "--ignore-not-found")
		if err == nil && stderr != "" {
			err = errors.New(stderr)
		}
		return err
	})
}

const readsConfig = `package limits

violation contains {"msg": sprintf("%d Ingresses are here already", [limit])} if {
	limit := to_number(data.inventory.namespace["acme-chat"]["v1"].ConfigMap.limits.data.most)
	limit <= 1
}`

// wholeKinds are policies that read objects of other kinds, first without the right to.
func wholeKinds(w *world) {
	match := "match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}], namespaces: [acme-chat], name: limited-*}"
	policy := admissionPolicy("limits", readsConfig, match, `inventory: [{version: v1, kind: ConfigMap}]`)
	w.refused(w.Admin, strings.Replace(policy, "inventory: [{version: v1, kind: ConfigMap}]", "inventory: []", 1), "admissionpolicy", "spec.inventory")
	w.run(w.Admin, "create", "configmap", "limits", "-n", "acme-chat", "--from-literal=most=1")
	w.passes(w.Admin, policy)
	one := ingress("limited-one", "higress", "limited.acme.example")
	w.eventually("what it may not read fails closed", func(ctx context.Context) error {
		_, err := w.write(w.alice, one)
		if err == nil {
			w.run(w.Admin, "delete", "ingress/limited-one", "-n", "acme-chat")
			return errors.New("it passes")
		}
		if !strings.Contains(err.Error(), "its inventory cannot be read") {
			return err
		}
		return nil
	})
	w.eventually("its status says so", func(ctx context.Context) error {
		out, _, err := w.Admin.Run(ctx, "get", "admissionpolicy/limits", "-o", "yaml")
		if err == nil && (!strings.Contains(out, "reason: Broken") || !strings.Contains(out, "configmaps is forbidden")) {
			err = errors.New(out)
		}
		return err
	})
	w.passes(w.Admin, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tollgate-inventory-configmaps, labels: {tollgate.dev/aggregate-to-inventory: "true"}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [list, watch]}]
`)
	w.eventually("the inventory is read once it may be", func(ctx context.Context) error {
		_, err := w.write(w.alice, one)
		if err == nil {
			return errors.New("it passes")
		}
		if !strings.Contains(err.Error(), "limits: 1 Ingresses are here already") {
			return err
		}
		return nil
	})
	w.run(w.Admin, "patch", "configmap/limits", "-n", "acme-chat", "-p", `{"data":{"most":"5"}}`)
	w.eventually("a changed object changes the verdict", func(ctx context.Context) error {
		_, err := w.write(w.alice, one)
		return err
	})
	w.run(w.Admin, "delete", "admissionpolicy/limits")
}
