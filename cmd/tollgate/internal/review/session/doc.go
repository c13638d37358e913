// Package session prepares a review: the settings, the policies in force, the
// kinds of objects, what exists, and the judge over them. It then takes sets of
// objects through it. It is called by tollgate review and its suites.
package session
