// Package report is how benchmarks tell their results: as ratios of two
// figures that were measured in the same run, with the target they are held to.
// The programs under test/bench write a list of results as JSON to standard
// output; hack/bench runs them, prints the table and writes bench.json.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Result compares one figure of ours with a reference from the same run.
type Result struct {
	// Name of what was measured.
	Name string `json:"name"`
	// Unit of Ours and Reference.
	Unit string `json:"unit"`
	// Ours is Tollgate's figure.
	Ours float64 `json:"ours"`
	// Reference is the peer's figure, the physical floor, or a fixed bound.
	Reference float64 `json:"reference"`
	// Ratio is Ours divided by Reference.
	Ratio float64 `json:"ratio"`
	// Target that the ratio is held to: "<= 2" or ">= 0.37".
	Target string `json:"target"`
	// Holds is true when the ratio meets the target.
	Holds bool `json:"holds"`
}

// AtMost is a result whose ratio must not exceed bound: times, bytes.
func AtMost(name, unit string, ours, reference, bound float64) Result {
	r := Result{Name: name, Unit: unit, Ours: ours, Reference: reference, Ratio: ours / reference, Target: "<= " + number(bound)}
	r.Holds = r.Ratio <= bound
	return r
}

// AtLeast is a result whose ratio must reach bound: rates.
func AtLeast(name, unit string, ours, reference, bound float64) Result {
	r := Result{Name: name, Unit: unit, Ours: ours, Reference: reference, Ratio: ours / reference, Target: ">= " + number(bound)}
	r.Holds = r.Ratio >= bound
	return r
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// WriteJSON writes the results as an indented JSON list.
func WriteJSON(w io.Writer, results []Result) error {
	if results == nil {
		results = []Result{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(results); err != nil {
		return fmt.Errorf("writing benchmark results: %w", err)
	}
	return nil
}

// WriteTable writes the results for people, losses included.
func WriteTable(w io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "BENCHMARK\tUNIT\tOURS\tREFERENCE\tRATIO\tTARGET\tHOLDS")
	for _, r := range results {
		holds := "yes"
		if !r.Holds {
			holds = "NO"
		}
		fmt.Fprintln(tw, strings.Join([]string{
			r.Name, r.Unit, figure(r.Ours), figure(r.Reference), strconv.FormatFloat(r.Ratio, 'f', 3, 64), r.Target, holds,
		}, "\t"))
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("printing benchmark results: %w", err)
	}
	return nil
}

func figure(f float64) string {
	if f >= 1000 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}
