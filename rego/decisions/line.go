package decisions

import (
	"context"
	"log/slog"

	"tollgate.dev/tollgate/rego/engine"
)

// violation is one violation as a line shows it.
type violation struct {
	Policy  string `json:"policy"`
	Action  string `json:"action"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Failure bool   `json:"failure,omitempty"`
}

// leftOut stands for the object of a refusal beyond Options.ObjectsPerSecond.
const leftOut = "(left out: too many refusals in this second)"

// write puts one decision into words.
func (l *Log) write(d entry) {
	attrs := []slog.Attr{
		slog.String("point", string(d.Point)),
		slog.Bool("mutation", d.Mutation),
		slog.Bool("allowed", d.Allowed),
		slog.Duration("took", d.Took),
		slog.String("organization", d.Subject.Organization),
		slog.String("standing", string(d.Subject.Standing)),
	}
	var m mask
	if req := d.Request; req != nil {
		var object, old any
		if len(d.Verdict.Violations) > 0 || !d.Allowed { // read even where it is not shown: messages may quote its secrets
			object, old = m.object(req.Kind.Kind, req.Object.Raw), m.object(req.Kind.Kind, req.OldObject.Raw)
		}
		attrs = append(attrs,
			slog.String("uid", string(req.UID)),
			slog.String("operation", string(req.Operation)),
			slog.String("group", req.Kind.Group),
			slog.String("version", req.Kind.Version),
			slog.String("kind", req.Kind.Kind),
			slog.String("namespace", req.Namespace),
			slog.String("name", req.Name),
			slog.String("user", req.UserInfo.Username),
			slog.Any("groups", req.UserInfo.Groups),
			slog.Bool("dryRun", req.DryRun != nil && *req.DryRun),
		)
		switch {
		case d.Allowed:
		case d.brief:
			attrs = append(attrs, slog.String("object", leftOut))
		default:
			attrs = append(attrs, slog.Any("object", shown(object, req.Object.Raw)))
			if object == nil {
				attrs = append(attrs, slog.Any("oldObject", shown(old, req.OldObject.Raw)))
			}
		}
	}
	if d.Patches > 0 {
		attrs = append(attrs, slog.Int("patches", d.Patches))
	}
	if d.Bad != "" {
		attrs = append(attrs, slog.String("badRequest", d.Bad))
	}
	if len(d.Verdict.Violations) > 0 {
		attrs = append(attrs, slog.Any("violations", lines(&m, d.Verdict)))
	}
	level := slog.LevelInfo
	if !d.Allowed {
		level = slog.LevelWarn
	}
	l.logger.LogAttrs(context.Background(), level, "admission decision", attrs...)
}

func lines(m *mask, v engine.Verdict) []violation {
	out := make([]violation, 0, len(v.Violations))
	for _, x := range v.Violations {
		out = append(out, violation{Policy: x.Policy, Action: string(x.Action), Field: x.Field, Message: m.text(x.Message), Failure: x.Failure})
	}
	return out
}
