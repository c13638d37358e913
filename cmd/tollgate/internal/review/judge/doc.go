// Package judge takes an object through what the API server and Tollgate's
// webhook would do with it: reading, defaulting, mutation, validation, verdict.
// The policies are asked through rego/admission, as the webhook asks them. It is
// called by tollgate review and by its suites.
package judge
