// Package suite runs folders of cases: one manifest per file, with who applies
// it and what must become of it. It is called by tollgate review --suite, and by
// tests that run a folder as subtests.
package suite
