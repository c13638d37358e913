package escapes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// as is a client that acts for somebody.
func (s *admission) as(user string, groups ...string) (dynamic.Interface, error) {
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return dynamic.NewForConfig(config)
}

// answer is what somebody gets for a write: why it is refused, "" if it is not,
// what they are warned of, and what was filled in.
type answer struct {
	Refused  string
	Code     int32
	Reason   metav1.StatusReason
	Details  *metav1.StatusDetails
	Warnings []string
	// Patches are those of the mutating webhooks, in canonical JSON.
	Patches []string
}

// refuse fills in what a status says.
func (a *answer) refuse(s metav1.Status) {
	a.Refused, a.Code, a.Reason, a.Details = s.Message, s.Code, s.Reason, s.Details
	if _, message, ok := strings.Cut(a.Refused, "denied the request: "); ok {
		a.Refused = message
	}
}

// expect is what review says that a case is answered with.
func expect(j suitetest.Judged) (answer, error) {
	var want answer
	for _, raw := range j.Patches {
		patch, err := canonical(raw)
		if err != nil {
			return answer{}, err
		}
		want.Patches = append(want.Patches, patch)
	}
	if j.Response != nil {
		want.Warnings = slices.Sorted(slices.Values(j.Response.Warnings))
		if !j.Response.Allowed {
			want.refuse(*j.Response.Result)
		}
	}
	return want, nil
}

// named puts review's letters, which draws none, in the place of those that
// kube-apiserver drew.
func (a *answer) named(prefix string) {
	drawn := regexp.MustCompile(regexp.QuoteMeta(prefix) + "[a-z0-9]{5}")
	undraw := func(s string) string { return drawn.ReplaceAllString(s, prefix+"xxxxx") }
	a.Refused = undraw(a.Refused)
	if a.Details != nil {
		a.Details.Name = undraw(a.Details.Name)
		for i, c := range a.Details.Causes {
			a.Details.Causes[i].Message = undraw(c.Message)
		}
	}
}

// ask does, dry, what the case does.
func (s *admission) ask(ctx context.Context, j suitetest.Judged, o *unstructured.Unstructured) (answer, error) {
	var warned warnings
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: j.Request.UserInfo.Username, Groups: j.Request.UserInfo.Groups}
	config.WarningHandler = &warned
	id := rig.Traced(config)
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return answer{}, err
	}
	r, err := s.resource(client, o)
	if err != nil {
		return answer{}, err
	}
	dry := []string{metav1.DryRunAll}
	switch j.Request.Operation {
	case admissionv1.Create:
		_, err = r.Create(ctx, o, metav1.CreateOptions{DryRun: dry})
		if apierrors.IsAlreadyExists(err) { // found out after admission
			err = nil
		}
	case admissionv1.Update:
		var there *unstructured.Unstructured
		if there, err = r.Get(ctx, o.GetName(), metav1.GetOptions{}); err != nil {
			return answer{}, fmt.Errorf("reading what is updated: %w", err)
		}
		_, err = r.Update(ctx, following(there, o), metav1.UpdateOptions{DryRun: dry})
	case admissionv1.Delete:
		err = r.Delete(ctx, o.GetName(), metav1.DeleteOptions{DryRun: dry})
	default:
		return answer{}, fmt.Errorf("the operation is %s", j.Request.Operation)
	}
	var got answer
	got.Warnings = warned.ours()
	if err != nil {
		var refusal *apierrors.StatusError
		if !errors.As(err, &refusal) || !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
			return answer{}, err
		}
		got.refuse(refusal.Status())
	}
	patches, err := s.audit.Patches(ctx, id)
	if err != nil {
		return answer{}, err
	}
	got.Patches = []string{}
	for _, raw := range patches {
		patch, err := canonical(raw)
		if err != nil {
			return answer{}, err
		}
		got.Patches = append(got.Patches, patch)
	}
	return got, nil
}

// canonical is JSON with its members in order.
func canonical(raw []byte) (string, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", fmt.Errorf("reading a patch: %w", err)
	}
	out, err := json.Marshal(v)
	return string(out), err
}

// warnings are what one request was answered with.
type warnings struct {
	mu  sync.Mutex
	all []string
}

// HandleWarningHeader keeps a warning.
func (w *warnings) HandleWarningHeader(_ int, _, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, message)
}

// ours are the webhook's; kube-apiserver has some of its own.
func (w *warnings) ours() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, message := range w.all {
		for _, others := range []string{"annotation \"kubernetes.io/ingress.class\" is deprecated", "v1 Endpoints is deprecated", "FQDN endpoints are deprecated", "tls: ", "x509: "} {
			if strings.Contains(message, others) {
				message = ""
			}
		}
		if message != "" {
			out = append(out, message)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
