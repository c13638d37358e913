# METADATA
# title: Routes that reach a provider
# description: The fields by which a route reaches an LLM provider, so that its use is metered.
package tollgate.lib.metered

import data.tollgate.lib.annotations
import data.tollgate.lib.manifest
import data.tollgate.lib.routes

# fields are the fields by which the route reaches a provider.
fields := array.concat(by_annotation, array.concat(by_resource, by_reference))

by_annotation := [annotations.field(a.key) |
	input.review.kind.kind == "Ingress"
	some a in annotations.by_suffix.destination
]

by_resource := array.concat(
	[sprintf("spec.rules[%d].http.paths[%d].backend.resource", [i, j]) |
		input.review.kind.kind == "Ingress"
		some i, rule in input.review.object.spec.rules
		some j, path in rule.http.paths
		path.backend.resource != null
	],
	["spec.defaultBackend.resource" |
		input.review.kind.kind == "Ingress"
		manifest.set(input.review.object.spec.defaultBackend, "resource")
	],
)

by_reference := [backend.field |
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	some backend in routes.backends
	object.get(backend.ref, "group", "") in {"networking.istio.io", "networking.higress.io"}
]
