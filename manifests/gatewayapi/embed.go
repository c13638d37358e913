// Package gatewayapi holds the CustomResourceDefinitions of the Gateway API that
// Higress routes by, without their descriptions. They are data of the
// sigs.k8s.io/gateway-api module (Apache-2.0, The Kubernetes Authors); the test
// beside this file writes them, and holds them against the module.
//
// tollgate review completes routes by them. A cluster gets its own from the
// Gateway API's release.
package gatewayapi

import "embed"

//go:embed *.yaml
var files embed.FS

// Files are the definitions, one per file.
func Files() embed.FS { return files }
