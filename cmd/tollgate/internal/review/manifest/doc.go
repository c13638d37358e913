// Package manifest reads Kubernetes objects from files, folders and stdin, as
// kubectl does, and knows the line and column of every field.
//
// What kubectl would drop without a word (a second document behind the first, a
// key given twice, a file that is cut short) is an error here: what is not read
// is not judged. It is called by tollgate review and tollgate policies.
package manifest
