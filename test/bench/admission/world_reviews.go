package main

import (
	"encoding/json"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
)

// Who asks in these reviews.
func member() authenticationv1.UserInfo {
	return authenticationv1.UserInfo{Username: "mia@" + organizationName(0) + ".example", Groups: []string{organizationName(0), "system:authenticated"}}
}

func stranger() authenticationv1.UserInfo {
	return authenticationv1.UserInfo{Username: "sam@nowhere.example", Groups: []string{"system:authenticated"}}
}

func admin() authenticationv1.UserInfo {
	return authenticationv1.UserInfo{Username: "ada@platform.example", Groups: []string{"system:masters", "system:authenticated"}}
}

func controller() authenticationv1.UserInfo {
	return authenticationv1.UserInfo{
		Username: "system:serviceaccount:tollgate-system:tollgate-controller",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system", "system:authenticated"},
	}
}

// changed is an object with a change.
func changed(o object, change func(o object)) object {
	change(o)
	return o
}

func spec(o object) object { return o["spec"].(object) }

func annotations(o object) object { return o["metadata"].(object)["annotations"].(object) }

// home is the organization that asks, elsewhere another one.
func home() string { return namespaceName(0, 0) }

func elsewhere() string { return namespaceName(1, 0) }

func homeIngress() object {
	return ingress(home(), "shop", "shop.org-000.example", "www.shop.org-000.example")
}

func homeRoute() object { return httpRoute(home(), "shop", "api.shop.org-000.example") }

// everyday are requests that pass: nearly all that a webhook sees.
func (w *world) everyday() []*admissionv1.AdmissionRequest {
	plugin := func() object {
		o := w.guard("tollgate-auth")
		spec(o)["matchRules"] = spec(o)["matchRules"].([]any)[:2]
		for i := range 18 {
			spec(o)["matchRules"] = append(spec(o)["matchRules"].([]any), object{
				"ingress": []any{fmt.Sprintf("%s/llm-%02d", home(), i)}, "config": object{"organization": organizationName(0), "budget": "chat"},
			})
		}
		return o
	}
	return []*admissionv1.AdmissionRequest{
		request(homeIngress(), nil, "ingresses", member()),
		request(changed(w.route(0), func(o object) { annotations(o)["higress.io/timeout"] = "60" }), w.route(0), "ingresses", member()),
		request(homeRoute(), nil, "httproutes", member()),
		request(changed(w.guard("tollgate-auth"), func(o object) { spec(o)["priority"] = 320 }), w.guard("tollgate-auth"), "wasmplugins", controller()),
		request(plugin(), w.guard("tollgate-auth"), "wasmplugins", controller()),
		request(changed(project(0, 0), func(o object) { spec(o)["budget"] = object{"limit": "9500.00"} }), project(0, 0), "projects", member()),
		request(changed(priceTable(), func(o object) { o["metadata"].(object)["labels"] = object{"checked": "2026-11"} }), priceTable(), "pricetables", admin()),
		request(w.mcpBridge(), nil, "mcpbridges", admin()),
		request(changed(homeIngress(), func(o object) { spec(o)["ingressClassName"] = "nginx" }), nil, "ingresses", stranger()),
	}
}

// attempts are requests that are refused or warned about.
func (w *world) attempts() []*admissionv1.AdmissionRequest {
	var all []*admissionv1.AdmissionRequest
	ing := func(change func(o object)) {
		all = append(all, request(changed(homeIngress(), change), nil, "ingresses", member()))
	}
	route := func(change func(o object)) {
		all = append(all, request(changed(homeRoute(), change), nil, "httproutes", member()))
	}
	wasm := func(user authenticationv1.UserInfo, change func(o object)) {
		all = append(all, request(changed(w.guard("limits"), change), nil, "wasmplugins", user))
	}
	host := func(o object, name string) { spec(o)["rules"].([]any)[0].(object)["host"] = name }
	path := func(o object) object {
		return spec(o)["rules"].([]any)[0].(object)["http"].(object)["paths"].([]any)[0].(object)
	}

	ing(func(o object) { host(o, "shop.org-001.example") })
	ing(func(o object) { host(o, "legacy.org-000.example"); path(o)["path"] = "/login" })
	ing(func(o object) { host(o, "") })
	ing(func(o object) { host(o, "SHOP.org-000.example") })
	ing(func(o object) { host(o, "shop.org-000.example.") })
	ing(func(o object) { host(o, "*.example") })
	ing(func(o object) {
		spec(o)["tls"] = []any{object{"hosts": []any{"pay.org-001.example"}, "secretName": "tls"}}
	})
	ing(func(o object) { annotations(o)["nginx.ingress.kubernetes.io/configuration-snippet"] = "return 200;" })
	ing(func(o object) { annotations(o)["higress.io/destination"] = "llm-provider-00.internal.dns" })
	ing(func(o object) { annotations(o)["higress.io/timeout"] = "${secret.higress-system/key.value}" })
	ing(func(o object) { annotations(o)["higress.io/rewrite-path"] = "/a\nb" })
	ing(func(o object) { annotations(o)["higress.io/auth-tls-secret"] = elsewhere() + "/ca" })
	ing(func(o object) {
		annotations(o)["higress.io/request-header-control-update"] = "x-mse-consumer org-001.chat"
	})
	ing(func(o object) {
		path(o)["backend"] = object{"resource": object{"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}}
	})
	ing(func(o object) {
		spec(o)["defaultBackend"] = object{"service": object{"name": "shop", "port": object{"number": 80}}}
	})
	ing(func(o object) { o["metadata"].(object)["name"] = "shop.model.x" })
	ing(func(o object) { o["metadata"].(object)["labels"].(object)["tollgate.dev/organization"] = "org-001" })
	all = append(all, request(homeIngress(), nil, "ingresses", stranger()),
		request(ingress("default", "shop", "shop.somewhere.example"), nil, "ingresses", stranger()))

	route(func(o object) { spec(o)["hostnames"] = []any{"api.org-001.example"} })
	route(func(o object) { delete(spec(o), "hostnames") })
	route(func(o object) {
		spec(o)["rules"].([]any)[0].(object)["backendRefs"] = []any{object{"name": "db", "namespace": elsewhere(), "port": 80}}
	})
	route(func(o object) {
		spec(o)["rules"].([]any)[0].(object)["filters"] = []any{object{"type": "RequestHeaderModifier",
			"requestHeaderModifier": object{"set": []any{object{"name": "X-Mse-Consumer", "value": "org-001.chat"}}}}}
	})

	wasm(member(), func(object) {})
	wasm(member(), func(o object) { o["metadata"].(object)["namespace"] = home() })
	wasm(admin(), func(o object) { spec(o)["url"] = "http://registry.platform.example/plugins/limits.wasm" })
	wasm(admin(), func(o object) { spec(o)["url"] = "oci://registry.platform.example/plugins/limits:latest" })
	wasm(admin(), func(o object) { spec(o)["url"] = strings.Replace(spec(o)["url"].(string), "platform", "evil", 1) })
	wasm(admin(), func(o object) { delete(spec(o)["matchRules"].([]any)[0].(object), "ingress") })
	wasm(admin(), func(o object) { spec(o)["matchRules"].([]any)[0].(object)["routeType"] = "GRPC" })
	wasm(admin(), func(o object) { spec(o)["defaultConfig"] = object{"_rules_": []any{}} })

	all = append(all,
		request(changed(w.guard("tollgate-auth"), func(o object) { spec(o)["failStrategy"] = "FAIL_OPEN" }), w.guard("tollgate-auth"), "wasmplugins", admin()),
		request(w.mcpBridge(), w.mcpBridge(), "mcpbridges", member()),
		request(changed(w.mcpBridge(), func(o object) {
			spec(o)["registries"].([]any)[0].(object)["domain"] = "169.254.169.254"
		}), nil, "mcpbridges", admin()),
		request(changed(project(0, 0), func(o object) {
			spec(o)["groups"].([]any)[0].(object)["models"] = []any{"model-99"}
		}), project(0, 0), "projects", member()),
		request(changed(project(0, 0), func(o object) { spec(o)["organization"] = "org-001" }), nil, "projects", member()),
		request(changed(project(0, 0), func(o object) { o["metadata"].(object)["namespace"] = namespaceName(0, 3) }), nil, "projects", member()),
		request(changed(priceTable(), func(o object) { spec(o)["models"] = spec(o)["models"].([]any)[5:] }), priceTable(), "pricetables", admin()),
		request(changed(w.organization(0)[namespacesEach+projectsEach], func(o object) { spec(o)["domains"] = []any{"org-001.example"} }), nil, "organizations", admin()),
	)
	return append(all, removal(secret(w.route(0)), "secrets", member()))
}

// secret is the TLS Secret of an Ingress.
func secret(of object) object {
	m := of["metadata"].(object)
	return object{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
		"metadata": metadata(m["namespace"].(string), m["name"].(string)+"-tls"),
		"data":     object{"tls.crt": "", "tls.key": ""},
	}
}

// removal is a delete.
func removal(o object, resource string, user authenticationv1.UserInfo) *admissionv1.AdmissionRequest {
	req := request(o, nil, resource, user)
	req.Operation, req.OldObject, req.Object.Raw = admissionv1.Delete, req.Object, nil
	return req
}

// reviews are the everyday ones first, then the attempts.
func (w *world) reviews() (everyday, all []json.RawMessage, err error) {
	if everyday, err = marshalReviews(w.everyday()); err != nil {
		return nil, nil, err
	}
	attempts, err := marshalReviews(w.attempts())
	if err != nil {
		return nil, nil, err
	}
	return everyday, append(everyday[:len(everyday):len(everyday)], attempts...), nil
}
