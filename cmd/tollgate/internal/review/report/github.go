package report

import (
	"fmt"
	"io"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// GitHub writes workflow commands, which GitHub shows beside the lines of a
// pull request, and the summary.
func GitHub(w io.Writer, r *Report, _ Options) error {
	var b strings.Builder
	for i := range r.Results {
		res := &r.Results[i]
		for j := range res.Errors {
			e := &res.Errors[j]
			command(&b, "error", res.File, e.Line, e.Column, "invalid", res.Object.String()+": "+e.text())
		}
		for j := range res.Findings {
			f := &res.Findings[j]
			level := "notice"
			switch f.Action {
			case v1alpha1.PolicyDeny:
				level = "error"
			case v1alpha1.PolicyWarn:
				level = "warning"
			}
			text := res.Object.String() + ": "
			if f.Field != "" {
				text += f.Field + ": "
			}
			text += f.Message
			if f.Remedy != "" {
				text += "\n" + f.Remedy
			}
			command(&b, level, res.File, f.line(res), f.Column, f.Policy, text)
		}
		for _, warning := range res.Warnings {
			command(&b, "notice", res.File, res.Line, 0, "API server", res.Object.String()+": "+warning)
		}
	}
	unasked(&b, r)
	for _, p := range r.Problems {
		command(&b, "error", p.File, p.Line, 0, "bad input", p.Message)
	}
	b.WriteString(r.Summary().String() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// mostUnasked bounds how many objects one annotation lists: it is cut at some
// length.
const mostUnasked = 20

// unasked writes one notice for all objects that no webhook is asked about. GitHub
// shows ten notices of a step, and those of what is judged come before what is
// somebody else's.
func unasked(b *strings.Builder, r *Report) {
	n := r.Summary().NotAsked
	if n == 0 {
		return
	}
	lines := []string{fmt.Sprintf("A cluster does not ask the webhook about %s, which no policy judged:", count(n, "object"))}
	for i := range r.Results {
		res := &r.Results[i]
		if res.Outcome != NotAsked {
			continue
		}
		if len(lines) > mostUnasked {
			lines = append(lines, fmt.Sprintf("and %d more", n-mostUnasked))
			break
		}
		lines = append(lines, fmt.Sprintf("%s:%d %s: %s", name(res.File), res.Line, res.Object, res.NotAsked.Reason))
	}
	command(b, "notice", "", 0, 0, "not asked about", strings.Join(lines, "\n"))
}

// command writes one workflow command. What it holds is escaped, so that no
// manifest can make a command of its own.
func command(b *strings.Builder, level, file string, line, column int, title, text string) {
	var properties []string
	if file != "" && file != "-" {
		properties = append(properties, "file="+property(file))
		if line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", line))
		}
		if line > 0 && column > 0 {
			properties = append(properties, fmt.Sprintf("col=%d", column))
		}
	}
	properties = append(properties, "title="+property(title))
	fmt.Fprintf(b, "::%s %s::%s\n", level, strings.Join(properties, ","), data(text))
}

func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(printable(s))
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
