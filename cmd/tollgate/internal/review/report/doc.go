// Package report is what tollgate review found, and the formats it is written
// in: a table for people, JSON for programs, JUnit, SARIF and GitHub's workflow
// commands for CI. It is called by tollgate review.
package report
