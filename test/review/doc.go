// Package review runs the suites of test/escapes and test/bystanders through
// tollgate review. It has no code of its own, only the test.
package review
