# What Tollgate's inventory keeps ready, asked of data.inventory as a Gatekeeper user has to: by looking through objects
# where no name is known. @settings@ is replaced by the settings as JSON.
package lib.tollgate

# The union keeps OPA from taking the settings' types for those of every possible settings.
settings := object.union(
@settings@
	, {},
)

organization[name] := {
	"name": name,
	"domains": object.get(found.spec, "domains", []),
	"pluginRegistries": object.get(found.spec, "pluginRegistries", []),
	"priceTable": object.get(found.spec, "priceTable", "default"),
	"budget": object.get(found.spec, ["budget", "limit"], null),
	"budgetPeriod": object.get(found.spec, ["budget", "period"], null),
} if {
	some name
	found := data.inventory.cluster["tollgate.dev/v1alpha1"].Organization[name]
}

namespace_owner[namespace] := name if {
	some name, found in data.inventory.cluster["tollgate.dev/v1alpha1"].Organization
	some namespace in found.spec.namespaces
}

host_owner(host) := name if {
	some name, found in data.inventory.cluster["tollgate.dev/v1alpha1"].Organization
	some domain in found.spec.domains
	covers(domain, host)
}

covers(domain, host) if domain == host

covers(domain, host) if {
	startswith(domain, "*.")
	endswith(host, substring(domain, 1, -1))
}

namespace_claims(namespace) := [name |
	some name, found in data.inventory.cluster["tollgate.dev/v1alpha1"].Organization
	namespace in found.spec.namespaces
]

domain_claims(domain) := [name |
	some name, found in data.inventory.cluster["tollgate.dev/v1alpha1"].Organization
	some other in found.spec.domains
	overlap(other, domain)
]

overlap(one, other) if covers(one, other)

overlap(one, other) if covers(other, one)

tenant_claims(tenant) := [name |
	some name, found in data.inventory.cluster["tollgate.dev/v1alpha1"].Organization
	object.get(found.spec, "mimirTenant", name) == tenant
]

project[organization_][name] := {"namespace": namespace} if {
	some namespace, name
	found := data.inventory.namespace[namespace]["tollgate.dev/v1alpha1"].Project[name]
	organization_ := found.spec.organization
	namespace_owner[namespace] == organization_
}

priced[table][model] := true if {
	some table
	some entry in data.inventory.cluster["tollgate.dev/v1alpha1"].PriceTable[table].spec.models
	model := entry.model
}

model_users(model) := [user |
	some namespace, name
	found := data.inventory.namespace[namespace]["tollgate.dev/v1alpha1"].Project[name]
	namespace_owner[namespace] == found.spec.organization
	some group in found.spec.groups
	some allowed in group.models
	allows(allowed, model)
	user := concat("/", [namespace, name])
]

allows(allowed, model) if allowed == model

allows(allowed, model) if {
	endswith(allowed, "*")
	startswith(model, trim_suffix(allowed, "*"))
}

namespace[name] := found.metadata if {
	some name
	found := data.inventory.cluster.v1.Namespace[name]
}

ingress_class[name] := found.spec if {
	some name
	found := data.inventory.cluster["networking.k8s.io/v1"].IngressClass[name]
}

gateway(name) := {"higress": higress(found.spec.gatewayClassName), "listeners": [{"name": l.name, "hostname": object.get(l, "hostname", "*")} | some l in found.spec.listeners]} if {
	parts := split(name, "/")
	found := data.inventory.namespace[parts[0]]["gateway.networking.k8s.io/v1"].Gateway[parts[1]]
}

higress(class) if startswith(data.inventory.cluster["gateway.networking.k8s.io/v1"].GatewayClass[class].spec.controllerName, "higress.io/gateway-controller")

host_route(host) := array.concat(
	[route_ |
		some namespace_, name
		found := data.inventory.namespace[namespace_]["networking.k8s.io/v1"].Ingress[name]
		some rule in found.spec.rules
		any_host(object.get(rule, "host", "")) == host
		found.spec.ingressClassName in settings.gateway.ingressClasses
		some path in rule.http.paths
		route_ := {
			"kind": "Ingress", "namespace": namespace_, "name": name, "organization": owner(namespace_),
			"path": path.path, "pathType": path.pathType, "canary": is_canary(found), "metered": reaches_provider(found),
		}
	],
	[route_ |
		some namespace_, name
		found := data.inventory.namespace[namespace_]["gateway.networking.k8s.io/v1"].HTTPRoute[name]
		some hostname in found.spec.hostnames
		any_host(hostname) == host
		some rule in found.spec.rules
		some match in rule.matches
		route_ := {
			"kind": "HTTPRoute", "namespace": namespace_, "name": name, "organization": owner(namespace_),
			"path": match.path.value, "pathType": match.path.type, "canary": false, "metered": false,
		}
	],
)

attached_route(key) := [attached |
	some namespace_, name
	found := data.inventory.namespace[namespace_]["gateway.networking.k8s.io/v1"].HTTPRoute[name]
	some parent in found.spec.parentRefs
	concat("/", [object.get(parent, "namespace", namespace_), parent.name]) == key
	attached := {
		"kind": "HTTPRoute", "namespace": namespace_, "name": name, "organization": owner(namespace_),
		"labelled": object.get(found.metadata, ["labels", "tollgate.dev/organization"], "") == owner(namespace_),
	}
]

any_host(host) := "*" if host in {"", "*"}

any_host(host) := trim_suffix(lower(host), ".") if not host in {"", "*"}

owner(namespace_) := name if {
	name := namespace_owner[namespace_]
} else := ""

route(name) := {"kind": "Ingress", "namespace": parts[0], "name": parts[1], "organization": owner(parts[0]), "metered": reaches_provider(found)} if {
	parts := split(name, "/")
	found := data.inventory.namespace[parts[0]]["networking.k8s.io/v1"].Ingress[parts[1]]
}

default is_canary(_) := false

is_canary(found) if {
	some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
	found.metadata.annotations[concat("", [prefix, "canary"])] != "false"
}

default reaches_provider(_) := false

reaches_provider(found) if found.metadata.annotations["higress.io/destination"] != ""

reaches_provider(found) if {
	some rule in found.spec.rules
	some path in rule.http.paths
	path.backend.resource.kind == "McpBridge"
}

guarded[plugin][name] := true if {
	some plugin, found in data.inventory.namespace[settings.gateway.namespace]["extensions.higress.io/v1alpha1"].WasmPlugin
	some rule in found.spec.matchRules
	object.get(rule, "configDisable", false) == false
	count(object.get(rule, "domain", [])) == 0
	count(object.get(rule, "service", [])) == 0
	some name in rule.ingress
}

wasm_plugin[name] := {"phase": object.get(found.spec, "phase", ""), "priority": object.get(found.spec, "priority", null), "failStrategy": object.get(found.spec, "failStrategy", "")} if {
	some name
	found := data.inventory.namespace[settings.gateway.namespace]["extensions.higress.io/v1alpha1"].WasmPlugin[name]
}

mcp_service[host] := {"owner": object.get(registry, ["metadata", "tollgate.dev", "innerMap", "organization"], "")} if {
	some registry in data.inventory.namespace[settings.gateway.namespace]["networking.higress.io/v1"].McpBridge["default"].spec.registries
	host := lower(concat(".", [registry.name, registry.type]))
}

granted[from_namespace][to_namespace] contains {"fromGroup": from.group, "fromKind": from.kind, "toGroup": to.group, "toKind": to.kind, "toName": object.get(to, "name", "")} if {
	some to_namespace
	some grant in data.inventory.namespace[to_namespace]["gateway.networking.k8s.io/v1beta1"].ReferenceGrant
	some from in grant.spec.from
	some to in grant.spec.to
	from_namespace := from.namespace
}

# TLS of Ingresses, which name Secrets of their own namespace.
secret_user(secret) := users if {
	parts := split(secret, "/")
	users := [user |
		some name, found in data.inventory.namespace[parts[0]]["networking.k8s.io/v1"].Ingress
		found.spec.ingressClassName in settings.gateway.ingressClasses
		some tls in found.spec.tls
		tls.secretName == parts[1]
		user := sprintf("Ingress %s/%s (TLS)", [parts[0], name])
	]
}

# subject is whose object it is and who asks.
subject := {
	"organization": organization_name,
	"standing": standing,
	"inGateway": in_gateway,
	"unowned": unowned,
	"terminating": terminating,
}

default in_gateway := false

in_gateway if input.review.namespace == settings.gateway.namespace

default unowned := false

unowned if {
	input.review.namespace != ""
	not in_gateway
	organization_name == ""
}

default terminating := false

terminating if data.inventory.cluster.v1.Namespace[input.review.namespace].status.phase == "Terminating"

organization_name := name if {
	not in_gateway
	name := namespace_owner[input.review.namespace]
} else := name if {
	in_gateway
	name := labelled.metadata.labels["tollgate.dev/organization"]
} else := ""

labelled := input.review.object if input.review.operation == "CREATE"

labelled := input.review.oldObject if input.review.operation != "CREATE"

standing := "Admin" if {
	among(settings.admins)
} else := "System" if {
	among(settings.system)
} else := "Controller" if {
	among(settings.controller)
} else := "Console" if {
	among(settings.console)
} else := "Member" if {
	among(data.inventory.cluster["tollgate.dev/v1alpha1"].Organization[organization_name].spec.members)
} else := "Member" if {
	account := split(input.review.userInfo.username, ":")
	array.slice(account, 0, 2) == ["system", "serviceaccount"]
	namespace_owner[account[2]] == organization_name
} else := "Delegate" if {
	among(data.inventory.cluster["tollgate.dev/v1alpha1"].Organization[organization_name].spec.delegates)
} else := "Stranger"

among(subjects) if input.review.userInfo.username in subjects.users

among(subjects) if {
	some group in input.review.userInfo.groups
	group in subjects.groups
}
