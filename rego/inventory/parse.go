package inventory

import (
	"encoding/json"
	"maps"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/settings"
)

// parser reads of an object what the projections keep. It holds nothing of the
// object; nil means that the object is none of theirs.
type parser func(*unstructured.Unstructured) any

// parsers are the kinds that the projections ask about.
func parsers(s *settings.Settings) map[schema.GroupKind]parser {
	inGateway := func(p parser) parser {
		return func(u *unstructured.Unstructured) any {
			if u.GetNamespace() != s.Gateway.Namespace {
				return nil
			}
			return p(u)
		}
	}
	return map[schema.GroupKind]parser{
		{Group: v1alpha1.GroupName, Kind: "Organization"}: parseOrganization,
		{Group: v1alpha1.GroupName, Kind: "Project"}:      parseProject,
		{Group: v1alpha1.GroupName, Kind: "PriceTable"}:   parsePriceTable,
		{Kind: "Namespace"}:                               parseNamespace,
		{Group: networkingv1.GroupName, Kind: "Ingress"}: func(u *unstructured.Unstructured) any {
			return parseIngress(u, s)
		},
		{Group: networkingv1.GroupName, Kind: "IngressClass"}: parseIngressClass,
		{Group: gatewayv1.GroupName, Kind: "GatewayClass"}:    parseGatewayClass,
		{Group: gatewayv1.GroupName, Kind: "Gateway"}:         parseGateway,
		{Group: gatewayv1.GroupName, Kind: "HTTPRoute"}: func(u *unstructured.Unstructured) any {
			return parseHTTPRoute(u, s)
		},
		{Group: gatewayv1.GroupName, Kind: "GRPCRoute"}: func(u *unstructured.Unstructured) any {
			return parseGRPCRoute(u, s)
		},
		{Group: gatewayv1.GroupName, Kind: "ReferenceGrant"}: parseGrant,
		{Group: "extensions.higress.io", Kind: "WasmPlugin"}: inGateway(parsePlugin),
		{Group: "networking.higress.io", Kind: "McpBridge"}:  inGateway(parseBridge),
	}
}

// read fills a typed object from a loose one, as far as it can: a field of the
// wrong type is left out and the rest is still read, because an object that
// cannot be read wholly must not vanish. Objects of an API server were checked
// by its schemas; files of a review may hold anything.
func read[T any](u *unstructured.Unstructured) *T {
	into := new(T)
	loose := maps.Clone(u.Object)
	if meta, ok := loose["metadata"].(map[string]any); ok {
		loose["metadata"] = readable(meta)
	}
	raw, err := json.Marshal(loose)
	if err != nil {
		return into
	}
	_ = utiljson.Unmarshal(raw, into) // fills what has the right type, whatever it returns
	return into
}

// readable is the part of an object's metadata that is asked for. A time that is
// none would end the reading of all that follows it, so it is left out.
func readable(meta map[string]any) map[string]any {
	out := make(map[string]any, 7)
	for _, key := range []string{"name", "namespace", "uid", "labels", "annotations"} {
		if v, ok := meta[key]; ok {
			out[key] = v
		}
	}
	for _, key := range []string{"creationTimestamp", "deletionTimestamp"} {
		if text, ok := meta[key].(string); ok {
			if _, err := time.Parse(time.RFC3339, text); err == nil {
				out[key] = text
			}
		}
	}
	return out
}

// jsonText is a value as JSON, "" for nil.
func jsonText[T any](v *T) string {
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
