package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// The parts of SARIF 2.1.0 (OASIS standard) that a review fills.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
		Notifications  []sarifRule `json:"notifications,omitempty"`
	}
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifText      `json:"shortDescription"`
		Help       *sarifText     `json:"help,omitempty"`
		Properties map[string]any `json:"properties,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Descriptor *sarifReference `json:"descriptor,omitempty"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations,omitempty"`
	}
	sarifReference struct {
		ID    string `json:"id"`
		Index int    `json:"index"` // among the driver's notifications
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

const (
	// invalidRule is the rule of objects that the API server would refuse itself.
	invalidRule = "invalid-object"
	// notAsked is what is said of objects that no webhook is asked about.
	notAsked = "not-asked"
)

// SARIF writes version 2.1.0 of the static analysis format that code scanning
// reads.
func SARIF(w io.Writer, r *Report, o Options) error {
	s := &sarif{at: map[string]int{}}
	for i := range r.Results {
		s.add(&r.Results[i])
	}
	notes := s.notes
	for _, p := range r.Problems {
		notes = append(notes, sarifNotification{Level: "error", Message: sarifText{p.text()}, Locations: physical(p.File, p.Line, 0)})
	}
	if s.results == nil {
		s.results = []sarifResult{}
	}
	if s.rules == nil {
		s.rules = []sarifRule{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:        sarifTool{sarifDriver{Name: "tollgate", Version: o.Version, InformationURI: "https://tollgate.dev/tollgate", Rules: s.rules, Notifications: s.said}},
			Invocations: []sarifInvocation{{Successful: len(r.Problems) == 0, Notifications: notes}},
			ColumnKind:  "utf16CodeUnits",
			Results:     s.results,
		}},
	})
}

type sarif struct {
	rules   []sarifRule
	at      map[string]int // index of a rule by id
	results []sarifResult
	notes   []sarifNotification
	said    []sarifRule // that the notes refer to
}

func (s *sarif) add(r *Result) {
	if r.Outcome == NotAsked {
		s.unasked(r)
	}
	for i := range r.Errors {
		e := &r.Errors[i]
		index := s.rule(sarifRule{ID: invalidRule, Short: sarifText{"The API server refuses the object"}})
		s.result(r, invalidRule, index, "error", e.Place, e.text())
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		rule := sarifRule{ID: f.Policy, Short: sarifText{f.Policy}, Properties: map[string]any{"tags": []string{"kubernetes", "admission"}}}
		if f.Title != "" {
			rule.Short.Text = f.Title
		}
		if f.Remedy != "" {
			rule.Help = &sarifText{f.Remedy}
		}
		if score := score(f.Severity); score != "" {
			rule.Properties["security-severity"] = score
		}
		text := f.Message
		if f.Remedy != "" {
			text += " " + f.Remedy
		}
		s.result(r, f.Policy, s.rule(rule), level(f.Action), f.Place, text)
	}
}

// unasked says of an object that no webhook is asked about it. In the standard's
// words that is a result of the kind notApplicable, but code scanning does not
// read kinds: it would raise an alert for each object that is somebody else's. A
// notification is no alert, and who reads the file finds it beside the bad inputs.
func (s *sarif) unasked(r *Result) {
	if len(s.said) == 0 {
		s.said = []sarifRule{{ID: notAsked, Short: sarifText{"A cluster does not ask the webhook about the object"}}}
	}
	s.notes = append(s.notes, sarifNotification{
		Descriptor: &sarifReference{ID: notAsked}, Level: "note", Message: sarifText{r.Object.String() + ": " + r.unasked()},
		Locations: located(r, r.Object.String(), r.Line, 0),
	})
}

func (s *sarif) rule(rule sarifRule) int {
	if i, ok := s.at[rule.ID]; ok {
		return i
	}
	s.at[rule.ID] = len(s.rules)
	s.rules = append(s.rules, rule)
	return len(s.rules) - 1
}

func (s *sarif) result(r *Result, id string, index int, level string, at Place, text string) {
	line := at.Line
	if line == 0 {
		line = r.Line
	}
	full := r.Object.String()
	if at.Field != "" {
		full += " " + at.Field
	}
	// The same finding keeps its identity when lines move.
	sum := sha256.Sum256([]byte(strings.Join([]string{id, r.Object.APIVersion, full, text}, "\x00")))
	s.results = append(s.results, sarifResult{
		RuleID: id, RuleIndex: index, Level: level, Message: sarifText{text}, Locations: located(r, full, line, at.Column),
		Fingerprints: map[string]string{"tollgateFinding/v1": hex.EncodeToString(sum[:16])},
	})
}

// located is where in a result's file something is, and the name of that thing.
func located(r *Result, name string, line, column int) []sarifLocation {
	locations := physical(r.File, line, column)
	if len(locations) == 0 {
		locations = []sarifLocation{{}}
	}
	locations[0].Logical = []sarifLogical{{Name: name, Kind: "object"}}
	return locations
}

func physical(file string, line, column int) []sarifLocation {
	if file == "" || file == "-" {
		return nil
	}
	uri := (&url.URL{Path: filepath.ToSlash(filepath.Clean(file))}).String()
	if filepath.IsAbs(file) {
		uri = (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	}
	p := &sarifPhysical{Artifact: sarifArtifact{uri}}
	if line > 0 {
		p.Region = &sarifRegion{line, column}
	}
	return []sarifLocation{{Physical: p}}
}

func level(action v1alpha1.PolicyAction) string {
	switch action {
	case v1alpha1.PolicyDeny:
		return "error"
	case v1alpha1.PolicyWarn:
		return "warning"
	}
	return "note"
}

// score is the number by which code scanning sorts security findings: 9 and
// above is critical, 7 high, 4 medium, below that low.
func score(s v1alpha1.Severity) string {
	switch s {
	case v1alpha1.SeverityCritical:
		return "9.5"
	case v1alpha1.SeverityHigh:
		return "8.0"
	case v1alpha1.SeverityMedium:
		return "5.0"
	case v1alpha1.SeverityLow:
		return "2.0"
	}
	return ""
}
