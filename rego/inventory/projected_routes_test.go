package inventory_test

import (
	"testing"

	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

func TestRoutes(t *testing.T) {
	inv := build(t, acme, globex, web, llm, higressClass)
	check(t, inv, list{
		fields{"kind": "Ingress", "namespace": "acme-chat", "name": "llm", "organization": "acme", "path": "/v1", "pathType": "Exact", "canary": false, "metered": true},
		fields{"kind": "Ingress", "namespace": "acme-web", "name": "web", "organization": "acme", "path": "/", "pathType": "Prefix", "canary": false, "metered": false},
	}, "tollgate", "host_route", "web.acme.example")
	check(t, inv, fields{"kind": "Ingress", "namespace": "acme-chat", "name": "llm", "organization": "acme", "metered": true}, "tollgate", "route", "acme-chat/llm")
	check(t, inv, false, "tollgate", "route", "acme-web/web", "metered")
	check(t, inv, list{"Ingress acme-web/web (TLS)"}, "tollgate", "secret_user", "acme-web/web-tls")
}

// A canary is merged into the route of its host and path under either prefix,
// and stays one until it says false.
func TestCanaries(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	for _, tc := range []struct {
		name, annotations string
		want              bool
	}{
		{name: "none", annotations: "{}"},
		{name: "Higress's prefix", annotations: "{higress.io/canary: 'true'}", want: true},
		{name: "switched off", annotations: "{higress.io/canary: 'false'}"},
		{name: "nginx's prefix", annotations: "{nginx.ingress.kubernetes.io/canary: 'true'}", want: true},
		{name: "both, and one says no", annotations: "{nginx.ingress.kubernetes.io/canary: 'false', higress.io/canary: 'true'}", want: true},
		{name: "some other word", annotations: "{higress.io/canary: ''}", want: true},
		{name: "the weight alone", annotations: "{higress.io/canary-weight: '50'}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			put(t, b, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: acme-web, annotations: `+tc.annotations+`}
spec: {ingressClassName: higress, rules: [{host: web.acme.example}]}
`)
			check(t, b.Build(), tc.want, "tollgate", "host_route", "web.acme.example", "0", "canary")
		})
	}
}

func TestIngressClasses(t *testing.T) {
	const unclassed = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: x, namespace: apps}
spec: {rules: [{host: a.example}]}
`
	classed := func(spec, annotation string) string {
		return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: x, namespace: apps, annotations: {kubernetes.io/ingress.class: "` + annotation + `"}}
spec: {ingressClassName: "` + spec + `", rules: [{host: a.example}]}
`
	}
	const higressDefault = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: higress.io/higress-controller}
`
	ignore := settings.Default()
	ignore.Gateway.EmptyClass = settings.IgnoreEmptyClass
	for _, tc := range []struct {
		name     string
		settings *settings.Settings
		objects  []string
		served   bool
	}{
		{name: "by the class's name", objects: []string{classed("higress", "")}, served: true},
		{name: "by the class's controller", objects: []string{higressClass, classed("edge", "")}, served: true},
		{name: "a class that is not known", objects: []string{classed("edge", "")}},
		{name: "another controller's class", objects: []string{nginxClass, classed("nginx", "")}},
		{name: "by the older annotation", objects: []string{classed("", "higress")}, served: true},
		{name: "the annotation says nginx and the field Higress", objects: []string{nginxClass, classed("higress", "nginx")}, served: true},
		{name: "no class", objects: []string{unclassed}, served: true},
		{name: "no class, and such are ignored", settings: ignore, objects: []string{unclassed}},
		{name: "no class, and nginx is the default", objects: []string{nginxClass, unclassed}},
		{name: "no class, and Higress is the default", settings: ignore, objects: []string{higressDefault, unclassed}, served: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := tc.settings
			if s == nil {
				s = settings.Default()
			}
			b := inventory.NewBuilder(s)
			put(t, b, tc.objects...)
			if got := read(t, b.Build(), "tollgate", "route", "apps/x") != nil; got != tc.served {
				t.Errorf("served by Higress: %v, want %v", got, tc.served)
			}
		})
	}
}

func TestRouteNames(t *testing.T) {
	inv := build(t, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: acme
  annotations: {nginx.ingress.kubernetes.io/app-root: /home, higress.io/custom-http-errors: "503"}
spec: {ingressClassName: higress, defaultBackend: {service: {name: a, port: {number: 80}}}, rules: [{host: A.example}, {host: b.example}]}
`, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: platform, namespace: higress-system, labels: {tollgate.dev/organization: acme}}
spec: {ingressClassName: higress, rules: [{host: p.example}]}
`, gateway, `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls, namespace: acme}
spec:
  parentRefs: [{name: public, namespace: higress-system}]
  rules:
  - matches: [{method: {service: pkg.S, method: M}}]
    backendRefs: [{group: networking.istio.io, kind: Hostname, name: llm-x.internal.dns, port: 443}]
`)
	check(t, inv, fields{
		"acme/web":           fields{"kind": "Ingress", "namespace": "acme", "name": "web", "organization": "", "metered": false},
		"acme/web-default":   fields{"kind": "Ingress", "namespace": "acme", "name": "web", "organization": "", "metered": false},
		"acme/web-fallback":  fields{"kind": "Ingress", "namespace": "acme", "name": "web", "organization": "", "metered": false},
		"a.example-app-root": fields{"kind": "Ingress", "namespace": "acme", "name": "web", "organization": "", "metered": false},
		"b.example-app-root": fields{"kind": "Ingress", "namespace": "acme", "name": "web", "organization": "", "metered": false},
		"platform":           fields{"kind": "Ingress", "namespace": "higress-system", "name": "platform", "organization": "acme", "metered": false},
		"GRPC/acme/calls":    fields{"kind": "GRPCRoute", "namespace": "acme", "name": "calls", "organization": "", "metered": true},
	}, "tollgate", "route")
	check(t, inv, list{
		fields{"kind": "GRPCRoute", "namespace": "acme", "name": "calls", "organization": "", "path": "/pkg.S/M", "pathType": "Exact", "canary": false, "metered": true},
	}, "tollgate", "host_route", "*.acme.example") // the listener's host
}

// Two objects of one route name are one to Higress: the name is metered if one
// is, and stays while one does.
func TestSharedRouteName(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	put(t, b, acme, gateway, web, `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: acme-web}
spec:
  parentRefs: [{name: public, namespace: higress-system, sectionName: https}]
  rules: [{backendRefs: [{group: networking.higress.io, kind: Service, name: llm, port: 443}]}]
`)
	check(t, b.Build(), fields{
		"kind": "HTTPRoute", "namespace": "acme-web", "name": "web", "organization": "acme", "metered": true,
		"objects": list{
			fields{"kind": "HTTPRoute", "namespace": "acme-web", "name": "web", "metered": true},
			fields{"kind": "Ingress", "namespace": "acme-web", "name": "web", "metered": false},
		},
	}, "tollgate", "route", "acme-web/web")
	http := object(t, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute}")
	b.Delete(http.GroupVersionKind(), "acme-web", "web")
	check(t, b.Build(), fields{"kind": "Ingress", "namespace": "acme-web", "name": "web", "organization": "acme", "metered": false}, "tollgate", "route", "acme-web/web")
}

func TestGateways(t *testing.T) {
	const route = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: acme-web}
spec:
  parentRefs: [{name: public, namespace: higress-system}]
  hostnames: [API.acme.example]
`
	b := inventory.NewBuilder(settings.Default())
	put(t, b, acme, route)
	check(t, b.Build(), nil, "tollgate", "route", "acme-web/r") // its Gateway is not there
	put(t, b, gateway)
	check(t, b.Build(), "acme", "tollgate", "route", "acme-web/r", "organization")
	check(t, b.Build(), fields{"class": "higress", "higress": true, "listeners": list{
		fields{"name": "https", "hostname": "*.acme.example", "allowedRoutes": fields{"namespaces": fields{"from": "All"}}},
		fields{"name": "any", "hostname": "*", "allowedRoutes": nil},
	}}, "tollgate", "gateway", "higress-system/public")
	check(t, b.Build(), list{"Gateway higress-system/public (TLS)"}, "tollgate", "secret_user", "higress-system/wildcard")

	put(t, b, "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: higress}, spec: {controllerName: istio.io/gateway-controller}}")
	check(t, b.Build(), nil, "tollgate", "route", "acme-web/r") // the class is another controller's
	check(t, b.Build(), false, "tollgate", "gateway", "higress-system/public", "higress")
	check(t, b.Build(), nil, "tollgate", "secret_user", "higress-system/wildcard")
	put(t, b, "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: higress}, spec: {controllerName: higress.io/gateway-controller-eu}}")
	check(t, b.Build(), list{
		fields{"kind": "HTTPRoute", "namespace": "acme-web", "name": "r", "organization": "acme", "path": "/", "pathType": "PathPrefix", "canary": false, "metered": false},
	}, "tollgate", "host_route", "api.acme.example")
}

func TestOpaqueParentsCount(t *testing.T) {
	for _, tc := range []struct {
		name, spec string
		served     bool
	}{
		{name: "a ListenerSet", spec: "parentRefs: [{group: gateway.networking.k8s.io, kind: ListenerSet, name: x}]", served: true},
		{name: "a Service of a mesh", spec: `parentRefs: [{group: "", kind: Service, name: x}]`},
		{name: "a Gateway that is not there", spec: "parentRefs: [{name: x}]"},
		{name: "any default Gateway", spec: "useDefaultGateways: All", served: true},
		{name: "no default Gateway", spec: "useDefaultGateways: None"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := build(t, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: apps}, spec: {"+tc.spec+"}}")
			if got := read(t, inv, "tollgate", "route", "apps/r") != nil; got != tc.served {
				t.Errorf("counts as Higress's: %v, want %v", got, tc.served)
			}
		})
	}
}

// What Higress pastes into a route of the Gateway API it reads from Secrets of
// any namespace, by default of its own.
func TestSecretsOfRoutes(t *testing.T) {
	for _, kind := range []string{"HTTPRoute", "GRPCRoute"} {
		t.Run(kind, func(t *testing.T) {
			inv := build(t, `
apiVersion: gateway.networking.k8s.io/v1
kind: `+kind+`
metadata: {name: signed, namespace: acme-web, annotations: {note: "${secret.acme-web/note.x}"}}
spec:
  parentRefs: [{name: more, kind: ListenerSet}]
  rules:
  - filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: "x-${secret.acme-web/token.value}-${secret.mine.value}"}]}}
    backendRefs:
    - {name: web, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: b, value: "${secret.acme-web/token.value}"}]}}]}
`)
			check(t, inv, fields{
				"acme-web/token":      list{kind + " acme-web/signed"},
				"higress-system/mine": list{kind + " acme-web/signed"},
			}, "tollgate", "secret_user")
		})
	}
}
