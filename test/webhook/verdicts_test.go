package webhook_test

import "testing"

// TestVerdicts is what one cluster answers, in the parts below.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	w := start(t, optionsOfVerdicts())
	for _, part := range []struct {
		name string
		run  func(*world)
	}{
		{"refusals have causes", refusals},
		{"no drift", drift},
		{"no drift of routes", driftOfRoutes},
		{"asked again after others", reinvoked},
		{"edges", edges},
		{"backstop", backstop},
		{"large objects", largeObjects},
		{"policies of users", userPolicies},
		{"whole kinds", wholeKinds},
		{"policies of Gatekeeper", importedPolicies},
		{"secrets", secrets},
		{"deletion of a namespace", namespaceDeletion},
		{"changed settings", changedSettings},
		{"observed", observed},
	} {
		if !t.Run(part.name, func(t *testing.T) { own := *w; own.t = t; part.run(&own) }) {
			t.Log("what follows may fail because of it")
		}
	}
}
