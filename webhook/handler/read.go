package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"
)

const (
	// apiVersion and kind are those of the only reviews that are judged.
	apiVersion = "admission.k8s.io/v1"
	kind       = "AdmissionReview"
	// peeked is how much of a body is read to find the uid of a review that is not judged: it stands at the beginning.
	peeked = 64 << 10
)

// badRequest is why a request holds no review to judge.
type badRequest struct {
	uid  types.UID // "" if it could not be read
	code int32
	err  error
}

// Error implements error.
func (b *badRequest) Error() string { return b.err.Error() }

// read returns the request of a review, or why it cannot be judged.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (*admissionv1.AdmissionRequest, *badRequest) {
	if r.Method != http.MethodPost {
		return nil, &badRequest{code: http.StatusMethodNotAllowed, err: fmt.Errorf("method %s: an AdmissionReview is sent with POST", r.Method)}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, &badRequest{code: http.StatusUnsupportedMediaType, err: fmt.Errorf("content type %q: an AdmissionReview is application/json", r.Header.Get("Content-Type"))}
	}
	body, err := h.readBody(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		err = fmt.Errorf("the AdmissionReview is larger than %d bytes, too large to be judged: make the object smaller", tooLarge.Limit)
		return nil, &badRequest{uid: uidIn(body), code: http.StatusRequestEntityTooLarge, err: err}
	case err != nil:
		return nil, &badRequest{uid: uidIn(body), code: http.StatusBadRequest, err: fmt.Errorf("reading the AdmissionReview: %w", err)}
	}
	return decode(body)
}

// readBody returns what could be read of the body.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= h.c.MaxBody {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.c.MaxBody))
	return body.Bytes(), err
}

// decode returns the request of a review.
func decode(body []byte) (*admissionv1.AdmissionRequest, *badRequest) {
	bad := func(format string, args ...any) *badRequest {
		return &badRequest{uid: uidIn(body), code: http.StatusBadRequest, err: fmt.Errorf(format, args...)}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, bad("the body is empty: send an AdmissionReview")
	}
	var review admissionv1.AdmissionReview
	doubled, err := kjson.UnmarshalStrict(body, &review, kjson.DisallowDuplicateFields)
	switch {
	case err != nil:
		return nil, bad("the body is no AdmissionReview: %w", err)
	case review.APIVersion != apiVersion || review.Kind != kind:
		return nil, bad("the body is %s %s: only %s %s is understood (set admissionReviewVersions: [v1])", review.APIVersion, review.Kind, apiVersion, kind)
	case len(doubled) > 0:
		return nil, bad("the AdmissionReview is ambiguous: %w", errors.Join(doubled...))
	case review.Request == nil:
		return nil, bad("the AdmissionReview has no request")
	case review.Request.UID == "":
		return nil, bad("the AdmissionReview's request has no uid")
	}
	return review.Request, nil
}

// uidIn looks for the request's uid in a body that may be cut or malformed.
// Without it kube-apiserver does not take the answer for one to its question.
func uidIn(body []byte) types.UID {
	d := json.NewDecoder(bytes.NewReader(body[:min(len(body), peeked)]))
	for _, key := range []string{"request", "uid"} {
		if !enter(d, key) {
			return ""
		}
	}
	var uid types.UID
	if err := d.Decode(&uid); err != nil {
		return ""
	}
	return uid
}

// enter moves to the value of a key of the object that comes next; false if there is none.
func enter(d *json.Decoder, key string) bool {
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	for d.More() {
		token, err := d.Token()
		if err != nil || token == key {
			return err == nil
		}
		var passed json.RawMessage
		if err := d.Decode(&passed); err != nil {
			return false
		}
	}
	return false
}

// peekUID reads the beginning of a body that is not judged, and passes over the
// rest as far as limit, so that the client reads the answer instead of failing to write.
func peekUID(body io.Reader, limit int64) types.UID {
	start, _ := io.ReadAll(io.LimitReader(body, peeked)) // what arrived is looked at
	_, _ = io.Copy(io.Discard, io.LimitReader(body, limit))
	return uidIn(start)
}
