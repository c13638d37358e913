// Package baseline holds the policies that Tollgate brings: Rego files, one
// concern each, with what they refuse, why and the way out in their METADATA
// comment, and their tests beside them.
//
//	lib/<name>.rego                     what several policies ask (data.tollgate.lib.<name>)
//	policies/<area>/<id>.rego           a policy
//	policies/<area>/<id>_test.rego      its tests, run by `go test`
//
// The webhook, `tollgate review` and the audit load them with Policies and hand
// them to the engine; an administrator changes their enforcement and parameters
// in the settings file.
package baseline
