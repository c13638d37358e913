package crds

import (
	"path/filepath"
	"testing"

	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
)

func higressFile(name string) string {
	return filepath.Join("..", "..", "manifests", "higress-crds", name+".yaml")
}

// kube-apiserver takes the definitions of Higress's kinds, and with them
// whatever Higress's own take: nothing is required, and configurations are kept
// as they are.
func TestHigressDefinitions(t *testing.T) {
	for _, tt := range []struct {
		name, file, version string
		taken, refused      []string
	}{
		{
			name: "WasmPlugin", file: "extensions.higress.io_wasmplugins", version: "v1alpha1",
			taken: []string{
				`{}`,
				`{spec: {}}`,
				`{spec: {priority: null, defaultConfigDisable: false, defaultConfig: {a: {b: [1, null, x]}}, matchRules: [{}, {ingress: [a/b], config: {_match_route_: [x]}, configDisable: true}]}}`,
				`{spec: {url: x, phase: UNSPECIFIED_PHASE, failStrategy: FAIL_OPEN, imagePullPolicy: UNSPECIFIED_POLICY, vmConfig: {env: [{name: A, valueFrom: HOST}]}}, status: {anything: 1}}`,
			},
			refused: []string{`{spec: {phase: LATE}}`, `{spec: {priority: high}}`, `{spec: {matchRules: {}}}`, `{spec: {nonsense: 1}}`, `{spec: {defaultConfig: text}}`},
		},
		{
			name: "McpBridge", file: "networking.higress.io_mcpbridges", version: "v1",
			taken: []string{
				`{}`,
				`{spec: {registries: [{}, {name: llm, type: dns, domain: a.example, port: 443, protocol: https, metadata: {x: {innerMap: {a: b}}}, vport: {default: 1, services: [{name: a, value: 2}]}}], proxies: [{type: http}]}}`,
			},
			refused: []string{`{spec: {registries: [{port: "443"}]}}`, `{spec: {registries: [{nonsense: 1}]}}`},
		},
		{
			name: "Http2Rpc", file: "networking.higress.io_http2rpcs", version: "v1",
			taken:   []string{`{}`, `{spec: {dubbo: {service: s, methods: [{httpMethods: [GET], paramFromEntireBody: {paramType: t}}]}}}`, `{spec: {grpc: {}}}`},
			refused: []string{`{spec: {dubbo: {methods: [{httpMethods: GET}]}}}`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crd := loadFile(t, higressFile(tt.file))
			if errs := crdvalidation.ValidateCustomResourceDefinition(t.Context(), crd); len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			v := validatorOf(t, crd, tt.version)
			for _, text := range tt.taken {
				if errs := v.judge(t.Context(), parse(t, text), nil); len(errs) > 0 {
					t.Errorf("%s is refused: %v", text, errs.ToAggregate())
				}
			}
			for _, text := range tt.refused {
				if errs := v.judge(t.Context(), parse(t, text), nil); len(errs) == 0 {
					t.Errorf("%s is taken", text)
				}
			}
		})
	}
}
