package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tollgate.dev/tollgate/hack/binaries"
)

// guide prints first answers of the API and what to try next.
func guide(ctx context.Context, h home, out io.Writer, s state) error {
	kubectl, err := binaries.NewFinder(h.root).Find(ctx, binaries.Kubectl)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe demo is up.")
	for _, args := range [][]string{{"get", "budgets", "-A"}, {"get", "usage", "-A", "--field-selector", "by=model,top=5"}} {
		var answer []byte
		err := retried(ctx, kubectlTimeout, func(ctx context.Context) (err error) {
			cmd := exec.CommandContext(ctx, kubectl, append([]string{"--kubeconfig", h.kubeconfig()}, args...)...)
			if answer, err = cmd.CombinedOutput(); err != nil {
				err = fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, answer)
			}
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n$ kubectl %s\n%s", strings.Join(args, " "), answer)
	}
	fmt.Fprintf(out, `
Try:

  export KUBECONFIG=%[1]s
  %[2]s get budgets -A -o wide
  %[2]s get organizationbudgets
  %[2]s get usage -A
  %[2]s get usage -n acme-chat --field-selector window=1h -o wide
  %[2]s describe budget chat.interns -n acme-chat
  %[2]s wait budget chat.interns -n acme-chat --for=jsonpath='{.status.state}'=Exhausted --timeout=10m
  %[2]s explain budgets.status
  %[2]s --context acme-dev get budgets          # a developer with rights in one namespace
  %[2]s --context acme-dev get budgets -A       # which these are not

  %[2]s --context acme-member apply --server-side -k %[3]s                   # acme's own routes pass, and come back labelled
  %[2]s --context acme-member apply --server-side -f %[4]s  # refused: the policy, the field, the way out; so are the others of test/escapes
  %[5]s review %[4]s --as alice@acme.example --as-group acme --cluster   # the same verdict before it is written
  %[2]s apply -k %[6]s                      # a policy of your own: it warns
  %[2]s get policyviolations -A                 # what exists and breaks a policy, older than it or not
  %[5]s policies list

  go run ./hack/demo status                     # processes and addresses
  make demo                                     # again: repairs what is broken
  make demo-down                                # stop and remove everything

`, shown(h.kubeconfig()), shown(kubectl), shown(filepath.Join(h.root, "manifests", "examples", "acme")),
		shown(filepath.Join(h.root, "test", "escapes", "ingress", "host-of-other-organization.yaml")), shown(filepath.Join(h.root, "bin", "tollgate")),
		shown(filepath.Join(h.root, "manifests", "examples", "policies")))
	fmt.Fprintln(out, "Until the gateway exists, a small traffic generator stands in for it: it pays through the ledger and exposes the gateway's metrics.")
	for _, note := range s.Notes {
		fmt.Fprintln(out, note)
	}
	return nil
}

// shown shortens a path to one from the working folder where that is shorter.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(relative, "..") {
		return relative
	}
	return path
}
