// Package settingsfile reads the settings of admission from a file, and again
// when the file changes, as a mounted ConfigMap does.
//
// It is called by cmd/tollgate.
package settingsfile
