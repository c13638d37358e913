// Package settings holds what an administrator says about the platform, so that
// policies can judge: where the gateway is, who the administrators and the
// system's own accounts are, which plugins, registries and annotations are
// allowed, and how each policy of the baseline is enforced.
//
// It is one YAML file, the same for `tollgate webhook`, `tollgate review` and
// the audit, which load it with Load. Policies read it as
// data.tollgate.settings, under the names of the JSON fields; every field is
// always there.
package settings
