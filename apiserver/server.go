package apiserver

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"

	"tollgate.dev/tollgate/apiserver/encode"
	"tollgate.dev/tollgate/apiserver/gate"
	"tollgate.dev/tollgate/apiserver/openapi"
)

// Resource is one virtual resource.
type Resource struct {
	// Name in the path, plural: "budgets".
	Name string
	// Kind of its objects: "Budget".
	Kind string
	// FieldSelectors are the keys that its field selectors may hold.
	FieldSelectors []string
	// Storage answers get and list.
	Storage rest.Storage
}

// Group is one API group and version, and what is served in it.
type Group struct {
	Version schema.GroupVersion
	// AddToScheme registers the group's types.
	AddToScheme func(*runtime.Scheme) error
	Resources   []Resource
}

// Check is a named check of a backend. Its outcome gates nothing.
type Check struct {
	// Name is shown below /backends/.
	Name string
	// Check returns nil when the backend answers.
	Check func(ctx context.Context) error
}

// Config is what a server is made of.
type Config struct {
	Options *Options
	Groups  []Group
	// Ready returns nil when the server has what it needs to answer truly; it
	// gates readyz.
	Ready func() error
	// Backends are served below /backends/, beside readyz rather than in it.
	Backends []Check
	// Metrics is joined with the generic server's own metrics on /metrics.
	Metrics prometheus.Gatherer
	// Version of this binary, for OpenAPI.
	Version string
}

// Server is a server that is ready to run.
type Server struct {
	generic *genericapiserver.GenericAPIServer
}

// New assembles the server. It talks to kube-apiserver for the settings of
// delegated authentication, and listens, but serves nothing before Run.
func New(cfg Config) (*Server, error) {
	scheme, err := NewScheme(cfg.Groups)
	if err != nil {
		return nil, err
	}
	codecs := encode.NewCodecs(scheme)
	generic, err := genericConfig(cfg, scheme, codecs)
	if err != nil {
		return nil, err
	}
	server, err := generic.Complete().New("tollgate-apiserver", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, fmt.Errorf("making the generic API server: %w", err)
	}
	for _, g := range cfg.Groups {
		if err := install(server, g, scheme, codecs); err != nil {
			return nil, err
		}
	}
	installBackendChecks(server.Handler.NonGoRestfulMux, cfg.Backends)
	installMetrics(server.Handler.NonGoRestfulMux, cfg.Metrics)
	return &Server{generic: server}, nil
}

func install(server *genericapiserver.GenericAPIServer, g Group, scheme *runtime.Scheme, codecs *encode.Codecs) error {
	storages := map[string]rest.Storage{}
	for _, r := range g.Resources {
		storages[r.Name] = r.Storage
	}
	err := server.InstallAPIGroup(&genericapiserver.APIGroupInfo{
		PrioritizedVersions:          scheme.PrioritizedVersionsForGroup(g.Version.Group),
		VersionedResourcesStorageMap: map[string]map[string]rest.Storage{g.Version.Version: storages},
		OptionsExternalVersion:       &schema.GroupVersion{Version: "v1"},
		Scheme:                       scheme,
		ParameterCodec:               runtime.NewParameterCodec(scheme),
		NegotiatedSerializer:         codecs,
	})
	if err != nil {
		return fmt.Errorf("installing the API group %s: %w", g.Version.Group, err)
	}
	return nil
}

func genericConfig(cfg Config, scheme *runtime.Scheme, codecs *encode.Codecs) (*genericapiserver.RecommendedConfig, error) {
	opts := cfg.Options
	opts.kubeconfigForAll()
	generic := genericapiserver.NewRecommendedConfig(codecs.CodecFactory)
	generic.Serializer = codecs
	// First, because priority and fairness reads the limits that it sets.
	if err := opts.Run.ApplyTo(&generic.Config); err != nil {
		return nil, fmt.Errorf("applying the run options: %w", err)
	}
	namer, definitions := openapinamer.NewDefinitionNamer(scheme), openapi.New(scheme)
	generic.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions.V2, namer)
	generic.OpenAPIConfig.Info.Title, generic.OpenAPIConfig.Info.Version = "Tollgate metering", cfg.Version
	generic.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions.V3, namer)
	generic.OpenAPIV3Config.Info.Title, generic.OpenAPIV3Config.Info.Version = "Tollgate metering", cfg.Version
	if err := applyRecommended(opts, generic); err != nil {
		return nil, err
	}
	generic.Authentication.Authenticator = anonymousOnlyForHealth(generic.Authentication.Authenticator)
	generic.EnableMetrics = false // installMetrics serves more
	lists := gate.New(opts.ListedObjects)
	generic.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		return genericapiserver.DefaultBuildHandlerChain(notBeforeReady(lists.Handler(api), cfg.Ready, codecs), c)
	}
	if cfg.Ready != nil {
		generic.AddReadyzChecks(healthz.NamedCheck("tollgate-objects", func(*http.Request) error { return cfg.Ready() }))
	}
	return generic, nil
}

// applyRecommended does what RecommendedOptions.ApplyTo does, for the options
// that a server without etcd and admission has.
func applyRecommended(opts *Options, generic *genericapiserver.RecommendedConfig) error {
	r := opts.Recommended
	if len(r.SecureServing.ServerCert.CertKey.CertFile) == 0 {
		if err := r.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
			return fmt.Errorf("making a self-signed certificate (give --tls-cert-file and --tls-private-key-file instead): %w", err)
		}
	}
	if err := r.CoreAPI.ApplyTo(generic); err != nil {
		return fmt.Errorf("reading the kubeconfig (give --kubeconfig outside a cluster): %w", err)
	}
	if err := r.SecureServing.ApplyToConfig(&generic.Config); err != nil {
		return fmt.Errorf("setting up serving: %w", err)
	}
	if err := r.Authentication.ApplyTo(&generic.Authentication, generic.SecureServing, generic.OpenAPIConfig); err != nil {
		return fmt.Errorf("setting up delegated authentication: %w", err)
	}
	if err := r.Authorization.ApplyTo(&generic.Authorization); err != nil {
		return fmt.Errorf("setting up delegated authorization: %w", err)
	}
	if err := r.Audit.ApplyTo(&generic.Config); err != nil {
		return fmt.Errorf("setting up audit: %w", err)
	}
	return applyFeatures(opts, generic)
}

// Run serves until ctx is done, then shuts down: readyz fails at once, requests
// are answered for the shutdown delay, then those in flight are drained.
func (s *Server) Run(ctx context.Context) error {
	if err := s.generic.PrepareRun().RunWithContext(ctx); err != nil {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
