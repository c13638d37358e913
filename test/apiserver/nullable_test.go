package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	client "k8s.io/client-go/discovery"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// mayBeNull are the fields that are null while nothing is known, by definition.
// Usage is served where there is a Mimir.
func mayBeNull(r *rig.Rig) map[string][]string {
	fields := map[string][]string{"dev.tollgate.metering.v1alpha1.BudgetStatus": {"lastUsed", "resetsAt", "windowStart"}}
	if r.Mimir != nil {
		fields["dev.tollgate.metering.v1alpha1.UsageStatus"] = []string{"inputTokens", "outputTokens", "requests", "totalTokens"}
	}
	return fields
}

// nullable expects that the documents say which fields may be null: the
// server's own, and what kube-apiserver makes of them for kubectl.
func nullable(t *testing.T, r *rig.Rig, v2, v3 []byte) {
	t.Helper()
	type schema struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	var doc struct {
		Definitions map[string]schema `json:"definitions"`
	}
	if err := json.Unmarshal(v2, &doc); err != nil {
		t.Fatal(err)
	}
	var newer struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(v3, &newer); err != nil {
		t.Fatal(err)
	}
	said := func(s schema, word string) []string {
		var names []string
		for name, property := range s.Properties {
			if property[word] == true && property["type"] != nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	for model, want := range mayBeNull(r) {
		if diff := cmp.Diff(want, said(doc.Definitions[model], "x-nullable")); diff != "" {
			t.Errorf("v2: %s (-want +got):\n%s", model, diff)
		}
		if diff := cmp.Diff(want, said(newer.Components.Schemas[model], "nullable")); diff != "" {
			t.Errorf("v3: %s (-want +got):\n%s", model, diff)
		}
	}
	cfg, err := r.Plane.Config(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	// kube-apiserver takes over the document of a new API within seconds.
	eventually(t, func(context.Context) error { return nullableTogether(c, mayBeNull(r)) })
	recursively(t, r)
}

// nullableTogether reads version 2 of all APIs as kubectl does, as protobuf.
func nullableTogether(c client.OpenAPISchemaInterface, want map[string][]string) error {
	all, err := c.OpenAPISchema()
	if err != nil {
		return err
	}
	said := map[string][]string{}
	for _, d := range all.GetDefinitions().GetAdditionalProperties() {
		for _, p := range d.GetValue().GetProperties().GetAdditionalProperties() {
			for _, x := range p.GetValue().GetVendorExtension() {
				if x.GetName() == "x-nullable" && strings.TrimSpace(x.GetValue().GetYaml()) == "true" && strings.HasPrefix(d.GetName(), "dev.tollgate.metering.") {
					said[d.GetName()] = append(said[d.GetName()], p.GetName())
				}
			}
		}
		slices.Sort(said[d.GetName()])
		if len(said[d.GetName()]) == 0 {
			delete(said, d.GetName())
		}
	}
	if diff := cmp.Diff(want, said); diff != "" {
		return fmt.Errorf("kube-apiserver's v2 (-want +got):\n%s", diff)
	}
	return nil
}

// recursively expects that kubectl explains a time as every other field.
func recursively(t *testing.T, r *rig.Rig) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "explain", "budgets.status", "--recursive")
		for _, line := range []string{"  asOf\t<string>\n", "  lastUsed\t<string>\n", "  resetsAt\t<string>\n", "  spent\t<string> -required-\n", "  windowStart\t<string>\n"} {
			if err == nil && !strings.Contains(out, line) {
				err = fmt.Errorf("explain does not say %q:\n%s", line, out)
			}
		}
		return err
	})
}
