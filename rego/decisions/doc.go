// Package decisions writes what admission decided, one structured line per
// review: who asked for what, the verdict, and for refusals the object with its
// secrets masked. Writing never delays a review: a full queue drops lines and
// counts them.
//
// The admission pipeline hands decisions in; cmd gives the handler.
package decisions
