# METADATA
# title: WasmPlugins
# description: >-
#   The parts of a WasmPlugin that several policies judge: the platform's names, the module's URL, the rules that count.
package tollgate.lib.plugin

settings := data.tollgate.settings

# guard holds for the names of the platform's guards.
guard(name) if name in guards

# guards are the names for which guard holds.
guards := ({name | some name in settings.plugins.guards} | {name | some name in settings.plugins.required}) | {name | name := settings.plugins.identityHeaders; name != ""}

# platform holds for the names of the platform's further plugins.
platform(name) if name in settings.plugins.platform

# in_gateway holds for the one namespace where Higress reads plugins.
in_gateway(plugin) if object.get(plugin.metadata, "namespace", "") == settings.gateway.namespace

# module takes spec.url apart when it is written in the plain way, as an image's reference or an http(s) URL. The
# repository has no tag and no digest; the digest is "" when neither the URL nor spec.sha256 has one. An image without a
# host in front comes from Docker Hub.
module(spec) := {"scheme": "oci", "repository": repository, "tag": parts[5], "digest": digest(spec, parts[6])} if {
	parts := regex.find_all_string_submatch_n(image, spec.url, 1)[0]
	repository := canonical(parts[2], parts[4])
}

module(spec) := {"scheme": lower(parts[1]), "repository": concat("", [lower(parts[2]), parts[3]]), "tag": "", "digest": digest(spec, "")} if {
	parts := regex.find_all_string_submatch_n(`^((?i)https?)://([a-zA-Z0-9.-]+(?::[0-9]+)?)((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)$`, spec.url, 1)[0]
}

image := `^(?i:oci://)?(([a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]+)?)((?:/[a-z0-9][a-z0-9._-]*)*))(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@sha256:([0-9a-f]{64}))?$`

digest(_, in_url) := concat("", ["sha256:", in_url]) if in_url != ""

digest(spec, "") := concat("", ["sha256:", spec.sha256]) if regex.match(`^[0-9a-f]{64}$`, spec.sha256)

digest(spec, "") := "" if not regex.match(`^[0-9a-f]{64}$`, object.get(spec, "sha256", ""))

canonical(host, path) := concat("", [lower(host), path]) if {
	path != ""
	registry(host)
}

canonical(host, path) := concat("", ["docker.io/", host, path]) if {
	path != ""
	not registry(host)
}

canonical(host, "") := concat("", ["docker.io/library/", host]) if not registry(host)

# A first part with a dot or a port, or localhost, is a registry's host; any other belongs to the path.
registry(host) if regex.match(`[.:]|^localhost$`, host)

# names are what a plugin may be called by: the last part of its repository, the object's name without the console's
# endings, the console's label.
names(plugin) := ({name |
	parts := split(module(plugin.spec).repository, "/")
	name := parts[count(parts) - 1]
} | {name |
	name := regex.replace(plugin.metadata.name, `(\.internal|-[0-9]+\.[0-9]+\.[0-9]+)$`, "")
}) | {name |
	name := plugin.metadata.labels["higress.io/wasm-plugin-name"]
}

# priority is spec.priority, null when there is none.
priority(spec) := object.get(spec, "priority", null)

# rules are [index, rule] of the rules that Higress looks at: one with configDisable: true is deleted before matching.
rules(spec) := [[i, rule] |
	some i, rule in object.get(spec, "matchRules", [])
	object.get(rule, "configDisable", false) != true
]

# configs are [path, configuration] of each configuration of a plugin, those of disabled rules too: one word enables them.
configs(spec) := array.concat(
	[[[key], spec[key]] | some key in ["pluginConfig", "defaultConfig"]; is_object(spec[key])],
	[[["matchRules", i, "config"], rule.config] | some i, rule in spec.matchRules; is_object(rule.config)],
)
