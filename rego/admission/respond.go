package admission

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
)

const (
	// maxWarning and maxWarnings are where the API server cuts, in runes: one
	// warning, and all of them.
	maxWarning  = 256
	maxWarnings = 4096
	// maxLines of a refusal's message and causes.
	maxLines = 50
)

// respond puts a verdict into a response: what denies into the result, what
// warns into warnings, what is dry run nowhere.
func respond(req *admissionv1.AdmissionRequest, verdict engine.Verdict) *admissionv1.AdmissionResponse {
	resp := &admissionv1.AdmissionResponse{UID: req.UID, Allowed: true}
	resp.Warnings = warnings(verdict.With(v1alpha1.PolicyWarn))
	denials := verdict.With(v1alpha1.PolicyDeny)
	if len(denials) == 0 {
		return resp
	}
	resp.Allowed = false
	resp.Result = &metav1.Status{
		Status: metav1.StatusFailure, Code: 403, Reason: metav1.StatusReasonForbidden,
		Message: Message(denials),
		Details: &metav1.StatusDetails{Name: req.Name, Group: req.Kind.Group, Kind: req.Kind.Kind, Causes: causes(denials)},
	}
	return resp
}

// Message is what a person reads of violations: one line for each, with the
// policy, the field, what is wrong and what to do.
func Message(violations []engine.Violation) string {
	var lines []string
	for i, v := range violations {
		if i == maxLines {
			lines = append(lines, fmt.Sprintf("and %d more", len(violations)-i))
			break
		}
		lines = append(lines, Line(v))
	}
	return strings.Join(lines, "\n")
}

// Line is one violation in one line.
func Line(v engine.Violation) string {
	parts := []string{v.Policy + ":"}
	if v.Field != "" {
		parts = append(parts, v.Field+":")
	}
	parts = append(parts, sentence(v.Message))
	if v.Remedy != "" {
		parts = append(parts, sentence(v.Remedy))
	}
	return clean(strings.Join(parts, " "))
}

// sentence ends a text with a full stop, so that a remedy can follow.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

func causes(violations []engine.Violation) []metav1.StatusCause {
	var out []metav1.StatusCause
	for _, v := range violations {
		if len(out) == maxLines {
			break
		}
		out = append(out, metav1.StatusCause{Type: metav1.CauseType(v.Policy), Field: v.Field, Message: clean(v.Message)})
	}
	return out
}

// warnings keeps within what the API server shows.
func warnings(violations []engine.Violation) []string {
	var out []string
	seen := map[string]bool{}
	room := maxWarnings
	for i, v := range violations {
		line := cut(Line(v), maxWarning)
		if seen[line] {
			continue
		}
		seen[line] = true
		last := fmt.Sprintf("and %d more", len(violations)-i)
		size := utf8.RuneCountInString(line)
		reserve := len(last)
		if i == len(violations)-1 {
			reserve = 0
		}
		if size+reserve > room {
			return append(out, last)
		}
		room -= size
		out = append(out, line)
	}
	return out
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// clean keeps a text on one line and free of control characters: it goes into
// headers and terminals.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "�")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r):
			return '�'
		}
		return r
	}, s)
}
