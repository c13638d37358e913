# METADATA
# title: Headers of the platform
# description: >-
#   Headers in which the gateway's plugins tell each other who calls and what was decided.
#   Source: Higress contract 10.4, and section 1 (11, 24, 25).
package tollgate.lib.headers

identity := {"x-mse-consumer", "x-dev-group", "x-dev-user", "authorization", "proxy-authorization", "x-hi-original-auth"}

upstream := {"host", ":authority", ":path", ":method", ":scheme"}

prefixes := ["x-envoy-", "x-higress-", "x-tollgate-", "x-mse-", "x-hi-original-"]

# kept: a route may not set or remove the header.
kept(name) if lower(name) in identity

kept(name) if lower(name) in upstream

kept(name) if strings.any_prefix_match(lower(name), prefixes)

# trusted: a route may not be chosen by the header. The model that model-router
# found is there to choose routes by, and Authorization is the client's own.
trusted(name) if {
	lower(name) in identity
	not lower(name) in {"authorization", "proxy-authorization"}
}

trusted(name) if {
	strings.any_prefix_match(lower(name), prefixes)
	not lower(name) in {"x-higress-llm-model", "x-higress-llm-model-final"}
}
