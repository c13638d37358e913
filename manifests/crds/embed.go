// Package crds holds the CustomResourceDefinitions of this folder, for programs
// that treat objects as the API server would. It is read by tollgate review.
package crds

import "embed"

//go:embed *.yaml
var files embed.FS

// Files are the definitions, one per file, beside kustomization.yaml.
func Files() embed.FS { return files }
