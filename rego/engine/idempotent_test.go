package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/rego/engine"
)

// settles applies what the mutation policies want of a review and asks them
// again: nil says that they then want nothing, so that reinvocation and a second
// apply change nothing.
func settles(ctx context.Context, s *engine.Snapshot, in engine.Input) error {
	patches, failures := s.Mutate(ctx, in)
	if len(failures) > 0 {
		return fmt.Errorf("mutating: %s", failures[0].Message)
	}
	object, err := patched(in.Request.Object.Raw, patches)
	if err != nil {
		return err
	}
	again := *in.Request
	again.Object = runtime.RawExtension{Raw: object}
	next, err := engine.NewInput(&again, in.Subject)
	if err != nil {
		return fmt.Errorf("reading the mutated object: %w", err)
	}
	patches, failures = s.Mutate(ctx, next)
	if len(failures) > 0 {
		return fmt.Errorf("mutating again: %s", failures[0].Message)
	}
	if len(patches) > 0 {
		return fmt.Errorf("the mutated object is to be mutated again: %s of %s", patches[0].Op, patches[0].Path)
	}
	return nil
}

// patched is an object's JSON with patches applied.
func patched(object []byte, patches []engine.Patch) ([]byte, error) {
	if len(patches) == 0 {
		return object, nil
	}
	raw, err := json.Marshal(patches)
	if err != nil {
		return nil, fmt.Errorf("writing the patches: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the patches: %w", err)
	}
	out, err := patch.Apply(object)
	if err != nil {
		return nil, fmt.Errorf("applying the patches: %w", err)
	}
	return out, nil
}

// TestAPolicyThatDoesNotSettleIsFound: one that changes its own work.
func TestAPolicyThatDoesNotSettleIsFound(t *testing.T) {
	s := started(t, mutation("a", `mutation contains {"op": "add", "path": "/data/k", "value": concat("", [input.review.object.data.k, "x"])} if true`)).Snapshot()
	if err := settles(t.Context(), s, create(t, configMap)); err == nil || !strings.Contains(err.Error(), "/data/k") {
		t.Errorf("error %v", err)
	}
}
