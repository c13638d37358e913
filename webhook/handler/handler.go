package handler

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/webhook/fair"
)

// Judge decides about one request before ctx is done. It returns a response
// whatever happens; the uid in it does not matter.
type Judge func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse

// Observer counts what is answered. Its methods are called from many goroutines.
type Observer interface {
	// InFlight is called with 1 when a review is let in and with -1 when it is about to be answered.
	InFlight(change int)
	// Answered is called once per request. Req is nil if it could not be read.
	Answered(req *admissionv1.AdmissionRequest, outcome Outcome, took time.Duration)
	// Panicked is called when the judge panicked.
	Panicked()
}

// FlowOf says with whom a request that a user makes in a namespace ("" for none)
// shares the places there are. It is called before anything is judged, and has
// to be quick.
type FlowOf func(namespace string, user *authenticationv1.UserInfo) fair.Flow

// Config is what New takes; all of it is needed but FlowOf.
type Config struct {
	Judge    Judge
	Observer Observer
	// Ready returns nil, or why nothing can be judged yet.
	Ready func() error
	// Leaving tells that clients should go elsewhere with their next request.
	Leaving func() bool
	// Gate bounds what is judged at once. The handlers of one process share it.
	Gate *Gate
	// FlowOf says whose requests are kept from whose; all are one flow's when nil.
	FlowOf FlowOf
	// MaxBody is how many bytes a review may have.
	MaxBody int64
	// Timeout bounds waiting and judging together. Kubernetes says in each request how long it waits; the shorter one holds.
	Timeout time.Duration
}

// Handler answers AdmissionReviews. It is safe for concurrent use.
type Handler struct{ c Config }

// New returns a handler.
func New(c Config) *Handler { return &Handler{c: c} }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if h.c.Leaving() {
		w.Header().Set("Connection", "close") // over HTTP/2 a GOAWAY; what is in flight is still answered
	}
	timeout := h.timeout(r)
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	// A body that never comes gives its place back. Connections of tests may have no deadline; those of the server do.
	_ = http.NewResponseController(w).SetReadDeadline(start.Add(timeout))
	req, uid, response, outcome := h.answer(ctx, w, r)
	if err := write(w, uid, response); err != nil && r.Context().Err() == nil {
		klog.ErrorS(err, "answering an AdmissionReview", "uid", uid)
	}
	h.c.Observer.Answered(req, outcome, time.Since(start))
}

// margin is how long before Kubernetes gives up an answer is due.
const margin = 250 * time.Millisecond

// timeout is how long this request may take.
func (h *Handler) timeout(r *http.Request) time.Duration {
	asked, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || asked <= 0 {
		return h.c.Timeout
	}
	return min(h.c.Timeout, max(asked-margin, asked/2))
}

// answer reads a request (nil if it cannot be read) and returns what is to be answered.
func (h *Handler) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) (*admissionv1.AdmissionRequest, types.UID, *admissionv1.AdmissionResponse, Outcome) {
	invalid := func(bad *badRequest) (*admissionv1.AdmissionRequest, types.UID, *admissionv1.AdmissionResponse, Outcome) {
		klog.V(2).InfoS("refused what is no AdmissionReview to judge", "code", bad.code, "reason", bad.err)
		return nil, bad.uid, refused(bad.code, bad.err), Invalid
	}
	v, bad := h.begin(w, r)
	if bad != nil {
		return invalid(bad)
	}
	place, err := h.c.Gate.Enter(ctx, h.flow(&v.head), v.size)
	if err != nil {
		v.drop()
		return nil, v.head.uid, refused(http.StatusTooManyRequests, err), Overloaded
	}
	defer place.Leave()
	h.c.Observer.InFlight(1)
	defer h.c.Observer.InFlight(-1)
	req, bad := v.finish()
	if bad != nil {
		return invalid(bad)
	}
	if err := h.c.Ready(); err != nil {
		err = fmt.Errorf("tollgate webhook cannot judge yet: %w; try again in a few seconds", err)
		return req, req.UID, refused(http.StatusServiceUnavailable, err), NotReady
	}
	response, outcome := h.judge(ctx, req)
	return req, req.UID, response, outcome
}

// flow returns whose review it is, going by what its beginning says. Those that
// do not tell share a flow.
func (h *Handler) flow(of *head) fair.Flow {
	switch {
	case !of.complete:
		return fair.Flow{Kind: "unreadable reviews"}
	case h.c.FlowOf == nil:
		return fair.Flow{}
	}
	return h.c.FlowOf(of.namespace, &of.user)
}

// judge calls the judge. A panic and an answer that comes too late are refusals.
func (h *Handler) judge(ctx context.Context, req *admissionv1.AdmissionRequest) (response *admissionv1.AdmissionResponse, outcome Outcome) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		h.c.Observer.Panicked()
		klog.ErrorS(nil, "judging panicked; the request is refused", "uid", req.UID, "kind", req.Kind, "operation", req.Operation,
			"namespace", req.Namespace, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		err := fmt.Errorf("tollgate webhook failed while judging this request: its log has the reason, under the uid %s", req.UID)
		response, outcome = refused(http.StatusInternalServerError, err), Failed
	}()
	response = h.c.Judge(ctx, req)
	if ctx.Err() != nil {
		err := fmt.Errorf("tollgate webhook could not judge this request in time; try again, and if it stays so look for slow policies in its metrics")
		return refused(http.StatusGatewayTimeout, err), Failed
	}
	return response, outcomeOf(response)
}
