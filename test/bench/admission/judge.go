package main

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

// judge is an engine under comparison.
type judge func(context.Context, *admissionv1.AdmissionRequest) ([]turn.Finding, error)

// judging gives a judge its turns.
type judging struct {
	judge    judge
	requests []*admissionv1.AdmissionRequest
}

func newJudging(j judge, reviews []json.RawMessage) (*judging, error) {
	e := &judging{judge: j}
	for i, raw := range reviews {
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(raw, &review); err != nil {
			return nil, fmt.Errorf("decoding review %d: %w", i, err)
		}
		e.requests = append(e.requests, review.Request)
	}
	return e, nil
}

// Judge judges a review that was decoded before: its object is still JSON, as
// the API machinery leaves it.
func (e *judging) Judge(ctx context.Context, review int) ([]turn.Finding, error) {
	return e.judge(ctx, e.requests[review])
}

// Answer judges a whole AdmissionReview.
func (e *judging) Answer(ctx context.Context, body []byte) ([]byte, error) {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil {
		return nil, fmt.Errorf("decoding a review: %w", err)
	}
	found, err := e.judge(ctx, review.Request)
	if err != nil {
		return nil, err
	}
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: len(found) == 0}
	if len(found) > 0 {
		response.Result = &metav1.Status{Message: found[0].Message}
	}
	review.Request, review.Response = nil, response
	return json.Marshal(&review)
}
