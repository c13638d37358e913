// Package decisions writes what admission decided, one structured line per
// review: who asked for what, the verdict, and for refusals the object with its
// secrets masked. Of what passes it writes a sample; refusals lose their objects
// and then their lines where one second has too many. Writing never delays a
// review: a full queue drops lines. What is missing is counted.
//
// The admission pipeline hands decisions in; cmd gives the handler.
package decisions
