package review

import (
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
)

// question is one request, by somebody.
type question struct {
	name      string
	user      string // alice, a member of acme, when empty
	groups    []string
	operation admissionv1.Operation // CREATE when empty
	object    string
	old       string // what an UPDATE replaces
}

const (
	collector  = "system:serviceaccount:kube-system:generic-garbage-collector"
	endpointer = "system:serviceaccount:kube-system:endpointslice-controller"
	apiserver  = "system:apiserver"
	manager    = "system:kube-controller-manager"
)

// questions lie on both sides of each rule, selector and match condition of the
// webhook's configurations. Each object has a name of its own, that begins with
// "asked". (kube-apiserver takes an annotation that contradicts the class in an
// UPDATE only.)
func questions() []question {
	ofKubernetes := []string{"system:serviceaccounts", "system:serviceaccounts:kube-system"}
	ingress := func(name, spec, annotations string) string {
		return "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: asked-" + name + ", namespace: acme-chat, annotations: {" + annotations + "}}, spec: {" + spec +
			"rules: [{host: " + name + ".acme.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}"
	}
	route := func(name, namespace string) string {
		return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: asked-" + name + ", namespace: " + namespace + "}, spec: {hostnames: [" + name + ".acme.example], parentRefs: [{name: shared, namespace: higress-system}]}}"
	}
	plugin := func(name, namespace string) string {
		return "{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: asked-" + name + ", namespace: " + namespace + "}, spec: {url: 'oci://registry.example/x:1'}}"
	}
	secret := func(name, kind, value string) string {
		return "{apiVersion: v1, kind: Secret, metadata: {name: asked" + name + ", namespace: acme-chat}, type: " + kind + ", stringData: {tls.crt: '" + value + "', tls.key: '" + value + "'}}"
	}
	external := func(name string) string {
		return "{apiVersion: v1, kind: Service, metadata: {name: asked-" + name + ", namespace: acme-chat}, spec: {type: ExternalName, externalName: a.example, ports: [{port: 80}]}}"
	}
	service := func(name string) string {
		return "{apiVersion: v1, kind: Service, metadata: {name: asked-" + name + ", namespace: acme-chat}, spec: {ports: [{port: 80}]}}"
	}
	slice := func(name, endpoints string) string {
		return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: asked-" + name + ", namespace: acme-chat, labels: {kubernetes.io/service-name: x}}, addressType: IPv4, endpoints: [" + endpoints + "]}"
	}
	endpoints := func(name, subsets string) string {
		return "{apiVersion: v1, kind: Endpoints, metadata: {name: asked-" + name + ", namespace: acme-chat}, subsets: [" + subsets + "]}"
	}
	const (
		mine, nginx, traefik = "ingressClassName: higress, ", "ingressClassName: nginx, ", "ingressClassName: traefik, "
		annotated            = "kubernetes.io/ingress.class: "
		one, two             = "{addresses: [203.0.113.1]}", "{addresses: [203.0.113.2]}"
		subset, other        = "{addresses: [{ip: 203.0.113.1}], ports: [{port: 80}]}", "{addresses: [{ip: 203.0.113.2}], ports: [{port: 80}]}"
		update, remove       = admissionv1.Update, admissionv1.Delete
	)
	return []question{
		{name: "an Ingress of the gateway", object: ingress("a", mine, "")},
		{name: "an Ingress of nginx", object: ingress("b", nginx, "")},
		{name: "an Ingress of nginx in both ways", operation: update, object: ingress("c", nginx, annotated+"traefik"), old: ingress("c", nginx, "")},
		{name: "an Ingress of nginx by its class, of the gateway by annotation", operation: update, object: ingress("d", nginx, annotated+"higress"), old: ingress("d", nginx, "")},
		{name: "an Ingress of nginx by annotation alone", object: ingress("e", "", annotated+"nginx")},
		{name: "an Ingress without a class", object: ingress("f", "", "")},
		{name: "an Ingress that leaves the gateway", operation: update, object: ingress("g", nginx, ""), old: ingress("g", mine, "")},
		{name: "an Ingress that comes to the gateway", operation: update, object: ingress("h", mine, ""), old: ingress("h", nginx, "")},
		{name: "an Ingress that goes from one controller to another", operation: update, object: ingress("i", traefik, ""), old: ingress("i", nginx, "")},
		{name: "an Ingress of nginx that goes", operation: remove, object: ingress("j", nginx, "")},
		{name: "an Ingress of the gateway that goes", operation: remove, object: ingress("k", mine, "")},
		{name: "an Ingress that is collected", user: collector, groups: ofKubernetes, operation: remove, object: ingress("l", mine, "")},
		{name: "an Ingress deleted by somebody with the collector's name alone", user: collector, groups: []string{"others"}, operation: remove, object: ingress("m", mine, "")},
		{name: "an Ingress by kube-apiserver", user: apiserver, object: ingress("n", mine, "")},
		{name: "a route", object: route("o", "acme-chat")},
		{name: "a route by kube-controller-manager", user: manager, object: route("p", "acme-chat")},
		{name: "a route that is collected", user: collector, groups: ofKubernetes, operation: remove, object: route("q", "acme-chat")},
		{name: "a route in kube-system", object: route("r", "kube-system")},
		{name: "a plugin", object: plugin("s", "higress-system")},
		{name: "a plugin in Tollgate's namespace", object: plugin("t", "tollgate-system")},
		{name: "what is in no namespace", object: "{apiVersion: tollgate.dev/v1alpha1, kind: Organization, metadata: {name: asked-u}, spec: {namespaces: [u]}}"},
		{name: "a Secret", object: secret("-v", "Opaque", "x")},
		{name: "a Secret with a dot", object: secret(".w", "Opaque", "x")},
		{name: "a Secret with a dot that goes", operation: remove, object: secret(".x", "Opaque", "x")},
		{name: "a Secret with a dot that changes", operation: update, object: secret(".y", "Opaque", "y"), old: secret(".y", "Opaque", "x")},
		{name: "a release of Helm that goes", operation: remove, object: secret(".z", "helm.sh/release.v1", "x")},
		{name: "a Secret in kube-system", object: strings.Replace(secret("-aa", "Opaque", "x"), "acme-chat", "kube-system", 1)},
		{name: "a Secret by a controller of Kubernetes", user: collector, groups: ofKubernetes, operation: remove, object: secret("-ab", "Opaque", "x")},
		{name: "a Secret by kube-controller-manager", user: manager, object: secret("-ac", "Opaque", "x")},
		{name: "another name for a host", object: external("ad")},
		{name: "a Service", object: service("ae")},
		{name: "a Service that becomes another name", operation: update, object: external("af"), old: service("af")},
		{name: "a Service that is another name no longer", operation: update, object: service("ag"), old: external("ag")},
		{name: "another name that goes", operation: remove, object: external("ah")},
		{name: "endpoints", object: slice("ai", one)},
		{name: "no endpoints", object: slice("aj", "")},
		{name: "endpoints that stay", operation: update, object: slice("ak", one), old: slice("ak", one)},
		{name: "endpoints that change", operation: update, object: slice("al", two), old: slice("al", one)},
		{name: "endpoints by Kubernetes", user: endpointer, groups: ofKubernetes, object: slice("am", one)},
		{name: "endpoints of old", object: endpoints("an", subset)},
		{name: "endpoints of old that hold none", object: endpoints("ao", "")},
		{name: "endpoints of old that change", operation: update, object: endpoints("ap", other), old: endpoints("ap", subset)},
		{name: "endpoints of old that stay", operation: update, object: endpoints("aq", subset), old: endpoints("aq", subset)},
	}
}
