package apiserver_test

import (
	"testing"

	"tollgate.dev/tollgate/test/apiserver/rig"
)

func TestSmoke(t *testing.T) {
	r := rig.Start(t, rig.Options{})
	for _, args := range [][]string{
		{"get", "budgets", "-A"},
		{"get", "budgets", "-A", "-o", "wide"},
		{"get", "organizationbudgets"},
		{"get", "budget", "chat", "-n", "acme-chat", "-o", "yaml"},
		{"describe", "budget", "chat", "-n", "acme-chat"},
		{"explain", "budgets.status"},
		{"api-resources", "--api-group=metering.tollgate.dev", "-o", "wide"},
		{"get", "budgets", "-A", "--sort-by=.status.spent"},
		{"get", "budgets", "-A", "--field-selector", "x=1"},
		{"get", "budgets", "-A", "-l", "x=1"},
	} {
		out, errs, err := r.Admin.Run(t.Context(), args...)
		t.Logf("$ kubectl %v\n%s\n%s\n%v", args, out, errs, err)
	}
}
