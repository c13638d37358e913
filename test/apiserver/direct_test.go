package apiserver_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	openapi "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// direct is a client of the server itself, as a user whom kube-apiserver knows.
func direct(t *testing.T, r *rig.Rig, u cluster.User) *http.Client {
	t.Helper()
	cfg, err := r.Plane.Config(u)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Host, cfg.CAData = r.URL, r.CA.PEM()
	c, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// try is a GET that may fail.
func try(ctx context.Context, c *http.Client, url string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// fetch returns the status and the body of a GET.
func fetch(t *testing.T, c *http.Client, url, accept string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func asTable(t *testing.T, r *rig.Rig, path string) []byte {
	t.Helper()
	status, body := fetch(t, direct(t, r, cluster.Admin()), r.URL+path, "application/json;as=Table;v=v1;g=meta.k8s.io")
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
	return body
}

func anonymous(t *testing.T, r *rig.Rig) {
	c := r.HTTP()
	for path, want := range map[string]int{
		"/healthz": 200, "/livez": 200, "/readyz": 200,
		"/readyz/tollgate-objects": 401, "/livez/ping": 401, "/metrics": 401, "/backends": 401, "/apis": 401, "/openapi/v2": 401, "/version": 401, "/": 401,
		"/apis/metering.tollgate.dev/v1alpha1": 401, "/apis/metering.tollgate.dev/v1alpha1/budgets": 401,
	} {
		if got, _ := fetch(t, c, r.URL+path, "*/*"); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	// A name that kube-apiserver did not vouch for is nobody's.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/apis", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Remote-User", "admin")
	req.Header.Set("X-Remote-Group", "system:masters")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a forged X-Remote-User: %s", resp.Status)
	}
}

func operations(t *testing.T, r *rig.Rig) {
	admin := direct(t, r, cluster.Admin())
	answers(t, admin, r.URL+"/metrics",
		`tollgate_ledger_call_duration_seconds_count{op="nodes",outcome="ok"}`, `tollgate_list_rows_count{resource="budgets"}`,
		`tollgate_objects{kind="projects"} 4`, `tollgate_objects_synced{kind="pricetables"} 1`, "tollgate_directory_age_seconds",
		`tollgate_backend_up{backend="redis-default"} 1`, "apiserver_request_duration_seconds_bucket",
		`apiserver_flowcontrol_dispatched_requests_total{flow_schema="tollgate-metering",priority_level="tollgate-metering"}`, "process_resident_memory_bytes",
	)
	for path, want := range map[string]string{"/backends": "[+]redis-default ok", "/backends/redis-default": "ok"} {
		answers(t, admin, r.URL+path, want)
	}
	if status, _ := fetch(t, direct(t, r, alice()), r.URL+"/metrics", "*/*"); status != http.StatusForbidden {
		t.Errorf("alice reads /metrics: %d", status)
	}
	run(t, kubectl(t, r, alice()), "get", "budget", "chat", "-n", "acme-chat")
	audited(t, r, "get", "budgets")
	servedCertificate(t, r)
}

// answers waits for 200 with each part: checks of backends give up within seconds,
// and what they found is seen when they ran again.
func answers(t *testing.T, c *http.Client, url string, parts ...string) {
	t.Helper()
	eventually(t, func(context.Context) error {
		status, body := fetch(t, c, url, "*/*")
		if status != http.StatusOK {
			return fmt.Errorf("%s: %d %s", url, status, body)
		}
		for _, part := range parts {
			if !strings.Contains(string(body), part) {
				return fmt.Errorf("%s does not say %s", url, part)
			}
		}
		return nil
	})
}

// audited expects in the audit log what alice asked for, and no health checks.
func audited(t *testing.T, r *rig.Rig, verb, resource string) {
	t.Helper()
	eventually(t, func(context.Context) error {
		log, err := r.AuditLog()
		if err != nil {
			return err
		}
		for line := range strings.Lines(log) {
			if strings.Contains(line, "/healthz") {
				t.Errorf("audited: %s", line)
			}
			if strings.Contains(line, `"username":"alice"`) && strings.Contains(line, fmt.Sprintf(`"verb":%q`, verb)) && strings.Contains(line, fmt.Sprintf(`"resource":%q`, resource)) {
				return nil
			}
		}
		return fmt.Errorf("alice's %s of %s is not in the audit log", verb, resource)
	})
}

// servedCertificate replaces the files of the certificate and waits until the
// new one is served.
func servedCertificate(t *testing.T, r *rig.Rig) {
	serial := func() string {
		resp, err := r.HTTP().Get(r.URL + "/healthz")
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		var c *x509.Certificate = resp.TLS.PeerCertificates[0]
		return c.SerialNumber.String()
	}
	before := serial()
	if err := r.WriteCertificate(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(context.Context) error {
		if serial() == before {
			return fmt.Errorf("the certificate with serial %s is still served", before)
		}
		return nil
	})
}

// openAPI is the gate of documents that would break more than this group: no
// definition whose name holds a slash, no reference that leads nowhere.
func openAPI(t *testing.T, r *rig.Rig) {
	admin := direct(t, r, cluster.Admin())
	status, v2 := fetch(t, admin, r.URL+"/openapi/v2", "application/json")
	if status != http.StatusOK {
		t.Fatalf("v2: %d", status)
	}
	checkReferences(t, "v2", v2, "definitions", "parameters")
	status, raw := fetch(t, admin, r.URL+"/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
	var doc openapi.Document
	if err := proto.Unmarshal(raw, &doc); status != http.StatusOK || err != nil {
		t.Fatalf("v2 as protobuf: %d %v", status, err)
	}
	var names []string
	for _, d := range doc.GetDefinitions().GetAdditionalProperties() {
		names = append(names, d.GetName())
	}
	checkNames(t, "v2 as protobuf", names)
	status, v3 := fetch(t, admin, r.URL+"/openapi/v3/apis/metering.tollgate.dev/v1alpha1", "application/json")
	if status != http.StatusOK {
		t.Fatalf("v3: %d", status)
	}
	checkReferences(t, "v3", v3, "components")
	nullable(t, r, v2, v3)
	// What kube-apiserver makes of all documents together still answers.
	for _, path := range []string{"/openapi/v2", "/openapi/v3"} {
		if out, _ := run(t, r.Admin, "get", "--raw", path); !json.Valid([]byte(out)) {
			t.Errorf("kube-apiserver's %s is broken", path)
		}
	}
}

func checkNames(t *testing.T, what string, names []string) {
	t.Helper()
	if !slices.Contains(names, "dev.tollgate.metering.v1alpha1.Budget") {
		t.Errorf("%s does not define Budget, but %q", what, names)
	}
	for _, name := range names {
		if strings.ContainsAny(name, "/~") {
			t.Errorf("%s defines %q", what, name)
		}
	}
}

func checkReferences(t *testing.T, what string, raw []byte, sections ...string) {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	definitions, _ := doc["definitions"].(map[string]any)
	if components, ok := doc["components"].(map[string]any); ok {
		definitions, _ = components["schemas"].(map[string]any)
	}
	var names []string
	for name := range definitions {
		names = append(names, name)
	}
	checkNames(t, what, names)
	references := 0
	walk(doc, func(ref string) {
		references++
		at := any(doc)
		parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		if !slices.Contains(sections, parts[0]) || strings.Contains(ref, "~1") {
			t.Errorf("%s refers to %q", what, ref)
		}
		for _, part := range parts {
			m, _ := at.(map[string]any)
			if at = m[part]; at == nil {
				t.Errorf("%s: %q leads nowhere", what, ref)
				return
			}
		}
	})
	if references == 0 {
		t.Errorf("%s has no references: was it read?", what)
	}
}

func walk(node any, visit func(ref string)) {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			if ref, ok := value.(string); ok && key == "$ref" {
				visit(ref)
			}
			walk(value, visit)
		}
	case []any:
		for _, value := range n {
			walk(value, visit)
		}
	}
}
