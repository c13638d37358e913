package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/test/bench/admission/turn"
)

func TestRewrite(t *testing.T) {
	for _, tc := range []struct{ name, rego, want string }{
		{
			name: "a policy",
			rego: "package tollgate.baseline.hosts\n\nimport data.tollgate.lib.host\n",
			want: "package hosts\n\nimport data.lib.tollgate as kept_ready\n\nimport data.lib.host\n",
		},
		{
			name: "a look-up by a key",
			rego: "package tollgate.lib.a\n\nx if data.tollgate.namespace_owner[n] == input.subject.organization\n",
			want: "package lib.a\n\nimport data.lib.tollgate as kept_ready\n\nx if kept_ready.namespace_owner[n] == kept_ready.subject.organization\n",
		},
		{
			name: "a look-up that is a call",
			rego: "package tollgate.lib.a\n\nx := data.tollgate.host_owner[host.normal(names[0])].y\n",
			want: "package lib.a\n\nimport data.lib.tollgate as kept_ready\n\nx := kept_ready.host_owner(host.normal(names[0])).y\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rewrite(tc.rego)); diff != "" {
				t.Errorf("rego (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryPolicyIsATemplate finds out early what the library over
// data.inventory does not know yet.
func TestEveryPolicyIsATemplate(t *testing.T) {
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	templates, err := asTemplates(policies, benchSettings())
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		if strings.Contains(string(template), "data.tollgate.") {
			t.Errorf("a template reads data.tollgate: %s", template)
		}
	}
	if _, err := newPeer(t.Context(), &turn.Work{Policies: templates}); err != nil {
		t.Error(err)
	}
}
