package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// importedPolicies are Gatekeeper's, by `tollgate policies import` and kubectl
// apply: one that refuses, and one that warns by other objects of the cluster.
func importedPolicies(w *world) {
	policies, err := w.Tollgate(w.t.Context(), "policies", "import", filepath.Join("testdata", "gatekeeper.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	in := func(name, host string) string {
		return strings.Replace(ingress(name, "higress", host), "namespace: acme-chat", "namespace: acme-search", 1)
	}
	plain := func(name, host string) (string, error) {
		return w.write(w.alice, in(name, host), "apply", "--server-side", "--dry-run=server")
	}
	if _, err := plain("imported", "imported.acme.example"); err != nil {
		w.t.Errorf("before the policies are there: %v", err)
	}
	w.passes(w.Admin, policies)
	w.run(w.Admin, "wait", "--for=condition=Ready", "--timeout=240s", "admissionpolicy/search-has-certificates", "admissionpolicy/search-hosts-once")
	w.eventually("the imported policy refuses", func(context.Context) error {
		_, err := plain("imported", "imported.acme.example")
		if err == nil {
			return errors.New("it passes")
		}
		if want := "search-has-certificates: spec.tls: imported has no certificate"; !strings.Contains(err.Error(), want) {
			return fmt.Errorf("refused without %q: %w", want, err)
		}
		return nil
	})
	// A default of the template's schema, a namespace beyond the constraint, and what it wants.
	w.passes(w.alice, in("plain", "plain.acme.example"))
	w.passes(w.alice, ingress("elsewhere", "higress", "elsewhere.acme.example"))
	tls := strings.Replace(in("imported", "imported.acme.example"), "spec:\n", "spec:\n  tls: [{hosts: [imported.acme.example], secretName: web-tls}]\n", 1)
	w.passes(w.alice, tls)
	w.eventually("the imported policy sees other objects, and warns", func(context.Context) error {
		stderr, err := w.write(w.alice, strings.Replace(tls, "name: imported\n", "name: second\n", 1), "apply", "--server-side", "--dry-run=server")
		if want := "Warning: search-hosts-once: imported.acme.example is served by acme-search/imported"; err == nil && !strings.Contains(stderr, want) {
			err = fmt.Errorf("no %q: %s", want, stderr)
		}
		return err
	})
	w.run(w.Admin, "delete", "admissionpolicy/search-has-certificates", "admissionpolicy/search-hosts-once")
	w.run(w.Admin, "delete", "ingress/plain", "ingress/imported", "-n", "acme-search")
	w.eventually("they are forgotten", func(context.Context) error {
		_, err := plain("imported", "imported.acme.example")
		return err
	})
}
