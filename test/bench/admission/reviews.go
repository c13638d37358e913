package main

import (
	"encoding/json"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

const gatewayNamespace = "higress-system"

// object is JSON of a Kubernetes object.
type object = map[string]any

// plugin is an ordinary WasmPlugin of 20 rules, as the platform's controller
// would write it; every template of this comparison lets it pass.
func plugin() object {
	var rules []any
	for i := range 20 {
		var consumers []any
		for c := range 8 {
			consumers = append(consumers, fmt.Sprintf("acme.chat.user-%02d-%02d", i, c))
		}
		rules = append(rules, object{
			"ingress":       []any{fmt.Sprintf("acme-chat/route-%02d", i)},
			"domain":        []any{fmt.Sprintf("chat-%02d.acme.example", i)},
			"configDisable": false,
			"config": object{
				"rule_name":               fmt.Sprintf("acme.chat-%02d", i),
				"allow":                   consumers,
				"rejected_code":           429,
				"rejected_msg":            "the budget of this route is used up",
				"redis":                   object{"service_name": "redis.static", "service_port": 6379, "timeout": 1000},
				"limit_keys":              []any{object{"key": "*", "token_per_minute": 20000 + i}},
				"limit_by_per_header":     "x-tollgate-user",
				"show_limit_quota_header": true,
			},
		})
	}
	return object{
		"apiVersion": "extensions.higress.io/v1alpha1",
		"kind":       "WasmPlugin",
		"metadata": object{
			"name": "ai-quota.internal", "namespace": gatewayNamespace,
			"labels": object{
				"app.kubernetes.io/name": "ai-quota", "app.kubernetes.io/managed-by": "tollgate",
				"higress.io/wasm-plugin-category": "ai", "tollgate.example/owner": "gateway.platform.example",
			},
			"annotations": object{
				"tollgate.example/contact": "gateway@platform.example", "tollgate.example/change": "CHG-2026-11-1742",
				"higress.io/wasm-plugin-title": "AI quota",
			},
			"resourceVersion": "184467", "generation": 7, "uid": "7d0f2c86-70a5-43a8-a4d5-6a2a1f1c5c11",
		},
		"spec": object{
			"url":             "oci://registry.platform.example/plugins/ai-quota@sha256:" + strings.Repeat("0123456789abcdef", 4),
			"phase":           "AUTHN",
			"priority":        310,
			"failStrategy":    "FAIL_CLOSE",
			"imagePullPolicy": "IfNotPresent",
			"imagePullSecret": "platform-registry",
			"vmConfig": object{"env": []any{
				object{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"},
				object{"name": "LOG_LEVEL", "value": "warn"},
			}},
			"defaultConfigDisable": true,
			"matchRules":           rules,
		},
	}
}

// defect makes of the ordinary plugin one that some templates refuse.
type defect struct {
	name  string
	apply func(o object)
}

func rule(o object, i int) object { return o["spec"].(object)["matchRules"].([]any)[i].(object) }

// defects are one or two for each template, so that equal verdicts mean
// something.
func defects() []defect {
	meta := func(o object) object { return o["metadata"].(object) }
	return []defect{
		{"a label is missing", func(o object) { delete(meta(o)["labels"].(object), "tollgate.example/owner") }},
		{"a label has a wrong form", func(o object) { meta(o)["labels"].(object)["app.kubernetes.io/name"] = "AI_Quota" }},
		{"an annotation is empty", func(o object) { meta(o)["annotations"].(object)["tollgate.example/contact"] = " " }},
		{"an annotation is long", func(o object) { meta(o)["annotations"].(object)["note"] = strings.Repeat("x", 300) }},
		{"a registry of nobody", func(o object) { spec(o)["url"] = strings.Replace(spec(o)["url"].(string), "platform", "evil", 1) }},
		{"a moving tag", func(o object) { spec(o)["url"] = "oci://registry.platform.example/plugins/ai-quota:latest" }},
		{"a plain URL", func(o object) { spec(o)["url"] = "http://mirror.platform.example/plugin.wasm" }},
		{"no URL", func(o object) { delete(spec(o), "url") }},
		{"pulled always", func(o object) { spec(o)["imagePullPolicy"] = "Always" }},
		{"a foreign pull secret", func(o object) { spec(o)["imagePullSecret"] = "acme-registry" }},
		{"fails open", func(o object) { spec(o)["failStrategy"] = "FAIL_OPEN" }},
		{"recovers from panics", func(o object) { delete(spec(o), "vmConfig") }},
		{"a phase of the gateway's", func(o object) { spec(o)["phase"] = "STATS" }},
		{"a priority out of bounds", func(o object) { spec(o)["priority"] = 950 }},
		{"a rule without conditions", func(o object) { delete(rule(o, 4), "ingress"); delete(rule(o, 4), "domain") }},
		{"a GRPC rule", func(o object) { rule(o, 9)["routeType"] = "GRPC" }},
		{"a route of another namespace", func(o object) { rule(o, 11)["ingress"] = []any{"initech-chat/web"} }},
		{"a route without namespace", func(o object) { rule(o, 12)["ingress"] = []any{"web"} }},
		{"a foreign domain", func(o object) { rule(o, 13)["domain"] = []any{"chat.initech.example"} }},
		{"a wildcard", func(o object) { rule(o, 14)["domain"] = []any{"*.acme.example"} }},
		{"a route twice", func(o object) { rule(o, 15)["ingress"] = rule(o, 3)["ingress"] }},
		{"a domain twice", func(o object) { rule(o, 16)["domain"] = []any{"CHAT-02.acme.example"} }},
		{"a key of the gateway's", func(o object) { rule(o, 17)["config"].(object)["_rules_"] = []any{} }},
		{"a substitution", func(o object) { spec(o)["defaultConfig"] = object{"service": "${HOST}"} }},
		{"a foreign consumer", func(o object) { rule(o, 18)["config"].(object)["allow"] = []any{"initech.chat.mallory"} }},
		{"the gateway's environment", func(o object) {
			spec(o)["vmConfig"].(object)["env"] = append(spec(o)["vmConfig"].(object)["env"].([]any), object{"name": "AWS_SECRET", "valueFrom": "HOST"})
		}},
		{"wrong everywhere", func(o object) {
			for i := range 20 {
				rule(o, i)["ingress"] = []any{"initech-chat/web"}
				rule(o, i)["domain"] = []any{"*"}
			}
		}},
		{"no rules", func(o object) { delete(spec(o), "matchRules") }},
	}
}

// pluginReviews are the ordinary plugin created and updated, and with each
// defect.
func pluginReviews() ([]json.RawMessage, error) {
	requests := []*admissionv1.AdmissionRequest{pluginRequest(plugin(), nil), pluginRequest(plugin(), plugin())}
	for _, d := range defects() {
		o := plugin()
		d.apply(o)
		requests = append(requests, pluginRequest(o, nil))
	}
	return marshalReviews(requests)
}

func pluginRequest(o, old object) *admissionv1.AdmissionRequest {
	return request(o, old, "wasmplugins", authenticationv1.UserInfo{
		Username: "system:serviceaccount:tollgate-system:tollgate-controller",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system", "system:authenticated"},
	})
}

// request is a create, or an update where there is an old object.
func request(o, old object, resource string, user authenticationv1.UserInfo) *admissionv1.AdmissionRequest {
	group, version, found := strings.Cut(o["apiVersion"].(string), "/")
	if !found {
		group, version = "", group
	}
	meta := o["metadata"].(object)
	namespace, _ := meta["namespace"].(string)
	name, _ := meta["name"].(string)
	dryRun := false
	kind := metav1.GroupVersionKind{Group: group, Version: version, Kind: o["kind"].(string)}
	gvr := metav1.GroupVersionResource{Group: group, Version: version, Resource: resource}
	req := &admissionv1.AdmissionRequest{
		UID: types.UID("705ab4f5-6393-11e8-b7cc-42010a800002"), Kind: kind, Resource: gvr, RequestKind: &kind, RequestResource: &gvr,
		Name: name, Namespace: namespace, Operation: admissionv1.Create, UserInfo: user, DryRun: &dryRun,
		Object: raw(o),
	}
	if old != nil {
		req.Operation, req.OldObject = admissionv1.Update, raw(old)
	}
	return req
}

// raw panics on what cannot be JSON: the objects are this program's own.
func raw(o object) runtime.RawExtension {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return runtime.RawExtension{Raw: b}
}

func marshalReviews(requests []*admissionv1.AdmissionRequest) ([]json.RawMessage, error) {
	var reviews []json.RawMessage
	for _, req := range requests {
		b, err := json.Marshal(&admissionv1.AdmissionReview{
			TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
			Request:  req,
		})
		if err != nil {
			return nil, fmt.Errorf("encoding a review: %w", err)
		}
		reviews = append(reviews, b)
	}
	return reviews, nil
}
