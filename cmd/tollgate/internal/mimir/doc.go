// Package mimir opens the connection to Mimir by which usage is counted: its
// flags, its credentials, which are read from files and never shown, and a check
// that it is there.
//
// It is called by cmd/tollgate.
package mimir
