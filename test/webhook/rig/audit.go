package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
)

// auditPolicy has kube-apiserver write down what webhooks patched, which it tells nobody else.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, userGroups: [system:nodes, system:serviceaccounts]}
- {level: Request, verbs: [create, update, delete]}
- {level: None}
`

// patchAnnotation begins the names of annotations that hold a webhook's patch.
const patchAnnotation = "patch.webhook.admission.k8s.io/"

// AuditLog is kube-apiserver's, read as it grows. It is safe for concurrent use.
type AuditLog struct {
	path string

	mu     sync.Mutex
	offset int64
	// patches of each request, by its Audit-ID.
	patches map[string][]json.RawMessage
}

// NewAuditLog returns a log in dir, and the flags of the kube-apiserver that
// writes it: Options.APIServerArgs.
func NewAuditLog(dir string) (*AuditLog, []string, error) {
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, nil, fmt.Errorf("writing the audit policy: %w", err)
	}
	l := &AuditLog{path: filepath.Join(dir, "audit.json"), patches: map[string][]json.RawMessage{}}
	return l, []string{"--audit-policy-file=" + policy, "--audit-log-path=" + l.path}, nil
}

// Patches returns the patches of a request that Traced gave its id, one of each
// webhook that patched, in their order. The line may be written a moment after
// the client has its answer.
func (l *AuditLog) Patches(ctx context.Context, id string) (patches []json.RawMessage, err error) {
	err = Eventually(ctx, func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if err := l.read(); err != nil {
			return err
		}
		var there bool
		if patches, there = l.patches[id]; !there {
			return fmt.Errorf("the request %s is not in kube-apiserver's audit log", id)
		}
		return nil
	})
	return patches, err
}

// read takes in the lines that have come.
func (l *AuditLog) read() error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close()
	rest, err := io.ReadAll(io.NewSectionReader(f, l.offset, 1<<40))
	if err != nil {
		return err
	}
	for {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			return nil
		}
		var event struct {
			AuditID     string            `json:"auditID"`
			Annotations map[string]string `json:"annotations"`
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return fmt.Errorf("reading kube-apiserver's audit log: %w", err)
		}
		var patches []json.RawMessage
		for _, name := range slices.Sorted(maps.Keys(event.Annotations)) {
			if !strings.HasPrefix(name, patchAnnotation) {
				continue
			}
			var said struct{ Patch json.RawMessage }
			if err := json.Unmarshal([]byte(event.Annotations[name]), &said); err != nil {
				return fmt.Errorf("reading the annotation %s of an audit event: %w", name, err)
			}
			patches = append(patches, said.Patch)
		}
		l.patches[event.AuditID] = patches
		l.offset += int64(len(line)) + 1
		rest = after
	}
}

// Traced gives the requests of a client an id by which the audit log has them.
func Traced(config *rest.Config) (id string) {
	id = string(uuid.NewUUID())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.Header.Set("Audit-ID", id)
			return next.RoundTrip(req)
		})
	})
	return id
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
