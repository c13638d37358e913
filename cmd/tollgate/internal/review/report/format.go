package report

import (
	"io"
	"maps"
	"slices"
)

// Options of the formats.
type Options struct {
	// Width of a terminal in columns, for the table.
	Width int
	// Failures leaves passing objects out of the table.
	Failures bool
	// Version of the program.
	Version string
}

// Format writes a report.
type Format func(w io.Writer, r *Report, o Options) error

// Formats by the name that --output takes.
func Formats() map[string]Format {
	return map[string]Format{"table": Table, "json": JSON, "junit": JUnit, "sarif": SARIF, "github": GitHub}
}

// Names of the formats, sorted.
func Names() []string { return slices.Sorted(maps.Keys(Formats())) }
