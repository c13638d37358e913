// Package match decides whether a policy is asked about a review: Gatekeeper's
// match block, compiled once per policy. The engine asks it before it evaluates
// anything.
package match
