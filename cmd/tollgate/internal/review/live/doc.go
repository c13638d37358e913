// Package live reads from a cluster what a review needs to know of it: the
// objects of the kinds that policies ask about, the policies in force, the
// definitions of custom resources, and the configurations of the webhook. It only
// lists. It is called by tollgate
// review --cluster.
package live
