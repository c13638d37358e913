package apiserver

import (
	"fmt"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
)

// applyFeatures sets up profiling and priority and fairness, whose informers
// the generic server starts.
func applyFeatures(opts *Options, generic *genericapiserver.RecommendedConfig) error {
	client, err := kubernetes.NewForConfig(generic.ClientConfig)
	if err != nil {
		return fmt.Errorf("making a client for priority and fairness: %w", err)
	}
	if err := opts.Recommended.Features.ApplyTo(&generic.Config, client, generic.SharedInformerFactory); err != nil {
		return fmt.Errorf("setting up priority and fairness: %w", err)
	}
	return nil
}
