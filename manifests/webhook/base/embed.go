// Package base holds the webhook's configurations of this folder, which say what
// a cluster asks the webhook about. It is read by tollgate review.
package base

import "embed"

//go:embed validating.yaml mutating.yaml
var files embed.FS

// Files are the configurations: validating.yaml and mutating.yaml.
func Files() embed.FS { return files }
