package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"tollgate.dev/tollgate/rego/settings"
)

// A cluster with so many objects that Tollgate's policies look at. One in a
// hundred is an organization with four namespaces and three projects; nearly
// all the rest are routes.
type world struct {
	organizations int
	routes        int
}

const (
	smallWorld = 100
	largeWorld = 10_000

	namespacesEach = 4
	projectsEach   = 3
)

func newWorld(objects int) *world {
	w := &world{organizations: max(2, objects/100)}
	w.routes = objects - len(w.platform()) - w.organizations*(1+namespacesEach+projectsEach)
	return w
}

// benchSettings are an administrator's, for this world.
func benchSettings() *settings.Settings {
	s := settings.Default()
	s.Plugins.Registries = append(s.Plugins.Registries, "registry.platform.example/plugins")
	return s
}

func organizationName(i int) string { return fmt.Sprintf("org-%03d", i) }

// namespaceName of an organization's n-th namespace.
func namespaceName(organization, n int) string {
	return fmt.Sprintf("%s-%s", organizationName(organization), [namespacesEach]string{"chat", "search", "batch", "web"}[n])
}

// objects of the world as JSON.
func (w *world) objects() ([]json.RawMessage, error) {
	all := w.platform()
	for i := range w.organizations {
		all = append(all, w.organization(i)...)
	}
	for i := range w.routes {
		all = append(all, w.route(i))
	}
	encoded := make([]json.RawMessage, len(all))
	for i, o := range all {
		b, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("encoding an object: %w", err)
		}
		encoded[i] = b
	}
	return encoded, nil
}

// platform is what the platform's administrators have made.
func (w *world) platform() []object {
	all := []object{
		namespaceObject(gatewayNamespace), namespaceObject("tollgate-system"), namespaceObject("default"), namespaceObject("kube-system"),
		{
			"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata("", "higress"),
			"spec": object{"controller": "higress.io/higress-controller"},
		},
		{
			"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": metadata("", "higress"),
			"spec": object{"controllerName": "higress.io/gateway-controller"},
		},
		{
			"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata(gatewayNamespace, "public"),
			"spec": object{"gatewayClassName": "higress", "listeners": []any{
				object{"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": object{"namespaces": object{"from": "All"}}},
			}},
		},
		priceTable(),
		w.mcpBridge(),
	}
	// An old route of one organization on what is another's host by now.
	all = append(all, ingress(namespaceName(1, 0), "legacy", "legacy.org-000.example"))
	for _, guard := range []string{"tollgate-identity", "tollgate-auth", "tollgate-budget"} {
		all = append(all, w.guard(guard))
	}
	return all
}

func metadata(namespace, name string) object {
	m := object{
		"name": name, "uid": fmt.Sprintf("%x-0000-4000-8000-%s", len(name), name), "resourceVersion": "184467", "generation": 3,
		"creationTimestamp": "2026-05-04T09:12:44Z",
	}
	if namespace != "" {
		m["namespace"] = namespace
	}
	return m
}

func namespaceObject(name string) object {
	m := metadata("", name)
	m["labels"] = object{"kubernetes.io/metadata.name": name, "team": strings.SplitN(name, "-", 2)[0]}
	return object{"apiVersion": "v1", "kind": "Namespace", "metadata": m, "status": object{"phase": "Active"}}
}

func modelName(i int) string { return fmt.Sprintf("model-%02d", i) }

func priceTable() object {
	var models []any
	for i := range 20 {
		models = append(models, object{
			"provider": "openai", "model": modelName(i), "effectiveFrom": "2026-01-01T00:00:00Z", "mode": "Chat",
			"input": "2.50", "output": "10", "cacheRead": "1.25",
		})
	}
	return object{"apiVersion": "tollgate.dev/v1alpha1", "kind": "PriceTable", "metadata": metadata("", "default"), "spec": object{"models": models}}
}

func (w *world) mcpBridge() object {
	var registries []any
	for i := range 20 {
		registries = append(registries, object{
			"name": fmt.Sprintf("llm-provider-%02d.internal", i), "type": "dns", "domain": fmt.Sprintf("api-%02d.provider.example", i), "port": 443, "protocol": "https",
		})
	}
	return object{"apiVersion": "networking.higress.io/v1", "kind": "McpBridge", "metadata": metadata(gatewayNamespace, "default"), "spec": object{"registries": registries}}
}

// guard has a rule for one route of every organization.
func (w *world) guard(name string) object {
	var rules []any
	for i := range w.organizations {
		rules = append(rules, object{"ingress": []any{namespaceName(i, 0) + "/llm"}, "config": object{"organization": organizationName(i), "budget": "chat"}})
	}
	return object{
		"apiVersion": "extensions.higress.io/v1alpha1", "kind": "WasmPlugin", "metadata": metadata(gatewayNamespace, name),
		"spec": object{
			"url":          "oci://registry.platform.example/plugins/" + name + "@sha256:" + strings.Repeat("0123456789abcdef", 4),
			"failStrategy": "FAIL_CLOSE", "phase": "AUTHN", "priority": 310, "defaultConfigDisable": true, "matchRules": rules,
			"vmConfig": object{"env": []any{object{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}}},
		},
	}
}

// organization is one tenant with its namespaces and projects.
func (w *world) organization(i int) []object {
	name := organizationName(i)
	var namespaces []any
	var all []object
	for n := range namespacesEach {
		namespaces = append(namespaces, namespaceName(i, n))
		all = append(all, namespaceObject(namespaceName(i, n)))
	}
	for n := range projectsEach {
		all = append(all, project(i, n))
	}
	return append(all, object{
		"apiVersion": "tollgate.dev/v1alpha1", "kind": "Organization", "metadata": metadata("", name),
		"spec": object{
			"displayName": "Organization " + name, "namespaces": namespaces,
			"domains": []any{name + ".example", "*." + name + ".example"},
			"members": object{"groups": []any{name}}, "delegates": object{"users": []any{"argocd-" + name}},
			"mimirTenant": name, "ledger": object{"name": "default"}, "priceTable": "default",
			"budget": object{"limit": "50000.00", "period": "Monthly"},
		},
	})
}

func project(organization, n int) object {
	var users []any
	for u := range 12 {
		users = append(users, object{"name": fmt.Sprintf("user-%02d", u)})
	}
	return object{
		"apiVersion": "tollgate.dev/v1alpha1", "kind": "Project",
		"metadata": metadata(namespaceName(organization, n), strings.TrimPrefix(namespaceName(organization, n), organizationName(organization)+"-")),
		"spec": object{
			"organization": organizationName(organization), "budget": object{"limit": "9000.00"},
			"groups": []any{
				object{"name": "team", "models": []any{modelName(0), modelName(1), modelName(2)}, "budget": object{"limit": "4000.00"}, "users": users[:6]},
				object{"name": "night", "models": []any{modelName(3)}, "budget": object{"limit": "4000.00"}, "users": users[6:]},
			},
		},
	}
}

// route is the i-th route of the world: three Ingresses for each HTTPRoute.
func (w *world) route(i int) object {
	organization := i % w.organizations
	namespace := namespaceName(organization, i/w.organizations%namespacesEach)
	name := fmt.Sprintf("app-%05d", i)
	host := fmt.Sprintf("%s.%s.example", name, organizationName(organization))
	if i%4 == 3 {
		return httpRoute(namespace, name, host)
	}
	return ingress(namespace, name, host)
}

func ingress(namespace, name string, hosts ...string) object {
	var rules, tlsHosts []any
	for _, host := range hosts {
		tlsHosts = append(tlsHosts, host)
		rules = append(rules, object{"host": host, "http": object{"paths": []any{
			object{"path": "/", "pathType": "Prefix", "backend": object{"service": object{"name": name, "port": object{"number": 8080}}}},
			object{"path": "/healthz", "pathType": "Exact", "backend": object{"service": object{"name": name, "port": object{"number": 8081}}}},
		}}})
	}
	m := metadata(namespace, name)
	m["labels"] = object{"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "Helm"}
	m["annotations"] = object{
		"higress.io/ssl-redirect": "true", "higress.io/timeout": "30", "nginx.ingress.kubernetes.io/enable-cors": "true",
		"cert-manager.io/cluster-issuer": "letsencrypt", "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace,
	}
	return object{
		"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": m,
		"spec": object{
			"ingressClassName": "higress", "rules": rules,
			"tls": []any{object{"hosts": tlsHosts, "secretName": name + "-tls"}},
		},
		"status": object{"loadBalancer": object{"ingress": []any{object{"ip": "192.0.2.17"}}}},
	}
}

func httpRoute(namespace, name string, hosts ...string) object {
	var names []any
	for _, host := range hosts {
		names = append(names, host)
	}
	m := metadata(namespace, name)
	m["labels"] = object{"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "Helm"}
	return object{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": m,
		"spec": object{
			"parentRefs": []any{object{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": gatewayNamespace, "name": "public"}},
			"hostnames":  names,
			"rules": []any{object{
				"matches":     []any{object{"path": object{"type": "PathPrefix", "value": "/"}}},
				"backendRefs": []any{object{"group": "", "kind": "Service", "name": name, "port": 8080, "weight": 1}},
			}},
		},
	}
}
