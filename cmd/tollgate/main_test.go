package main

import (
	"strings"
	"testing"
)

func TestRunExitStatus(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want int
		says string
	}{
		{name: "well", args: []string{"version"}, want: 0},
		{name: "unknown command", args: []string{"bogus"}, want: 1, says: "Error: unknown command"},
		{name: "a review that refuses", args: []string{"review", "internal/review/testdata/escape", "--inventory", "internal/review/testdata/platform"}, want: 1, says: "Error: 1 of 1 objects would be refused"},
		{name: "a review of bad input", args: []string{"review", "internal/review/testdata/bad"}, want: 2, says: "Error: not everything could be judged"},
		{name: "a review of nothing", args: []string{"review", "internal/review/testdata/configmap.yaml"}, want: 3, says: "Error: nothing was evaluated"},
		{name: "policies that are none", args: []string{"policies", "check", "internal/review/testdata/configmap.yaml"}, want: 2, says: "no AdmissionPolicy"},
		{name: "a command's own status", args: []string{"prices", "import", "no-such-file", "--format", "litellm"}, want: 2, says: "Error: open no-such-file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := newCommand()
			cmd.SetArgs(tt.args)
			cmd.SetOut(&strings.Builder{})
			var stderr strings.Builder
			if got := run(cmd, &stderr); got != tt.want || !strings.Contains(stderr.String(), tt.says) {
				t.Fatalf("exit status %d, want %d; stderr: %s", got, tt.want, stderr.String())
			}
		})
	}
}
