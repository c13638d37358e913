// Package higresscrds holds the CustomResourceDefinitions of Higress's own
// kinds, written from the types in apis/higress, for programs that treat objects
// as the API server would. It is read by tollgate review. A cluster with Higress
// has its own.
package higresscrds

import "embed"

//go:embed *.yaml
var files embed.FS

// Files are the definitions, one per file.
func Files() embed.FS { return files }
