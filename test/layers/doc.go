// Package layers holds the import rules of the architecture: which folder may
// import which, and which packages stay light enough for a Wasm guard. It has
// no code of its own, only the test.
package layers
