package policies

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// markdownIntroduction stands above the table. docs/policies.md is this very
// output, so the text says how it came to be.
const markdownIntroduction = `# Policies

<!-- Written by tollgate policies list --output markdown (make generate); edit the METADATA comments of the policies instead. -->

What each policy asks for, why, and what to do when it refuses. [admission.md](admission.md) says how a request is judged and how an administrator changes a policy;
` + "`tollgate policies show ID`" + ` shows a policy's Rego. A policy of the kind Mutation fills in, and refuses nothing.

`

// writeMarkdown documents policies: a table, and a section for each.
func writeMarkdown(w io.Writer, all []found) error {
	var b strings.Builder
	b.WriteString(markdownIntroduction)
	b.WriteString("| policy | asks for | severity | webhook | review |\n| --- | --- | --- | --- | --- |\n")
	for _, p := range all {
		webhook, review := enforced(p.Policy, p.Enforcement.Webhook), enforced(p.Policy, p.Enforcement.Review)
		if kindOf(p.Policy) == policy.Mutation {
			webhook, review = "fills in", "fills in"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", p.ID, p.ID, escape(p.Title), p.Severity, webhook, review)
	}
	for _, p := range all {
		if err := writeSection(&b, p.Policy); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeSection(b *strings.Builder, p *policy.Policy) error {
	fmt.Fprintf(b, "\n## %s\n\n**%s.**", p.ID, escape(strings.TrimSuffix(p.Title, ".")))
	if why := oneLine(p.Description); why != "" {
		fmt.Fprintf(b, " %s", escape(why))
	}
	b.WriteString("\n\n")
	item := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "- %s: %s\n", name, text)
		}
	}
	item("Judges", matched(&p.Match))
	item("What to do", escape(oneLine(p.Remedy)))
	if kindOf(p) == policy.Mutation {
		item("Kind", "Mutation")
	} else {
		item("Severity", string(p.Severity))
		item("Enforcement", enforcement(p))
	}
	if p.OnError == v1alpha1.OnErrorAllow {
		item("On error", "Allow")
	}
	if p.Referential {
		item("Rests on other objects", "a refusal is judged once more a moment later")
	}
	if len(p.Parameters) > 0 {
		text, err := yamlOf(p.Parameters)
		if err != nil {
			return fmt.Errorf("writing the parameters of %s: %w", p.ID, err)
		}
		fmt.Fprintf(b, "- Parameters:\n\n```yaml\n%s```\n", text)
	}
	return nil
}

func enforcement(p *policy.Policy) string {
	webhook, review := enforced(p, p.Enforcement.Webhook), enforced(p, p.Enforcement.Review)
	if webhook == review {
		return webhook
	}
	return fmt.Sprintf("%s at admission, %s in review", webhook, review)
}

// matched says in words which reviews a policy sees.
func matched(m *v1alpha1.PolicyMatch) string {
	operations := "CREATE, UPDATE"
	if len(m.Operations) > 0 {
		operations = strings.Join(m.Operations, ", ")
	}
	var kinds []string
	for _, k := range m.Kinds {
		groups := make([]string, len(k.APIGroups))
		for i, g := range k.APIGroups {
			groups[i] = cmp.Or(g, "core")
		}
		kinds = append(kinds, fmt.Sprintf("%s (%s)", strings.Join(k.Kinds, ", "), strings.Join(groups, ", ")))
	}
	text := operations + " of " + cmp.Or(strings.Join(kinds, "; "), "everything that the webhook is asked about")
	for _, part := range []struct{ name, value string }{
		{"scope", m.Scope}, {"namespaces", strings.Join(m.Namespaces, ", ")},
		{"not namespaces", strings.Join(m.ExcludedNamespaces, ", ")}, {"name", m.Name},
	} {
		if part.value != "" {
			text += fmt.Sprintf("; %s %s", part.name, part.value)
		}
	}
	if m.LabelSelector != nil || m.NamespaceSelector != nil {
		text += "; by labels"
	}
	return escape(text)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// escape keeps a text from being taken for Markdown or HTML.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`").Replace(s)
}
