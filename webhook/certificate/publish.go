package certificate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// configuration is one webhook configuration, as far as certificates go.
type configuration struct {
	kind            string
	resourceVersion string
	bundles         [][]byte // one per webhook
	patch           func(ctx context.Context, patch []byte) error
}

// configurations reads both. What could be read is returned beside an error.
func (r *Rotator) configurations(ctx context.Context) ([]configuration, error) {
	var found []configuration
	var errs []error
	api, name := r.c.Client.AdmissionregistrationV1(), r.c.Configuration
	options := metav1.PatchOptions{FieldManager: manager}
	if v, err := api.ValidatingWebhookConfigurations().Get(ctx, name, metav1.GetOptions{}); err != nil {
		errs = append(errs, fmt.Errorf("reading the ValidatingWebhookConfiguration %s: %w", name, err))
	} else {
		found = append(found, configuration{
			kind: "ValidatingWebhookConfiguration", resourceVersion: v.ResourceVersion,
			bundles: bundles(v.Webhooks, func(w admissionregistrationv1.ValidatingWebhook) []byte { return w.ClientConfig.CABundle }),
			patch: func(ctx context.Context, patch []byte) error {
				_, err := api.ValidatingWebhookConfigurations().Patch(ctx, name, types.JSONPatchType, patch, options)
				return err
			},
		})
	}
	if m, err := api.MutatingWebhookConfigurations().Get(ctx, name, metav1.GetOptions{}); err != nil {
		errs = append(errs, fmt.Errorf("reading the MutatingWebhookConfiguration %s: %w", name, err))
	} else {
		found = append(found, configuration{
			kind: "MutatingWebhookConfiguration", resourceVersion: m.ResourceVersion,
			bundles: bundles(m.Webhooks, func(w admissionregistrationv1.MutatingWebhook) []byte { return w.ClientConfig.CABundle }),
			patch: func(ctx context.Context, patch []byte) error {
				_, err := api.MutatingWebhookConfigurations().Patch(ctx, name, types.JSONPatchType, patch, options)
				return err
			},
		})
	}
	return found, errors.Join(errs...)
}

func bundles[W any](webhooks []W, bundle func(W) []byte) [][]byte {
	all := make([][]byte, len(webhooks))
	for i, w := range webhooks {
		all[i] = bundle(w)
	}
	return all
}

// allHave tells whether every webhook of every configuration has the bundle.
func allHave(all []configuration, bundle []byte) bool {
	for _, c := range all {
		if len(c.missing(bundle)) > 0 {
			return false
		}
	}
	return true
}

// missing returns the indexes of the webhooks that have another bundle.
func (c configuration) missing(bundle []byte) []int {
	var at []int
	for i, has := range c.bundles {
		if !bytes.Equal(has, bundle) {
			at = append(at, i)
		}
	}
	return at
}

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// publish writes the bundle into the webhooks that have another. A patch of
// these fields alone leaves alone what newer versions of the API added, and the
// test makes it fail if somebody wrote in between.
func (r *Rotator) publish(ctx context.Context, all []configuration, bundle []byte) error {
	var errs []error
	for _, c := range all {
		at := c.missing(bundle)
		if len(at) == 0 {
			continue
		}
		patch := []operation{{Op: "test", Path: "/metadata/resourceVersion", Value: c.resourceVersion}}
		for _, i := range at {
			patch = append(patch, operation{Op: "add", Path: fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", i), Value: bundle})
		}
		raw, err := json.Marshal(patch)
		if err != nil {
			return fmt.Errorf("encoding a patch: %w", err)
		}
		if err := c.patch(ctx, raw); err != nil {
			errs = append(errs, fmt.Errorf("writing the authority into the %s %s: %w", c.kind, r.c.Configuration, err))
		}
	}
	return errors.Join(errs...)
}
