package report

import (
	"encoding/json"
	"io"
)

// JSON writes the report as one object with a stable form.
func JSON(w io.Writer, r *Report, _ Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	results, problems := r.Results, r.Problems
	if results == nil {
		results = []Result{}
	}
	for i := range results {
		if results[i].Findings == nil {
			results[i].Findings = []Finding{}
		}
	}
	if problems == nil {
		problems = []Problem{}
	}
	return enc.Encode(struct {
		APIVersion string    `json:"apiVersion"`
		Kind       string    `json:"kind"`
		Summary    Summary   `json:"summary"`
		Results    []Result  `json:"results"`
		Problems   []Problem `json:"problems"`
	}{"review.tollgate.dev/v1alpha1", "Report", r.Summary(), results, problems})
}
