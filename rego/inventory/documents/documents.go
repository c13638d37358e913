// Package documents names the documents below data.tollgate, so that a policy
// that misspells one is refused instead of reading something undefined. Package
// inventory serves them; package policy holds policies against the names.
package documents

// Names of the documents below data.tollgate, sorted.
func Names() []string {
	return []string{
		"attached_route",
		"classless_ingress",
		"domain_claims",
		"gateway",
		"gateway_class",
		"granted",
		"group_in",
		"guarded",
		"host_owner",
		"host_route",
		"ingress_class",
		"mcp_service",
		"model_users",
		"namespace",
		"namespace_claims",
		"namespace_owner",
		"organization",
		"price_table",
		"priced",
		"project",
		"project_in",
		"route",
		"secret_user",
		"settings",
		"tenant_claims",
		"tenant_rule",
		"user_in",
		"wasm_plugin",
	}
}
