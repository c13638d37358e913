package session

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
)

// Asks are the configurations of the webhook: those that Tollgate comes with,
// but for the kinds of configuration that are given.
func Asks(given []manifest.Document) (*dispatch.Configurations, []manifest.Problem, error) {
	c, err := dispatch.Default()
	if err != nil {
		return nil, nil, err
	}
	objects := make([]*unstructured.Unstructured, len(given))
	for i := range given {
		objects[i] = given[i].Object
	}
	var problems []manifest.Problem
	for i, err := range c.Use(objects) {
		if err != nil {
			problems = append(problems, manifest.Problem{File: given[i].File, Line: given[i].Line, Err: err})
		}
	}
	return c, problems, nil
}
