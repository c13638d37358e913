package dispatch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
)

// TestEndpoints holds that the webhook is asked about endpoints that somebody
// writes by hand, and about nothing else of the many that a cluster writes.
func TestEndpoints(t *testing.T) {
	slice := func(meta, endpoints string) string {
		return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web, namespace: acme-chat" + meta + "}, addressType: IPv4, endpoints: " + endpoints + "}"
	}
	old := func(meta, subsets string) string {
		return "{apiVersion: v1, kind: Endpoints, metadata: {name: web, namespace: acme-chat" + meta + "}" + subsets + "}"
	}
	const (
		webhook = "endpoints.validate.tollgate.dev"
		alice   = "alice@acme.example"
		one     = "[{addresses: [10.0.0.1]}]"
		two     = "[{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}]"
		ready   = ", subsets: [{addresses: [{ip: 10.0.0.1}]}]"
		leader  = ", annotations: {leader: a}"
		elected = ", annotations: {leader: b}"
	)
	asked := answer{Covered: true, Webhook: webhook}
	unmet := func(condition string) answer {
		return answer{true, webhook, condition, `the match condition "` + condition + `" of ` + webhook + ` is not met`, nil}
	}
	const elsewhere, system = "leads-elsewhere", "not-a-controller-of-kubernetes"
	for _, tt := range []struct {
		name string
		asks asks
		want answer
	}{
		{"a slice", asks{"endpointslices", "CREATE", slice("", one), "", alice, ""}, asked},
		{"a slice by nobody in particular", asks{"endpointslices", "CREATE", slice("", one), "", "", ""}, asked},
		{"a slice of a selector", asks{"endpointslices", "CREATE", slice("", one), "", "system:serviceaccount:kube-system:endpointslice-controller", kubeSystem}, unmet(system)},
		{"a slice by all controllers in one account", asks{"endpointslices", "UPDATE", slice("", two), slice("", one), "system:kube-controller-manager", ""}, unmet(system)},
		{"a slice by somebody with a controller's name alone", asks{"endpointslices", "CREATE", slice("", one), "", "system:serviceaccount:kube-system:endpointslice-controller", ""}, asked},
		{"an empty slice", asks{"endpointslices", "CREATE", slice("", "[]"), "", alice, ""}, unmet(elsewhere)},
		{"a slice of nothing", asks{"endpointslices", "CREATE", slice("", "null"), "", alice, ""}, unmet(elsewhere)},
		{"a slice with one address more", asks{"endpointslices", "UPDATE", slice("", two), slice("", one), alice, ""}, asked},
		{"a slice that is filled", asks{"endpointslices", "UPDATE", slice("", one), slice("", "null"), alice, ""}, asked},
		{"a slice for another Service", asks{"endpointslices", "UPDATE", slice(", labels: {kubernetes.io/service-name: b}", one), slice(", labels: {kubernetes.io/service-name: a}", one), alice, ""}, asked},
		{"a slice that is emptied", asks{"endpointslices", "UPDATE", slice("", "[]"), slice("", one), alice, ""}, unmet(elsewhere)},
		{"a slice that leads where it did", asks{"endpointslices", "UPDATE", slice(elected, one), slice(leader, one), alice, ""}, unmet(elsewhere)},
		{"a slice that goes", asks{"endpointslices", "DELETE", "", slice("", one), alice, ""}, answer{true, "", "", "no webhook has a rule for DELETE of endpointslices.discovery.k8s.io", nil}},
		{"endpoints", asks{"endpoints", "CREATE", old("", ready), "", alice, ""}, asked},
		{"an election without addresses", asks{"endpoints", "UPDATE", old(elected, ""), old(leader, ""), alice, ""}, unmet(elsewhere)},
		{"an election with addresses", asks{"endpoints", "UPDATE", old(elected, ready), old(leader, ready), alice, ""}, unmet(elsewhere)},
		{"an election that changes the address", asks{"endpoints", "UPDATE", old(elected, ready), old(leader, ", subsets: [{addresses: [{ip: 10.0.0.2}]}]"), alice, ""}, asked},
		{"the endpoints of kube-apiserver", asks{"endpoints", "UPDATE", old("", ready), old("", ""), "system:apiserver", ""}, unmet(system)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dispatch.Default()
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Validating(t.Context(), tt.asks.request(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
				t.Errorf("validation (-want +got):\n%s", diff)
			}
		})
	}
}
