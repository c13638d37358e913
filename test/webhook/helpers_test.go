package webhook_test

import (
	"fmt"
	"os"
	"strings"
)

// tail returns the end of a file.
func tail(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if len(raw) > 6000 {
		raw = raw[len(raw)-6000:]
	}
	return string(raw), err
}

// ingress is one of a class, with a host, in acme-chat.
func ingress(name, class, host string, lines ...string) string {
	meta := ""
	for _, l := range lines {
		meta += "\n  " + l
	}
	return fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: %s
  namespace: acme-chat%s
spec:
  ingressClassName: %s
  rules:
  - host: "%s"
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
`, name, meta, class, host)
}

// admissionPolicy is a policy of users on ConfigMaps or what else its match says.
func admissionPolicy(name, rego string, lines ...string) string {
	return fmt.Sprintf(`
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: %s}
spec:
  %s
  rego: |
    %s
`, name, strings.Join(lines, "\n  "), strings.ReplaceAll(strings.TrimSpace(rego), "\n", "\n    "))
}
