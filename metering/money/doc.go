// Package money holds amounts of US dollars as integers.
//
// Everything that Tollgate counts, limits or compares is an Amount: an int64
// of nano-USD (10^-9 dollars). Decimal strings stand at the edges (specs,
// answers, tables) and floats stand nowhere.
//
// It is used by every package that touches money, the Wasm guards included, so
// it imports the standard library only.
package money
