package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	basecompatibility "k8s.io/component-base/compatibility"
	"sigs.k8s.io/metrics-server/pkg/api"
	generatedopenapi "sigs.k8s.io/metrics-server/pkg/api/generated/openapi"
	"sigs.k8s.io/metrics-server/pkg/storage"

	"tollgate.dev/tollgate/apiserver"
)

const resolution = 15 * time.Second

// startPeer serves metrics-server's PodMetrics from its own storage on a free
// port, from a generic server with the options of ours.
func startPeer(ctx context.Context, kubeconfig string) (target, error) {
	opts := apiserver.NewOptions()
	r := opts.Recommended
	r.CoreAPI.CoreAPIKubeconfigPath = kubeconfig
	r.Authentication.RemoteKubeConfigFile = kubeconfig
	r.Authorization.RemoteKubeConfigFile = kubeconfig
	port, err := listen(opts)
	if err != nil {
		return target{}, err
	}
	if err := r.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
		return target{}, fmt.Errorf("making a certificate: %w", err)
	}
	cfg := genericapiserver.NewRecommendedConfig(api.Codecs)
	namer := openapinamer.NewDefinitionNamer(api.Scheme)
	cfg.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(generatedopenapi.GetOpenAPIDefinitions, namer)
	cfg.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(generatedopenapi.GetOpenAPIDefinitions, namer)
	cfg.EffectiveVersion = basecompatibility.NewEffectiveVersionFromString("1.37", "", "")
	for _, apply := range []func() error{
		func() error { return opts.Run.ApplyTo(&cfg.Config) },
		func() error { return r.CoreAPI.ApplyTo(cfg) },
		func() error { return r.SecureServing.ApplyToConfig(&cfg.Config) },
		func() error {
			return r.Authentication.ApplyTo(&cfg.Authentication, cfg.SecureServing, cfg.OpenAPIConfig)
		},
		func() error { return r.Authorization.ApplyTo(&cfg.Authorization) },
		func() error {
			client, err := kubernetes.NewForConfig(cfg.ClientConfig)
			if err != nil {
				return err
			}
			return r.Features.ApplyTo(&cfg.Config, client, cfg.SharedInformerFactory)
		},
	} {
		if err := apply(); err != nil {
			return target{}, fmt.Errorf("configuring metrics-server's generic server: %w", err)
		}
	}
	server, err := cfg.Complete().New("metrics-server", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return target{}, fmt.Errorf("making metrics-server's generic server: %w", err)
	}
	pods, metrics := pods()
	nodes := corelisters.NewNodeLister(cache.NewIndexer(cache.MetaNamespaceKeyFunc, nil))
	if err := api.Install(metrics, pods, nodes, server, nil); err != nil {
		return target{}, fmt.Errorf("installing metrics.k8s.io: %w", err)
	}
	go func() {
		if err := server.PrepareRun().RunWithContext(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "metrics-server's server:", err)
		}
	}()
	return target{name: "podmetrics", url: fmt.Sprintf("https://127.0.0.1:%d/apis/metrics.k8s.io/v1beta1/pods", port)}, nil
}

// pods returns as many pods as there are budgets, of one container each, with
// two points of metrics, as scraping leaves them.
func pods() (cache.GenericLister, storage.Storage) {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	store := storage.NewStorage(resolution)
	now := time.Now()
	for _, at := range []time.Time{now.Add(-resolution), now} {
		batch := &storage.MetricsBatch{Pods: map[types.NamespacedName]storage.PodMetricsPoint{}}
		for i := range objects {
			name := types.NamespacedName{Namespace: fmt.Sprintf("namespace-%d", i%10), Name: fmt.Sprintf("pod-%05d", i)}
			_ = indexer.Add(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Namespace: name.Namespace, Name: name.Name, Labels: map[string]string{"app": "bench", "pod-template-hash": "5d4f8c7b9"},
			}})
			batch.Pods[name] = storage.PodMetricsPoint{Containers: map[string]storage.MetricsPoint{"main": {
				StartTime: now.Add(-time.Hour), Timestamp: at,
				CumulativeCPUUsed: uint64(at.Sub(now.Add(-time.Hour)).Nanoseconds()) / 7, MemoryUsage: uint64(i+1) << 12,
			}}}
		}
		store.Store(batch)
	}
	return cache.NewGenericLister(indexer, corev1.Resource("pods")), store
}
