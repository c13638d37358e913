package handler

import (
	"encoding/json"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Outcome is how a request ended.
type Outcome string

// The outcomes.
const (
	Allowed    Outcome = "allowed"
	Patched    Outcome = "patched"
	Warned     Outcome = "warned"
	Denied     Outcome = "denied"     // a policy refused it
	Failed     Outcome = "failed"     // refused, because judging failed or ran out of time
	Invalid    Outcome = "invalid"    // refused: no AdmissionReview, too large, or an object that is not understood
	Overloaded Outcome = "overloaded" // refused unjudged: too many at once
	NotReady   Outcome = "notready"   // refused unjudged: policies or objects have not been read yet
)

func outcomeOf(r *admissionv1.AdmissionResponse) Outcome {
	switch {
	case !r.Allowed && r.Result != nil && r.Result.Code == http.StatusBadRequest:
		return Invalid
	case !r.Allowed && r.Result != nil && r.Result.Code >= http.StatusInternalServerError:
		return Failed
	case !r.Allowed:
		return Denied
	case len(r.Patch) > 0:
		return Patched
	case len(r.Warnings) > 0:
		return Warned
	default:
		return Allowed
	}
}

// retrySeconds is when a client whose request was not judged should try again.
const retrySeconds = 1

// refused returns a refusal that is no policy's.
func refused(code int32, err error) *admissionv1.AdmissionResponse {
	status := &metav1.Status{Status: metav1.StatusFailure, Code: code, Message: err.Error()}
	switch code {
	case http.StatusTooManyRequests:
		status.Reason = metav1.StatusReasonTooManyRequests
	case http.StatusServiceUnavailable:
		status.Reason = metav1.StatusReasonServiceUnavailable
	case http.StatusRequestEntityTooLarge:
		status.Reason = metav1.StatusReasonRequestEntityTooLarge
	case http.StatusInternalServerError:
		status.Reason = metav1.StatusReasonInternalError
	case http.StatusGatewayTimeout:
		status.Reason = metav1.StatusReasonTimeout
	default:
		status.Reason = metav1.StatusReasonBadRequest
	}
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		status.Details = &metav1.StatusDetails{RetryAfterSeconds: retrySeconds}
	}
	return &admissionv1.AdmissionResponse{Result: status}
}

// write sends a response. kube-apiserver reads it if it has the uid of its
// request and comes with 200; anybody else gets the status in HTTP too.
func write(w http.ResponseWriter, uid types.UID, response *admissionv1.AdmissionResponse) error {
	response.UID = uid
	out, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, Response: response,
	})
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	if uid == "" && response.Result != nil {
		w.WriteHeader(int(response.Result.Code))
	}
	_, err = w.Write(out)
	return err
}
