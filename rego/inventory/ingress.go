package inventory

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/rego/settings"
)

// The annotations that decide about routes. Source: contract section 5.
const (
	classAnnotation = "kubernetes.io/ingress.class"
	ownPrefix       = "higress.io/"
	nginxPrefix     = "nginx.ingress.kubernetes.io/"
	mcpBridgeKind   = "McpBridge"
)

// annotation returns an annotation that Higress reads under both prefixes, as
// it does: nginx's first.
func annotation(all map[string]string, suffix string) string {
	return cmp.Or(all[nginxPrefix+suffix], all[ownPrefix+suffix])
}

func parseIngress(u *unstructured.Unstructured, s *settings.Settings) any {
	ing := read[networkingv1.Ingress](u)
	f := &routeFacts{Owner: ownerLabel(ing.Labels), Canary: isCanary(ing.Annotations)}
	for _, class := range []string{ing.Annotations[classAnnotation], deref(ing.Spec.IngressClassName)} {
		if class != "" && !slices.Contains(f.Classes, class) {
			f.Classes = append(f.Classes, class)
		}
	}
	f.Metered = ing.Annotations[ownPrefix+"destination"] != "" || reachesProvider(ing.Spec.DefaultBackend)
	for _, r := range ing.Spec.Rules {
		host := NormalHost(r.Host)
		if r.HTTP == nil || len(r.HTTP.Paths) == 0 {
			f.Rules = append(f.Rules, routeRule{host, "/", string(networkingv1.PathTypePrefix)})
			continue
		}
		for _, p := range r.HTTP.Paths {
			kind := cmp.Or(string(deref(p.PathType)), string(networkingv1.PathTypeImplementationSpecific))
			if byExpression(ing.Annotations) {
				kind = string(gatewayv1.PathMatchRegularExpression)
			}
			f.Rules = append(f.Rules, routeRule{host, cmp.Or(p.Path, "/"), kind})
			f.Metered = f.Metered || reachesProvider(&p.Backend)
		}
	}
	if ing.Spec.DefaultBackend != nil {
		f.Rules = append(f.Rules, routeRule{AnyHost, "/", string(networkingv1.PathTypePrefix)})
	}
	f.Names = ingressRouteNames(ing, routeName(s, u.GetNamespace(), u.GetName()))
	f.Secrets = ingressSecrets(ing, s)
	return f
}

// isCanary reports whether an Ingress is merged into that of its host and path,
// whose name its requests then have. Any value but false is taken for yes.
// Source: contract sections 2.6 and 5.
func isCanary(annotations map[string]string) bool {
	for _, prefix := range []string{nginxPrefix, ownPrefix} {
		if value, ok := annotations[prefix+"canary"]; ok && value != "false" {
			return true
		}
	}
	return false
}

// byExpression reports whether Higress takes the paths of an Ingress for regular
// expressions, whatever their type. Source: contract section 2.6.
func byExpression(annotations map[string]string) bool {
	return annotation(annotations, "use-regex") == "true" || annotation(annotations, "rewrite-target") != "" ||
		annotation(annotations, "full-path-regex") == "true"
}

func reachesProvider(b *networkingv1.IngressBackend) bool {
	return b != nil && b.Resource != nil && b.Resource.Kind == mcpBridgeKind
}

// ingressRouteNames are the names of an Ingress's routes: its own, and those
// that Higress makes of it beside.
func ingressRouteNames(ing *networkingv1.Ingress, base string) []string {
	names := []string{base}
	if ing.Spec.DefaultBackend != nil {
		names = append(names, base+"-default")
	}
	if annotation(ing.Annotations, "default-backend") != "" || annotation(ing.Annotations, "custom-http-errors") != "" {
		names = append(names, base+"-fallback")
	}
	if annotation(ing.Annotations, "app-root") != "" {
		for _, r := range ing.Spec.Rules {
			if name := NormalHost(r.Host) + "-app-root"; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ingressSecrets are the Secrets that an Ingress of the gateway uses.
func ingressSecrets(ing *networkingv1.Ingress, s *settings.Settings) []secretUse {
	var uses []secretUse
	for _, t := range ing.Spec.TLS {
		if t.SecretName != "" {
			uses = append(uses, secretUse{ing.Namespace + "/" + t.SecretName, " (TLS)"})
		}
	}
	for _, suffix := range []string{"auth-tls-secret", "proxy-ssl-secret"} {
		if name := annotation(ing.Annotations, suffix); name != "" {
			if !strings.Contains(name, "/") {
				name = ing.Namespace + "/" + name
			}
			uses = append(uses, secretUse{name, " (" + suffix + ")"})
		}
	}
	for _, v := range ing.Annotations {
		uses = append(uses, templatedSecrets(v, s.Gateway.Namespace)...)
	}
	return sortUses(uses)
}
