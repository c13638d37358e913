package admission

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/rego/decisions"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// Observer hears of reviews, for metrics. It must not block.
type Observer interface {
	// Reviewed is called once per request. result is "allowed", "warned",
	// "denied" or "bad".
	Reviewed(mutation bool, operation, kind, result string, took time.Duration)
}

// Options of a judge.
type Options struct {
	// Point is where verdicts are asked for; Webhook when empty.
	Point engine.Point
	// Settings say who is who; the defaults when nil.
	Settings *settings.Settings
	// Subresources that are judged like their objects. A status is only where it
	// changes what the object says, whatever stands here. None when empty.
	Subresources []string
	// Decisions may be nil.
	Decisions *decisions.Log
	// Observer may be nil.
	Observer Observer
	// SecondLook is how long a refusal by referential policies alone waits for a
	// newer inventory, by which it is judged once more: what the object refers to
	// may have been written together with it. No wait when 0.
	SecondLook time.Duration
}

// Judge answers AdmissionRequests with the engine's verdicts.
type Judge struct {
	engine  *engine.Engine
	options Options
	looks   looks
}

// New makes a judge.
func New(e *engine.Engine, options Options) *Judge {
	if options.Point == "" {
		options.Point = engine.Webhook
	}
	if options.Settings == nil {
		options.Settings = settings.Default()
	}
	return &Judge{engine: e, options: options}
}

// Validate judges a request. The response is never nil; the verdict is what it
// says in the engine's form, with everything that DryRun keeps silent about.
func (j *Judge) Validate(ctx context.Context, req *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, engine.Verdict) {
	r := j.begin(req, false)
	if r.response != nil {
		return r.end(engine.Verdict{})
	}
	verdict := r.validate(ctx)
	if r.mayBeEarly(verdict) && r.lookAgain(ctx) {
		verdict = r.validate(ctx)
	}
	if r.response == nil {
		r.response = respond(req, verdict)
	}
	return r.end(verdict)
}

func (r *review) validate(ctx context.Context) engine.Verdict {
	verdict := r.snapshot.Validate(ctx, r.judge.options.Point, r.input)
	verdict.Violations = append(verdict.Violations, ofPolicy(r.request, r.snapshot.Policies)...)
	return verdict
}

// Mutate answers with the patches that the mutation policies want. The verdict
// has only failures of policies.
func (j *Judge) Mutate(ctx context.Context, req *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, engine.Verdict) {
	r := j.begin(req, true)
	if r.response != nil {
		return r.end(engine.Verdict{})
	}
	patches, failures := r.snapshot.Mutate(ctx, r.input)
	verdict := engine.Verdict{Violations: failures}
	r.response = respond(req, verdict)
	if r.response.Allowed && len(patches) > 0 {
		raw, err := json.Marshal(patches)
		if err != nil {
			r.response = bad(req, err)
			return r.end(verdict)
		}
		kind := admissionv1.PatchTypeJSONPatch
		r.response.Patch, r.response.PatchType = raw, &kind
		r.patches = len(patches)
	}
	return r.end(verdict)
}

// review is one request on its way.
type review struct {
	judge    *Judge
	request  *admissionv1.AdmissionRequest
	mutation bool
	started  time.Time
	snapshot *engine.Snapshot
	input    engine.Input
	response *admissionv1.AdmissionResponse
	skipped  bool
	bad      string
	patches  int
}

// begin reads the request; it sets the response when there is nothing to judge.
func (j *Judge) begin(req *admissionv1.AdmissionRequest, mutation bool) *review {
	r := &review{judge: j, request: req, mutation: mutation, started: time.Now()}
	fail := func(err error) *review {
		r.response, r.bad = bad(req, err), err.Error()
		return r
	}
	if req == nil {
		return fail(errors.New("the AdmissionReview has no request"))
	}
	if !j.judges(req) {
		r.skipped = true
		r.response = &admissionv1.AdmissionResponse{UID: req.UID, Allowed: true}
		return r
	}
	switch req.Operation {
	case admissionv1.Create, admissionv1.Update, admissionv1.Delete:
	default:
		return fail(errors.New("the operation is none of CREATE, UPDATE, DELETE and CONNECT"))
	}
	input, err := engine.NewInput(req, subject.Subject{})
	if err != nil {
		return fail(err)
	}
	r.input = input
	if err := r.look(); err != nil {
		return fail(err)
	}
	return r
}

// look takes the newest snapshot, and by it the subject.
func (r *review) look() error {
	r.snapshot = r.judge.engine.Snapshot()
	inv := r.snapshot.Inventory()
	if inv == nil {
		return nil
	}
	who, err := subject.Of(inv, r.judge.options.Settings, r.request)
	if err != nil {
		return err
	}
	r.input = r.input.For(who)
	return nil
}

// judges says whether a request is one to judge at all.
func (j *Judge) judges(req *admissionv1.AdmissionRequest) bool {
	if req.Operation == admissionv1.Connect {
		return false
	}
	switch req.SubResource {
	case "":
		return true
	case "status":
		return saysMore(req)
	}
	return slices.Contains(j.options.Subresources, req.SubResource)
}

// end tells the log and the observer.
func (r *review) end(verdict engine.Verdict) (*admissionv1.AdmissionResponse, engine.Verdict) {
	took := time.Since(r.started)
	if o := r.judge.options.Observer; o != nil {
		operation, kind := "", ""
		if r.request != nil {
			operation, kind = string(r.request.Operation), r.request.Kind.Kind
		}
		o.Reviewed(r.mutation, operation, kind, r.result(), took)
	}
	if !r.skipped {
		r.judge.options.Decisions.Record(decisions.Decision{
			Point: r.judge.options.Point, Request: r.request, Subject: r.input.Subject,
			Mutation: r.mutation, Patches: r.patches, Allowed: r.response.Allowed,
			Verdict: verdict, Bad: r.bad, Took: took,
		})
	}
	return r.response, verdict
}

func (r *review) result() string {
	switch {
	case r.bad != "":
		return "bad"
	case !r.response.Allowed:
		return "denied"
	case len(r.response.Warnings) > 0:
		return "warned"
	}
	return "allowed"
}

// bad refuses what cannot be judged.
func bad(req *admissionv1.AdmissionRequest, err error) *admissionv1.AdmissionResponse {
	resp := &admissionv1.AdmissionResponse{Result: &metav1.Status{
		Status: metav1.StatusFailure, Code: 400, Reason: metav1.StatusReasonBadRequest,
		Message: clean(err.Error()),
	}}
	if req != nil {
		resp.UID = req.UID
	}
	return resp
}
