package main

import (
	"path/filepath"
	"strings"
)

// admission tries what the guide says: the example tenant writes its own, and no more.
func (r rig) admission() {
	r.Helper()
	own := filepath.Join(r.home.root, "manifests", "examples", "acme")
	apply := func() bool { return r.does("acme-member", "apply", "--server-side", "-k", own) }
	r.eventually("the example tenant's routes pass", apply)
	const what = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.labels.tollgate\\.dev/organization} {.metadata.resourceVersion}{\"\\n\"}{end}"
	once := r.get("acme-member", "-k", own, "-o", what)
	for _, route := range []string{"Ingress/web ", "Ingress/web-canary ", "HTTPRoute/search ", "GRPCRoute/orders "} {
		if !strings.Contains(once, route+"acme ") {
			r.Errorf("the routes came back as\n%swant %swith acme's label", once, route)
		}
	}
	r.eventually("a second apply passes", apply)
	if again := r.get("acme-member", "-k", own, "-o", what); again != once {
		r.Errorf("a second apply changed\n%sto\n%s", once, again)
	}
	r.reviewed(4, 0, []string{"Pass", "Unjudged"}, own)
	escape := filepath.Join(r.home.root, "test", "escapes", "ingress", "host-of-other-organization.yaml")
	r.shows("the refusal of another's host", func() string { return r.run("acme-member", "apply", "--server-side", "-f", escape) }, "Forbidden", "route-hosts", "spec.rules[0].host")
	// What was there before acme had the domain is all that the audit finds.
	r.eventually("the administrator's violations are the guest's route", func() bool {
		found := r.get("admin", "policyviolations", "-A", "--no-headers")
		return strings.Count(found, "\n") == 1 && strings.Contains(found, "route-hosts") && strings.Contains(found, "ingress/guest")
	})
	r.escapes()

	// Written past the webhook, as before it was installed: seen by the audit.
	r.eventually("the webhook is out of the way", func() bool {
		return r.does("admin", "delete", "--ignore-not-found", "validatingwebhookconfiguration", "tollgate")
	})
	r.eventually("nobody is asked", func() bool { return r.does("admin", "apply", "--server-side", "--force-conflicts", "-f", escape) })
	r.eventually("what got past the webhook is listed", func() bool {
		return strings.Contains(r.get("admin", "policyviolations", "-n", "acme-chat"), "route-hosts")
	})
	r.eventually("it goes", func() bool { return r.does("admin", "delete", "--ignore-not-found", "-f", escape) })
}
