package review

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

// NewCommand is `tollgate review`. version gives the program's own.
func NewCommand(version func() string) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "review [FILE|DIR|-]...",
		Short: "Judge manifests as Tollgate's webhook would, before they reach a cluster",
		Long: `Reads manifests (files, folders, - for stdin), treats each object as the API server would (unknown fields dropped,
defaults filled in, validated, mutated) and judges it by the same policies as the webhook: those that Tollgate brings,
as --settings changes them, and the AdmissionPolicies of --policies, of the inventory and of the input itself.

What exists already is what --inventory or --cluster say. All objects of the input come together: each is judged as if
the others were there, except those that are refused. An object that exists is updated, any other is created, unless
--operation says otherwise.

Whether a cluster asks the webhook about an object at all is for its configurations to say: --webhooks, else those of
--cluster, else those that Tollgate comes with. An object that no webhook is asked about is NotAsked.

Without --as the objects are judged by the organization that they belong to, whoever may apply them.

Exit status: 0 when nothing is refused, 1 when a policy refuses an object, 2 when an input is bad, an object is one that
the API server refuses, no Organization is known or a policy failed (before 1, if both hold), 3 when nothing was evaluated.`,
		Example: `  tollgate review manifests/ --inventory platform/
  kustomize build overlays/prod | tollgate review - --cluster --as alice@acme.example --as-group acme
  tollgate review route.yaml --inventory platform/ --output sarif > review.sarif
  tollgate review --suite test/escapes`,
		Args: func(cmd *cobra.Command, args []string) error { return inputError(o.check(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			run := o.review
			if o.suite != "" {
				run = o.runSuite
			}
			return inputError(run(cmd.Context(), args, streams{cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), report.Options{
				Width: width(cmd.OutOrStdout()), Failures: o.failures, Version: version(),
			}}))
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inputError(err) })
	o.addFlags(cmd.Flags())
	return cmd
}

// streams are what a run reads and writes.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer // what is no part of the report
	format report.Options
}

// check finds what is wrong with the command line.
func (o *options) check(cmd *cobra.Command, args []string) error {
	switch {
	case o.suite != "" && len(args) > 0:
		return errors.New("--suite brings its own manifests: leave the arguments out")
	case o.suite == "" && len(args) == 0:
		return errors.New("give files or folders with manifests, or - for stdin")
	case len(o.groups) > 0 && o.user == "":
		return errors.New("--as-group needs --as")
	case (o.kubeconfig != "" || o.context != "") && !o.cluster:
		return errors.New("--kubeconfig and --context need --cluster")
	case !slices.Contains([]string{"", "CREATE", "UPDATE", "DELETE"}, o.operation):
		return fmt.Errorf("--operation is %q: it is CREATE, UPDATE or DELETE", o.operation)
	case !slices.Contains(report.Names(), o.output):
		return fmt.Errorf("--output is %q: it is one of %s", o.output, strings.Join(report.Names(), ", "))
	}
	if o.suite != "" {
		for _, name := range []string{"as", "as-group", "operation", "old", "inventory", "cluster", "settings", "policies", "crds", "webhooks", "explain", "namespace"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s does not go with --suite: suite.yaml says it", name)
			}
		}
	}
	stdin := 0
	for _, paths := range [][]string{args, o.inventory, o.old, o.policies, o.webhooks} {
		for _, path := range paths {
			if path == "-" {
				stdin++
			}
		}
	}
	if stdin > 1 {
		return errors.New("stdin (-) can be read once")
	}
	return nil
}

// defaultWidth is the table's where there is no terminal.
const defaultWidth = 120

// width of the terminal that is written to, in columns.
func width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	return defaultWidth
}
