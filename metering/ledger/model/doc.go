// Package model is the ledger's oracle: what docs/ledger.md says, in plain Go
// with int64 and math/big, in memory, for one organization.
//
// It knows nothing of Redis, of Lua or of how the scripts pack and add. Tests
// of package ledger run the same random sequences against it and against a real
// Redis and compare every answer and the whole state. Nothing else uses it.
package model
