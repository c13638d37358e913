package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// resource is a kind to follow.
type resource struct {
	schema.GroupKind
	// versions that will do, the best first.
	versions []string
	// required: nothing can be judged in a cluster that does not have it.
	required bool
}

// policies are the AdmissionPolicies.
func policies() resource { return own("AdmissionPolicy") }

func own(kind string) resource {
	return resource{GroupKind: schema.GroupKind{Group: v1alpha1.GroupName, Kind: kind}, versions: []string{"v1alpha1"}, required: true}
}

// projected are the kinds that the inventory reads in any case. Older versions
// of the Gateway API's kinds have the fields that matter.
func projected() []resource {
	kind := func(group, kind string, versions ...string) resource {
		return resource{GroupKind: schema.GroupKind{Group: group, Kind: kind}, versions: versions}
	}
	builtin := func(group, name string) resource {
		r := kind(group, name, "v1")
		r.required = true
		return r
	}
	return []resource{
		own("Organization"), own("Project"), own("PriceTable"),
		builtin("", "Namespace"),
		builtin(networkingv1.GroupName, "Ingress"),
		builtin(networkingv1.GroupName, "IngressClass"),
		kind(gatewayv1.GroupName, "GatewayClass", "v1", "v1beta1"),
		kind(gatewayv1.GroupName, "Gateway", "v1", "v1beta1"),
		kind(gatewayv1.GroupName, "HTTPRoute", "v1", "v1beta1"),
		kind(gatewayv1.GroupName, "GRPCRoute", "v1", "v1alpha2"),
		kind(gatewayv1.GroupName, "ReferenceGrant", "v1", "v1beta1"),
		kind("extensions.higress.io", "WasmPlugin", "v1alpha1"),
		kind("networking.higress.io", "McpBridge", "v1"),
	}
}

// Projected are the kinds that are followed in any case.
func Projected() []schema.GroupKind {
	var all []schema.GroupKind
	for _, r := range projected() {
		all = append(all, r.GroupKind)
	}
	return all
}

// errAbsent says that a cluster does not have a kind.
var errAbsent = errors.New("the cluster does not have it")

// discoverer tells what a cluster serves.
type discoverer interface {
	ServerResourcesForGroupVersionWithContext(ctx context.Context, groupVersion string) (*metav1.APIResourceList, error)
}

// found is a kind as a cluster serves it.
type found struct {
	schema.GroupVersionKind
	schema.GroupVersionResource
}

// find asks for the best version of a resource. The error is errAbsent when
// there is none, and something else when that is not known.
func (r resource) find(ctx context.Context, d discoverer) (found, error) {
	for _, version := range r.versions {
		gv := schema.GroupVersion{Group: r.Group, Version: version}
		list, err := d.ServerResourcesForGroupVersionWithContext(ctx, gv.String())
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return found{}, fmt.Errorf("asking whether the cluster has %s: %w", r.GroupKind, err)
		}
		for _, one := range list.APIResources {
			if one.Kind == r.Kind && slices.Contains(one.Verbs, "list") && slices.Contains(one.Verbs, "watch") {
				return found{gv.WithKind(one.Kind), gv.WithResource(one.Name)}, nil
			}
		}
	}
	return found{}, errAbsent
}
