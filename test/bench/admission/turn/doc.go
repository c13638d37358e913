// Package turn lets engines be compared that cannot be linked into one program:
// each runs in a process of its own, with the heap that it needs and no other,
// and is told over its standard input when it is its turn. Whoever compares
// them holds the other ends (Start); an engine's program serves (Serve).
//
// It is a module without dependencies, because the engines' dependencies
// exclude each other: OPA needs a version of a package that Kyverno does not
// compile with.
package turn
