package main

import (
	"bytes"
	"strings"
	"testing"
)

// execute runs the command as a shell would.
func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := newCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestBadFlagsSayWhatToDo(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		parts []string
	}{
		{name: "no ledger", args: []string{"apiserver"}, parts: []string{"no --ledger was given", "--ledger default=redis://"}},
		{name: "every mistake at once", args: []string{"apiserver", "--ledger=default=http://x", "--ledger-timeout=0s", "--mimir-url=x", "--max-listed-objects=0"},
			parts: []string{"must begin with redis://", "--ledger-timeout", "--mimir-url", "--max-listed-objects"}},
		{name: "password", args: []string{"apiserver", "--ledger=default=redis://:hunter2@x"}, parts: []string{"@FILE"}},
		{name: "no kubeconfig", args: []string{"apiserver", "--ledger=default=redis://x", "--kubeconfig=/does/not/exist"}, parts: []string{"--kubeconfig", "/does/not/exist"}},
		{name: "a controller without a ledger", args: []string{"controller", "--leader-election-namespace="}, parts: []string{"no --ledger was given", "--leader-election-namespace"}},
		{name: "a controller with a password", args: []string{"controller", "--ledger=default=redis://:hunter2@x"}, parts: []string{"@FILE"}},
		{name: "a controller without a kubeconfig", args: []string{"controller", "--ledger=default=redis://x", "--kubeconfig=/does/not/exist"}, parts: []string{"--kubeconfig", "/does/not/exist"}},
		{name: "a webhook without a certificate", args: []string{"webhook"}, parts: []string{"--tls-dir", "--certificate-secret NAMESPACE/NAME"}},
		{name: "every mistake of a webhook at once", args: []string{"webhook", "--certificate-secret=x", "--dns-name=", "--authority-settle-duration=87600h", "--max-reviews-in-flight=0", "--secure-port=0", "--review-timeout=0s", "--policy-patience=0", "--max-review-bytes=1", "--client-names=x", "--decision-log-objects-per-second=0"},
			parts: []string{"must be NAMESPACE/NAME", "--authority-settle-duration", "--max-reviews-in-flight", "--secure-port", "--review-timeout", "--policy-patience", "--max-review-bytes", "--client-names needs --client-ca-file", "--decision-log-objects-per-second"}},
		{name: "a webhook without its files", args: []string{"webhook", "--tls-dir=/does/not/exist", "--settings=/does/not/exist.yaml"}, parts: []string{"reading the settings", "/does/not/exist.yaml"}},
		{name: "a webhook whose callers have no authority", args: []string{"webhook", "--tls-dir=/does/not/exist", "--client-ca-file=/does/not/exist.crt"}, parts: []string{"/does/not/exist"}},
		{name: "an argument", args: []string{"apiserver", "budgets"}, parts: []string{`"budgets"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := execute(t, tt.args...)
			for _, part := range tt.parts {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%v\ndoes not say %q", err, part)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	out, err := execute(t, "version")
	if err != nil || !strings.Contains(out, "go1.") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestHelpTellsHowALedgerIsGiven(t *testing.T) {
	out, err := execute(t, "apiserver", "--help")
	for _, part := range []string{"redis+sentinel://", "redis+cluster://", "TOLLGATE_LEDGER_<NAME>_PASSWORD", "--mimir-url", "--tls-cert-file"} {
		if err != nil || !strings.Contains(out, part) {
			t.Errorf("help does not say %q (%v)", part, err)
		}
	}
}
