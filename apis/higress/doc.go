// Package higress has no code: the types of Higress's resources stand in the
// packages below it, one per API group and version. Its test holds their CRDs
// against Higress's own.
package higress
