package handler

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
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
	// small is a body that is read at once. Of any other, glanced is how much is read
	// at first, and peeked how much at most, to see whose review it is: that stands
	// before the objects.
	small   = 8 << 10
	glanced = 2 << 10
	peeked  = 64 << 10
)

// badRequest is why a request holds no review to judge.
type badRequest struct {
	uid  types.UID // "" if it could not be read
	code int32
	err  error
}

// Error implements error.
func (b *badRequest) Error() string { return b.err.Error() }

// review is one that is being read.
type review struct {
	// head is what its beginning says.
	head head
	// size is how many bytes it has, or may have if that is not known.
	size int64
	// body is what has been read of it; the whole of a small one.
	body  bytes.Buffer
	whole bool // nothing is left to be read
	rest  io.Reader
}

// begin reads the beginning of a review: what it takes to know whose it is,
// before it has a place. Until then no client gets more memory than it has filled.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) (*review, *badRequest) {
	if r.Method != http.MethodPost {
		return nil, &badRequest{code: http.StatusMethodNotAllowed, err: fmt.Errorf("method %s: an AdmissionReview is sent with POST", r.Method)}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, &badRequest{code: http.StatusUnsupportedMediaType, err: fmt.Errorf("content type %q: an AdmissionReview is application/json", r.Header.Get("Content-Type"))}
	}
	v := &review{size: r.ContentLength, rest: http.MaxBytesReader(w, r.Body, h.c.MaxBody)}
	if v.size < 0 || v.size > h.c.MaxBody { // not told, or cut there
		v.size = h.c.MaxBody
	}
	first := int64(glanced)
	if v.size <= small {
		first = small
	}
	bad := v.read(first)
	if bad == nil && !v.whole && v.size > peeked {
		v.head = headOf(v.body.Bytes())
	}
	if bad == nil && !v.whole && !v.head.complete {
		bad = v.read(peeked)
	}
	if bad != nil {
		return nil, bad
	}
	if v.whole {
		v.size = int64(v.body.Len())
	}
	if !v.head.complete {
		v.head = headOf(v.body.Bytes())
	}
	return v, nil
}

// read reads on until there are so many bytes, or all.
func (v *review) read(upTo int64) *badRequest {
	have := int64(v.body.Len())
	v.body.Grow(int(max(0, min(upTo, v.size)-have)) + bytes.MinRead)
	n, err := v.body.ReadFrom(io.LimitReader(v.rest, upTo-have))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		err = fmt.Errorf("the AdmissionReview is larger than %d bytes, too large to be judged: make the object smaller", tooLarge.Limit)
		return &badRequest{uid: headOf(v.body.Bytes()).uid, code: http.StatusRequestEntityTooLarge, err: err}
	case err != nil:
		return &badRequest{uid: headOf(v.body.Bytes()).uid, code: http.StatusBadRequest, err: fmt.Errorf("reading the AdmissionReview: %w", err)}
	}
	v.whole = n < upTo-have
	return nil
}

// finish reads the rest and returns the request, or why it cannot be judged.
func (v *review) finish() (*admissionv1.AdmissionRequest, *badRequest) {
	if !v.whole {
		if bad := v.read(math.MaxInt64); bad != nil {
			return nil, bad
		}
	}
	return decode(v.body.Bytes())
}

// drop passes over the rest of a review that is not judged, so that the client
// reads the answer instead of failing to write.
func (v *review) drop() { _, _ = io.Copy(io.Discard, v.rest) }

// decode returns the request of a review.
func decode(body []byte) (*admissionv1.AdmissionRequest, *badRequest) {
	bad := func(format string, args ...any) *badRequest {
		return &badRequest{uid: headOf(body).uid, code: http.StatusBadRequest, err: fmt.Errorf(format, args...)}
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
