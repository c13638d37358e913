package live

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// projected are the kinds that the inventory reads in any case.
func projected() []schema.GroupKind {
	own := func(kind string) schema.GroupKind { return schema.GroupKind{Group: v1alpha1.GroupName, Kind: kind} }
	gateway := func(kind string) schema.GroupKind {
		return schema.GroupKind{Group: gatewayv1.GroupName, Kind: kind}
	}
	return []schema.GroupKind{
		own("Organization"), own("Project"), own("PriceTable"), own("AdmissionPolicy"),
		{Kind: "Namespace"},
		{Group: networkingv1.GroupName, Kind: "Ingress"},
		{Group: networkingv1.GroupName, Kind: "IngressClass"},
		gateway("GatewayClass"), gateway("Gateway"), gateway("HTTPRoute"), gateway("GRPCRoute"), gateway("ReferenceGrant"),
		{Group: "extensions.higress.io", Kind: "WasmPlugin"},
		{Group: "networking.higress.io", Kind: "McpBridge"},
	}
}

// Inventory returns the objects of the kinds that Tollgate's policies ask about,
// AdmissionPolicies among them. What those read besides is whole's to name, and
// found by it in the AdmissionPolicies.
func (c *Cluster) Inventory(ctx context.Context, whole func([]*unstructured.Unstructured) []v1alpha1.InventoryKind) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	seen := map[schema.GroupVersionKind]bool{}
	put := func(u *unstructured.Unstructured) error {
		all = append(all, u)
		seen[u.GroupVersionKind()] = true
		return nil
	}
	for _, gk := range projected() {
		if err := c.List(ctx, gk, "", put); err != nil {
			return nil, err
		}
	}
	for _, k := range whole(all) {
		gvk := schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Kind}
		if seen[gvk] {
			continue
		}
		seen[gvk] = true
		if err := c.List(ctx, gvk.GroupKind(), gvk.Version, put); err != nil {
			return nil, err
		}
	}
	return all, nil
}
