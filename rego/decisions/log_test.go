package decisions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/decisions"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/subject"
)

func decision(kind, object string, violations ...engine.Violation) decisions.Decision {
	v := engine.Verdict{Violations: violations}
	return decisions.Decision{
		Point: engine.Webhook, Allowed: v.Allowed(), Verdict: v, Took: 1500 * time.Microsecond,
		Subject: subject.Subject{Organization: "acme", Standing: subject.Member},
		Request: &admissionv1.AdmissionRequest{
			UID: "u", Operation: admissionv1.Create, Namespace: "acme-chat", Name: "x",
			Kind:     metav1.GroupVersionKind{Group: "g", Version: "v1", Kind: kind},
			UserInfo: authenticationv1.UserInfo{Username: "mallory", Groups: []string{"acme"}, Extra: map[string]authenticationv1.ExtraValue{"x": {"extra-credential"}}},
			Object:   runtime.RawExtension{Raw: []byte(object)},
		},
	}
}

func denial(message string) engine.Violation {
	return engine.Violation{Policy: "p", Action: v1alpha1.PolicyDeny, Field: "spec.f", Message: message}
}

// written returns the lines of decisions, without the time.
func written(t *testing.T, options decisions.Options, ds ...decisions.Decision) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	log := decisions.New(slog.NewJSONHandler(&out, nil), options)
	for _, d := range ds {
		log.Record(d)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "time")
		lines = append(lines, m)
	}
	return lines
}

func TestLine(t *testing.T) {
	got := written(t, decisions.Options{}, decision("Thing", `{"kind":"Thing","spec":{"f":1}}`, denial("no")))
	want := []map[string]any{{
		"level": "WARN", "msg": "admission decision", "point": "Webhook", "mutation": false, "allowed": false, "took": 1.5e6,
		"organization": "acme", "standing": "Member", "uid": "u", "operation": "CREATE", "group": "g", "version": "v1", "kind": "Thing",
		"namespace": "acme-chat", "name": "x", "user": "mallory", "groups": []any{"acme"}, "dryRun": false,
		"object":     map[string]any{"kind": "Thing", "spec": map[string]any{"f": 1.0}},
		"violations": []any{map[string]any{"policy": "p", "action": "Deny", "field": "spec.f", "message": "no"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	const secret = "hunter2hunter2"
	tests := []struct{ name, kind, object, keeps string }{
		{"a Secret's data", "Secret", `{"kind":"Secret","data":{"any":"hunter2hunter2"},"metadata":{"name":"kept"}}`, "kept"},
		{"a Secret's stringData", "Secret", `{"stringData":{"a":"hunter2hunter2","b":{"c":["hunter2hunter2"]}},"x":"kept"}`, "kept"},
		{"by key", "WasmPlugin", `{"spec":{"pluginConfig":{"apiToken":"hunter2hunter2","model":"kept"}}}`, "kept"},
		{"by key of any case", "WasmPlugin", `{"spec":{"Client_SECRET":"hunter2hunter2","a":"kept"}}`, "kept"},
		{"below a key", "WasmPlugin", `{"spec":{"credentials":[{"value":"hunter2hunter2"}],"a":"kept"}}`, "kept"},
		{"apiTokens", "WasmPlugin", `{"spec":{"apiTokens":["hunter2hunter2"],"a":"kept"}}`, "kept"},
		{"references stay", "WasmPlugin", `{"spec":{"token":"${secret.ns/name.key}"},"x":{"password":"hunter2hunter2"}}`, "${secret.ns/name.key}"},
		{"half a reference does not", "WasmPlugin", `{"spec":{"token":"${secret.a}hunter2hunter2${secret.b}","a":"kept"}}`, "kept"},
		{"in a URL", "McpBridge", `{"spec":{"url":"https://bob:hunter2hunter2@kept.example/"}}`, "kept.example"},
		{"last applied", "Thing", `{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"hunter2hunter2","note":"kept"}}}`, "kept"},
		{"not JSON", "Thing", `{"a":"hunter2hunter2`, "masked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decision(tt.kind, tt.object, denial("plain"))
			d.Request.OldObject = d.Request.Object
			raw, err := json.Marshal(written(t, decisions.Options{}, d))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), secret) || strings.Contains(string(raw), "extra-credential") {
				t.Errorf("the secret is in %s", raw)
			}
			if !strings.Contains(string(raw), tt.keeps) {
				t.Errorf("%q is not in %s", tt.keeps, raw)
			}
		})
	}
}

func TestSecretsInMessagesAreMasked(t *testing.T) {
	d := decision("Thing", `{"spec":{"token":"hunter2hunter2","key":"ab"}}`, denial(`the token "hunter2hunter2" is in a cab`))
	d.Verdict.Violations = append(d.Verdict.Violations, engine.Violation{Policy: "q", Action: v1alpha1.PolicyWarn, Message: "old-secret-value"})
	d.Request.OldObject.Raw = []byte(`{"spec":{"token":"old-secret-value"}}`)
	got := written(t, decisions.Options{}, d)[0]["violations"]
	want := []any{
		map[string]any{"policy": "p", "action": "Deny", "field": "spec.f", "message": `the token "(masked)" is in a cab`},
		map[string]any{"policy": "q", "action": "Warn", "message": "(masked)"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSampling(t *testing.T) {
	now := time.Unix(100, 0)
	options := decisions.Options{AllowsPerSecond: 2, Now: func() time.Time { return now }}
	warning := engine.Violation{Policy: "p", Action: v1alpha1.PolicyWarn, Message: "w"}
	var ds []decisions.Decision
	for range 5 {
		ds = append(ds, decision("Thing", `{}`), decision("Thing", `{}`, denial("no")), decision("Thing", `{}`, warning))
	}
	count := map[string]int{}
	for _, line := range written(t, options, ds...) {
		switch {
		case line["allowed"] == false:
			count["denied"]++
		case line["violations"] != nil:
			count["warned"]++
		default:
			count["allowed"]++
			if line["object"] != nil {
				t.Error("an allowed object is in the log")
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"denied": 5, "warned": 5, "allowed": 2}, count); diff != "" {
		t.Error(diff)
	}
}

// A storm of refusals loses its objects first and then its lines; what it said
// masks secrets all the same, and the next second begins anew.
func TestRefusalsAreSampledToo(t *testing.T) {
	now := time.Unix(100, 0)
	options := decisions.Options{ObjectsPerSecond: 2, RefusalsPerSecond: 5, Now: func() time.Time { return now }}
	var out bytes.Buffer
	log := decisions.New(slog.NewJSONHandler(&out, nil), options)
	storm := func() {
		for range 8 {
			log.Record(decision("Thing", `{"spec":{"token":"hunter2hunter2"}}`, denial("the token hunter2hunter2 is bad")))
		}
		for range 7 {
			log.Record(decision("Thing", `{}`, engine.Violation{Policy: "p", Action: v1alpha1.PolicyWarn, Message: "w"}))
		}
	}
	storm()
	now = now.Add(time.Second)
	storm()
	if got := log.Suppressed(); got != 2*(3+2) {
		t.Errorf("%d suppressed, want 10", got)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := log.Dropped(); got != 0 {
		t.Errorf("%d dropped: the queue was not full", got)
	}
	if strings.Contains(out.String(), "hunter2hunter2") {
		t.Error("the secret is in a line without its object")
	}
	count := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var l struct {
			Allowed   bool
			Object    any
			OldObject any
			User      string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		text, _ := l.Object.(string)
		switch {
		case l.User != "mallory" || l.OldObject != nil:
			t.Errorf("who it was is left out: %s", line)
		case l.Allowed:
			count["warned"]++
		case strings.HasPrefix(text, "(left out"):
			count["without object"]++
		case l.Object != nil:
			count["with object"]++
		}
	}
	if diff := cmp.Diff(map[string]int{"with object": 4, "without object": 6, "warned": 10}, count); diff != "" {
		t.Error(diff)
	}
}

// slow is a handler that waits until it is let go.
type slow struct {
	slog.Handler
	entered chan struct{}
	release chan struct{}
	once    *sync.Once
}

func (s slow) Handle(ctx context.Context, r slog.Record) error {
	s.once.Do(func() { close(s.entered) })
	<-s.release
	return s.Handler.Handle(ctx, r)
}

func TestNeverBlocks(t *testing.T) {
	var out bytes.Buffer
	h := slow{Handler: slog.NewJSONHandler(&out, nil), entered: make(chan struct{}), release: make(chan struct{}), once: &sync.Once{}}
	log := decisions.New(h, decisions.Options{Queue: 3})
	d := decision("Thing", `{}`, denial("no"))
	log.Record(d)
	<-h.entered
	for range 10 { // three wait, seven are dropped
		log.Record(d)
	}
	if got := log.Dropped(); got != 7 {
		t.Errorf("%d dropped, want 7", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if log.Close(ctx) == nil {
		t.Error("Close did not say that lines are left")
	}
	close(h.release)
	if err := log.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
	log.Record(d)
	if got := log.Dropped(); got != 8 {
		t.Errorf("%d dropped after the end, want 8", got)
	}
}

func TestLargeObjects(t *testing.T) {
	large := decision("Thing", `{"a":"`+strings.Repeat("x", 300<<10)+`"}`, denial("no"))
	got := written(t, decisions.Options{}, large)[0]["object"]
	if diff := cmp.Diff("(307208 bytes, too large to show)", got); diff != "" {
		t.Error(diff)
	}
	var out bytes.Buffer
	h := slow{Handler: slog.NewJSONHandler(&out, nil), entered: make(chan struct{}), release: make(chan struct{}), once: &sync.Once{}}
	log := decisions.New(h, decisions.Options{Queue: 1000, RefusalsPerSecond: 1000})
	large.Request.Object.Raw = []byte(strings.Repeat("!", 300<<10))
	for range 200 {
		log.Record(large)
	}
	if got := log.Dropped(); got < 90 || got > 95 {
		t.Errorf("%d dropped: the queue holds more or less than 32 MiB", got)
	}
	close(h.release)
	if err := log.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNilLog(t *testing.T) {
	var log *decisions.Log
	log.Record(decision("Thing", `{}`))
	if log.Dropped() != 0 || log.Suppressed() != 0 || log.Close(t.Context()) != nil {
		t.Error("a nil log does something")
	}
}
