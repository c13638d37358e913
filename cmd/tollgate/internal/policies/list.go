package policies

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

func newListCommand() *cobra.Command {
	var from source
	var output string
	cmd := &cobra.Command{
		Use:   "list [FILE|DIR|-]...",
		Short: "List the policies that Tollgate brings, and those of files",
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "table" && output != "markdown" {
				return inputError(fmt.Errorf("--output is %q: it is table or markdown", output))
			}
			all, err := from.load(args, cmd.InOrStdin())
			if err != nil {
				return inputError(err)
			}
			if output == "markdown" {
				return writeMarkdown(cmd.OutOrStdout(), all)
			}
			tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(tw, "ID\tKIND\tSEVERITY\tWEBHOOK\tREVIEW\tFROM\tTITLE")
			for _, p := range all {
				fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, kindOf(p.Policy), p.Severity, enforced(p.Policy, p.Enforcement.Webhook), enforced(p.Policy, p.Enforcement.Review), p.from, p.Title)
			}
			return tw.Flush()
		},
	}
	from.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "table", "Format: table, or markdown, which says of each policy what it asks for, why and what to do.")
	return cmd
}

func kindOf(p *policy.Policy) policy.Kind { return cmp.Or(p.Kind, policy.Validation) }

// enforced is what a violation does; a mutation has none.
func enforced(p *policy.Policy, a v1alpha1.PolicyAction) string {
	if kindOf(p) == policy.Mutation {
		return "-"
	}
	return string(cmp.Or(a, v1alpha1.PolicyDeny))
}

func newShowCommand() *cobra.Command {
	var from source
	cmd := &cobra.Command{
		Use:   "show ID [FILE|DIR|-]...",
		Short: "Show what a policy asks for, why, and its Rego",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return inputError(errors.New("give the id of a policy: tollgate policies list names them"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := from.load(args[1:], cmd.InOrStdin())
			if err != nil {
				return inputError(err)
			}
			for _, p := range all {
				if p.ID == args[0] {
					return show(cmd.OutOrStdout(), p)
				}
			}
			return inputError(fmt.Errorf("there is no policy %q: tollgate policies list names them", args[0]))
		},
	}
	from.addFlags(cmd.Flags())
	return cmd
}

func show(w io.Writer, p found) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name+":", strings.ReplaceAll(strings.TrimSpace(value), "\n", "\n             "))
		}
	}
	line("Policy", p.ID)
	line("Title", p.Title)
	line("Why", p.Description)
	line("Remedy", p.Remedy)
	line("Severity", string(p.Severity))
	if kindOf(p.Policy) == policy.Mutation {
		line("Kind", "Mutation")
	} else {
		line("Webhook", enforced(p.Policy, p.Enforcement.Webhook))
		line("Review", enforced(p.Policy, p.Enforcement.Review))
	}
	line("On error", string(cmp.Or(p.OnError, v1alpha1.OnErrorDeny)))
	for _, part := range []struct {
		name  string
		value any
		empty bool
	}{{"Match", p.Match, false}, {"Parameters", p.Parameters, len(p.Parameters) == 0}, {"Inventory", p.Inventory, len(p.Inventory) == 0}} {
		if part.empty {
			continue
		}
		text, err := yamlOf(part.value)
		if err != nil {
			return fmt.Errorf("writing the policy's %s: %w", strings.ToLower(part.name), err)
		}
		line(part.name, text)
	}
	line("From", p.from)
	for _, m := range p.Modules {
		fmt.Fprintf(&b, "\n# %s\n%s\n", m.Name, strings.TrimRight(m.Source, "\n"))
	}
	if !p.Baseline {
		for _, m := range p.Libs {
			fmt.Fprintf(&b, "\n# %s\n%s\n", m.Name, strings.TrimRight(m.Source, "\n"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
